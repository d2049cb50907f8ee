"""The part of Terraform's plugin protocol 5 that the bridge speaks, and its generated stubs.

`tfplugin5.proto` is ours: message names and field numbers are the protocol's, reduced to what is used. After a change
run `python -m offline.bridge.protocol.generate`.
"""
