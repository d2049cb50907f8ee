"""Answers the engine: Pulumi's provider protocol, on top of a Terraform provider.

One method per call of the protocol, each no more than reading the request and writing the answer: what is done lies in
`operations`, what a resource type means in `resource`.
"""

# ruff: noqa: N802 - gRPC calls methods by the names in the protocol.

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb

from offline import names
from offline.bridge import cty, wire
from offline.bridge.convert import MismatchError, ToPulumi, ToTerraform, copied, unjson
from offline.bridge.diff import describe
from offline.bridge.failures import EngineLog, answers
from offline.bridge.goplugin import TerraformProvider
from offline.bridge.operations import Operations
from offline.bridge.resource import ResourceType
from offline.errors import OfflineError

#: What the engine puts among a provider's properties on its own account.
_ENGINES_OWN = ("version", "pluginDownloadURL")


class Bridge(provider_pb2_grpc.ResourceProviderServicer):
    """The plugin of one package."""

    def __init__(self, table: names.Table, terraform: TerraformProvider, version: str, log: EngineLog) -> None:
        self._table = table
        self._terraform = terraform
        self._do = Operations(terraform)
        self._version = version
        self._log = log
        self._repeated: dict[str, Any] = {}
        self._types: dict[str, ResourceType] = {}
        self._counter = threading.Lock()
        self._calls = 0

    def begin(self) -> None:
        """Count a call that begins."""
        with self._counter:
            self._calls += 1

    def end(self) -> None:
        """Count a call that has ended."""
        with self._counter:
            self._calls -= 1

    @property
    def faults(self) -> Path:
        """The file in which faults of our own are written down."""
        return self._terraform.cache / "faults.log"

    def _type(self, urn: str) -> ResourceType:
        token = urn.split("::")[2].rpartition("$")[2]
        if token not in self._types:
            try:
                named = self._table.resource(token)
            except KeyError:
                raise self._unknown(token) from None
            schema = self._terraform.schema("resource_schemas", named.terraform)
            self._types[token] = ResourceType(named, schema, self._terraform.files, self._repeated)
        return self._types[token]

    def _unknown(self, token: str) -> OfflineError:
        package = self._table.package
        return OfflineError(
            f"the offline bridge does not know {token}.",
            f"list it in offline/names/{package}_types.py and run `python -m offline.names {package}`.",
        )

    # --- the plugin and its configuration ---------------------------------------------------------------------------

    def Handshake(
        self, request: pb.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> pb.ProviderHandshakeResponse:
        """Say what we want to receive: plain values, which the engine marks again itself."""
        return pb.ProviderHandshakeResponse(accept_secrets=False, accept_resources=False, accept_outputs=False)

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Tell the version of the plugin that we stand in for."""
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: pb.GetSchemaRequest, context: grpc.ServicerContext) -> pb.GetSchemaResponse:
        """Tell name and version: nobody generates an SDK from us."""
        return pb.GetSchemaResponse(schema=json.dumps({"name": self._table.package, "version": self._version}))

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Nothing to do: the engine's address came as an argument."""
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Stop what is under way. The engine says this at every normal end too, when nothing is."""
        if self._calls:
            self._terraform.stop()
        return empty_pb2.Empty()

    @answers
    def CheckConfig(self, request: pb.CheckRequest, context: grpc.ServicerContext) -> pb.CheckResponse:
        """Check the provider's own configuration."""
        failures = []
        try:
            self._provider_config(wire.read(request.news))
        except MismatchError as error:
            failures.append(pb.CheckFailure(property=error.property, reason=error.reason))
        return pb.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: pb.DiffRequest, context: grpc.ServicerContext) -> pb.DiffResponse:
        """Compare two configurations; none of the changes replaces what the provider manages."""
        same = wire.read(request.olds) == wire.read(request.news)
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE if same else pb.DiffResponse.DIFF_SOME)

    @answers
    def Configure(self, request: pb.ConfigureRequest, context: grpc.ServicerContext) -> pb.ConfigureResponse:
        """Start, or join, a provider process that is configured so."""
        given = wire.read(request.args) if request.HasField("args") else dict(request.variables)
        # Variables carry their package before a colon.
        config = self._provider_config({name.rpartition(":")[2]: value for name, value in given.items()})
        for shown, field in self._table.repeated.items():
            if value := config.get(field) or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
                self._repeated[shown] = value
        self._terraform.configure(config)
        return pb.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def _provider_config(self, given: wire.Properties) -> cty.Value:
        block = self._terraform.schema("provider").block
        plain = {name: it for name, it in given.items() if name not in _ENGINES_OWN and not name.startswith("__")}
        conversion = ToTerraform(self._table.provider, self._terraform.files)
        made = conversion.block(block, unjson(block, plain, self._table.provider))
        if conversion.unused:
            reason = f"this version of the {self._table.package} provider has no such setting"
            raise MismatchError(conversion.unused[0], reason)
        return made

    # --- resources ----------------------------------------------------------------------------------------------------

    @answers
    def Check(self, request: pb.CheckRequest, context: grpc.ServicerContext) -> pb.CheckResponse:
        """Complete the inputs of a resource and say what is wrong with them."""
        type_ = self._type(request.urn)
        inputs = wire.read(request.news)
        type_.give_name(inputs, wire.read(request.olds), request.urn.split("::")[-1], request.randomSeed)
        failures = []
        try:
            config, unused = type_.config(inputs)
            for name, reason in type_.refuse_unused(unused):
                self._log.warn(request.urn, f"{name} is left out: {reason}")
        except MismatchError as error:
            failures.append(pb.CheckFailure(property=error.property, reason=error.reason))
        else:
            for note in self._terraform.validate(type_.terraform, config):
                if note.error:
                    failures.append(pb.CheckFailure(property=type_.property(note.path), reason=note.text))
                else:
                    self._log.warn(request.urn, note.text)
        return pb.CheckResponse(inputs=wire.write(inputs), failures=failures)

    @answers
    def Diff(self, request: pb.DiffRequest, context: grpc.ServicerContext) -> pb.DiffResponse:
        """Say what an update would change, and whether it must replace."""
        type_, inputs = self._type(request.urn), wire.read(request.news)
        olds = wire.read(request.olds)
        prior, planned = self._do.planned(type_, olds, request.id, inputs, request.ignoreChanges)
        return describe(type_, prior.state, planned, inputs)

    @answers
    def Create(self, request: pb.CreateRequest, context: grpc.ServicerContext) -> pb.CreateResponse:
        """Create a resource, or say in a preview what it would be."""
        type_, inputs = self._type(request.urn), wire.read(request.properties)
        id_, outputs = self._do.create(type_, inputs, request.timeout, preview=request.preview)
        return pb.CreateResponse(id=id_, properties=wire.write(outputs))

    @answers
    def Update(self, request: pb.UpdateRequest, context: grpc.ServicerContext) -> pb.UpdateResponse:
        """Change a resource, or say in a preview what it would be."""
        outputs = self._do.update(
            self._type(request.urn),
            wire.read(request.olds),
            request.id,
            wire.read(request.news),
            seconds=request.timeout,
            ignored=request.ignoreChanges,
            preview=request.preview,
        )
        return pb.UpdateResponse(properties=wire.write(outputs))

    @answers
    def Delete(self, request: pb.DeleteRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Delete a resource."""
        self._do.delete(self._type(request.urn), wire.read(request.properties), request.id, request.timeout)
        return empty_pb2.Empty()

    @answers
    def Read(self, request: pb.ReadRequest, context: grpc.ServicerContext) -> pb.ReadResponse:
        """Say what a resource is now; an empty answer if it is gone."""
        type_, inputs = self._type(request.urn), wire.read(request.inputs)
        now = self._do.read(type_, wire.read(request.properties), request.id)
        if now.state is None:
            return pb.ReadResponse()
        return pb.ReadResponse(
            id=str(now.state.get("id") or request.id),
            properties=wire.write(type_.outputs(now, inputs)),
            inputs=wire.write(type_.inputs(now, inputs)),
        )

    # --- functions ----------------------------------------------------------------------------------------------------

    @answers
    def Invoke(self, request: pb.InvokeRequest, context: grpc.ServicerContext) -> pb.InvokeResponse:
        """Look something up."""
        try:
            named = self._table.function(request.tok)
        except KeyError:
            raise self._unknown(request.tok) from None
        block = self._terraform.schema("data_source_schemas", named.terraform).block
        conversion = ToTerraform(named, self._terraform.files)
        config = conversion.block(block, wire.read(request.args))
        if conversion.unused:
            raise MismatchError(conversion.unused[0], f"the data source {named.terraform} has no such argument")
        state = self._terraform.read_data(named.terraform, config)
        found: wire.Properties = {**ToPulumi(named).block(block, state), **copied(named, state)}
        answer = pb.InvokeResponse()
        # Its field is called `return`, which is no name in Python.
        getattr(answer, "return").CopyFrom(wire.write({**self._repeated, **found}))
        return answer
