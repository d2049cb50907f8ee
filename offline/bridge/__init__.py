"""Serves Pulumi's provider protocol on top of a Terraform provider binary.

From the wire inwards: `provider` answers the engine; `resource` knows one resource type; `convert` turns Pulumi's
properties into Terraform's values and back, by the schema (`schema`) and the names (`offline.names`); `plan` computes
what Terraform's core would propose and what differs; `goplugin` and `warm` hold the provider's process.
"""
