"""Engine and providers for machines that cannot download them.

`engine` builds the Pulumi engine, the image builder and their plugins from pinned Go modules into one cache folder of
the user; `bridge` serves Pulumi's provider protocol on top of a Terraform provider binary; `names` says how the
resources of a Pulumi SDK are called there. Nothing here is used where Pulumi's own downloads can be reached.
"""
