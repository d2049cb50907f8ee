"""Speaks with a Terraform provider: the handshake of its process, and the calls of plugin protocol 5, by value."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from offline.bridge import warm
from offline.bridge.cty import Value, decode, encode
from offline.bridge.outcomes import Applied, Note, Planned, ProviderError, notes, steps
from offline.bridge.protocol import tfplugin5_pb2 as pb
from offline.bridge.schema import Schema

#: The Terraform that we answer for, where a provider asks.
TERRAFORM_VERSION = "1.11.0"
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_Answer = TypeVar("_Answer", bound=Message)


class TerraformProvider:
    """One provider process, leased and configured; its calls may come from any thread."""

    def __init__(self, binary: Path, cache: Path) -> None:
        self.binary = binary
        self.cache = cache
        self.lease: warm.Lease | None = None
        self._channel: grpc.Channel | None = None
        self._schemas: pb.GetProviderSchema.Response | None = None

    @property
    def files(self) -> Path:
        """The provider's working directory: what it reads lies here, under names that mean the same on any machine."""
        return self.cache / "assets"

    def schema(self, collection: str, name: str = "") -> Schema:
        """Return a schema: of `provider`, or of `name` in `resource_schemas` or `data_source_schemas`.

        KeyError if the provider has no such type.
        """
        if self._schemas is None:
            self._schemas = self._load_schemas()
        held = getattr(self._schemas, collection)
        if collection == "provider":
            return Schema.of(held)
        if name not in held:
            raise KeyError(name)
        return Schema.of(held[name])

    def _load_schemas(self) -> pb.GetProviderSchema.Response:
        """Read the schemas from the cache, else ask a process for them: they are large, and fixed for a binary."""
        stored = self.cache / f"schemas-{warm.fingerprint(self.binary)}.pb"
        if stored.exists():
            return pb.GetProviderSchema.Response.FromString(stored.read_bytes())
        with warm.lease(self.cache / "warm", self.binary, stored.stem, self.files) as lease:
            with _dial(lease.handshake) as channel:
                answer = _call(channel, "GetSchema", pb.GetProviderSchema.Request(), pb.GetProviderSchema.Response)
            lease.spoil()
            lease.release()
        _refuse(answer.diagnostics)
        draft = stored.with_suffix(".new")
        # Descriptions are most of it, and nobody reads them here.
        answer.DiscardUnknownFields()
        draft.write_bytes(answer.SerializeToString())
        draft.rename(stored)
        return answer

    def configure(self, config: Value) -> None:
        """Have a process with this configuration: join one, or start and configure it."""
        with warm.lease(self.cache / "warm", self.binary, warm.key(self.binary, config), self.files) as lease:
            self.lease = lease
            self._channel = _dial(lease.handshake)
            if lease.configured:
                return
            prepared = self._ask("PrepareProviderConfig", pb.PrepareProviderConfig, config=_value(config))
            _refuse(prepared.diagnostics)
            _refuse(
                self._ask(
                    "Configure", pb.Configure, terraform_version=TERRAFORM_VERSION, config=_value(config)
                ).diagnostics
            )
            lease.note_configured()

    def validate(self, type_: str, config: Value) -> list[Note]:
        """Return what the provider says about the configuration of a resource."""
        return notes(
            self._ask(
                "ValidateResourceTypeConfig", pb.ValidateResourceTypeConfig, type_name=type_, config=_value(config)
            ).diagnostics
        )

    def plan(self, type_: str, prior: Value, proposed: Value, config: Value, private: bytes = b"") -> Planned:
        """Return what the provider would make of a resource."""
        answer = self._ask(
            "PlanResourceChange",
            pb.PlanResourceChange,
            type_name=type_,
            prior_state=_value(prior),
            proposed_new_state=_value(proposed),
            config=_value(config),
            prior_private=private,
        )
        _refuse(answer.diagnostics)
        return Planned(
            _plain(answer.planned_state), answer.planned_private, [steps(path) for path in answer.requires_replace]
        )

    def apply(self, type_: str, prior: Value, planned: Planned, config: Value) -> Applied:
        """Carry a plan out."""
        answer = self._ask(
            "ApplyResourceChange",
            pb.ApplyResourceChange,
            type_name=type_,
            prior_state=_value(prior),
            planned_state=_value(planned.state),
            config=_value(config),
            planned_private=planned.private,
        )
        return Applied(
            _plain(answer.new_state), answer.private, [note for note in notes(answer.diagnostics) if note.error]
        )

    def read(self, type_: str, state: Value, private: bytes) -> tuple[Value, bytes]:
        """Return what a resource is now; a null state if it is gone."""
        answer = self._ask(
            "ReadResource", pb.ReadResource, type_name=type_, current_state=_value(state), private=private
        )
        _refuse(answer.diagnostics)
        return _plain(answer.new_state), answer.private

    def import_state(self, type_: str, id_: str) -> tuple[Value, bytes]:
        """Return the first state of an existing resource; it is read next."""
        answer = self._ask("ImportResourceState", pb.ImportResourceState, type_name=type_, id=id_)
        _refuse(answer.diagnostics)
        for one in answer.imported_resources:
            if one.type_name == type_:
                return _plain(one.state), one.private
        return None, b""

    def upgrade(self, type_: str, version: int, state: Value) -> Value:
        """Bring a state of an earlier schema version to today's."""
        raw = pb.RawState(json=json.dumps(state).encode())
        answer = self._ask(
            "UpgradeResourceState", pb.UpgradeResourceState, type_name=type_, version=version, raw_state=raw
        )
        _refuse(answer.diagnostics)
        return _plain(answer.upgraded_state)

    def read_data(self, type_: str, config: Value) -> Value:
        """Look something up."""
        _refuse(
            self._ask(
                "ValidateDataSourceConfig", pb.ValidateDataSourceConfig, type_name=type_, config=_value(config)
            ).diagnostics
        )
        answer = self._ask("ReadDataSource", pb.ReadDataSource, type_name=type_, config=_value(config))
        _refuse(answer.diagnostics)
        return _plain(answer.state)

    def stop(self) -> None:
        """Ask it to give up what it is doing, unless it works for others too; it can serve nobody afterwards."""
        if self.lease:
            self.lease.spoil()
            if self.lease.alone():
                self._ask("Stop", pb.Stop)

    def _ask(self, method: str, messages: Any, **fields: Any) -> Any:
        """Make one call; a provider that breaks down says so on stderr only."""
        if not self._channel or not self.lease:
            raise ProviderError([Note(True, f"{method} was asked of a provider that is not configured.")])
        try:
            return _call(self._channel, method, messages.Request(**fields), messages.Response)
        except grpc.RpcError as error:
            self.lease.spoil()
            text = f"{self.binary.name} broke down in {method}: {error.details()}\n{self.lease.last_words()}"
            raise ProviderError([Note(True, text.rstrip())]) from error


def _dial(handshake: str) -> grpc.Channel:
    """Connect to where a handshake line (core|protocol|network|address|kind) says."""
    fields = handshake.strip().split("|")
    if len(fields) < 5 or fields[1] != "5" or fields[4] != "grpc":
        raise ProviderError(
            [Note(True, f"no provider of plugin protocol 5 answered, but: {handshake.strip() or 'nothing'}")]
        )
    return grpc.insecure_channel(f"unix:{fields[3]}" if fields[2] == "unix" else fields[3], options=_UNLIMITED)


def _call(channel: grpc.Channel, method: str, request: Message, answer: type[_Answer]) -> _Answer:
    call = channel.unary_unary(
        f"/tfplugin5.Provider/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answer.FromString,
    )
    result: _Answer = call(request)
    return result


def _value(value: Value) -> pb.DynamicValue:
    return pb.DynamicValue(msgpack=encode(value))


def _plain(value: pb.DynamicValue) -> Value:
    return json.loads(value.json) if value.json and not value.msgpack else decode(value.msgpack)


def _refuse(diagnostics: Iterable[pb.Diagnostic]) -> None:
    """Raise if an error is among them."""
    said = notes(diagnostics)
    if any(note.error for note in said):
        raise ProviderError(said)
