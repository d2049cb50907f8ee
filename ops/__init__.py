"""The operator's verbs: what people ask of an environment from a terminal. One verb a file; all act through `delivery`.

They need no engine to look: a place is read from `Pulumi.yaml` and `Pulumi.<stack>.yaml`, releases from its bucket.
"""
