"""A Terraform provider that behaves like a simple real one, in memory."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from offline import names
from offline.bridge.cty import UNKNOWN, Value
from offline.bridge.goplugin import TerraformProvider
from offline.bridge.outcomes import Applied, Note, Planned
from offline.bridge.plan import Path as ValuePath
from offline.bridge.schema import Schema
from tests.offline import schemas

KINDS = {"resource_schemas": "resources", "data_source_schemas": "functions", "provider": "provider"}


class FakeTerraform(TerraformProvider):
    """Keeps what is applied; computes `id`; says what it was told to say."""

    def __init__(self, cache: Path) -> None:
        super().__init__(cache / "terraform-provider-fake", cache)
        self.world: dict[str, Value] = {}
        self.config: Value = None
        self.says: list[Note] = []
        self.fails: list[Note] = []
        self.replaces: list[ValuePath] = []
        self.stops = 0
        self.data: Value = None
        self.seen: list[Value] = []

    def schema(self, collection: str, name: str = "") -> Schema:
        return schemas.load(KINDS[collection], name or "aws")

    def configure(self, config: Value) -> None:
        self.config = config

    def validate(self, type_: str, config: Value) -> list[Note]:
        return self.says

    def plan(self, type_: str, prior: Value, proposed: Value, config: Value, private: bytes = b"") -> Planned:
        self.seen.append(copy.deepcopy(config))
        state = copy.deepcopy(proposed)
        if state is not None and prior is None:
            block = self.schema("resource_schemas", type_).block
            for name, attribute in block.attributes.items():
                if attribute.computed and state[name] is None:
                    state[name] = UNKNOWN
        return Planned(state, private, self.replaces)

    def apply(self, type_: str, prior: Value, planned: Planned, config: Value) -> Applied:
        if planned.state is None:
            if not self.fails and prior:
                self.world.pop(prior["id"], None)
            return Applied(prior if self.fails else None, b"", self.fails)
        state = {name: None if value is UNKNOWN else value for name, value in planned.state.items()}
        id_ = str((prior or {}).get("id") or f"{type_}-{len(self.world) + 1}")
        state["id"] = id_
        self.world[id_] = state
        return Applied(state, b'{"schema_version":"1"}', self.fails)

    def read(self, type_: str, state: Value, private: bytes) -> tuple[Value, bytes]:
        return copy.deepcopy(self.world.get(state["id"])), private

    def import_state(self, type_: str, id_: str) -> tuple[Value, bytes]:
        return ({"id": id_}, b"") if id_ in self.world else (None, b"")

    def read_data(self, type_: str, config: Value) -> Value:
        self.seen.append(config)
        return {**config, **self.data}

    def stop(self) -> None:
        self.stops += 1


def urn(token: str, name: str = "one") -> str:
    """The URN of a resource inside a component."""
    return f"urn:pulumi:dev::shop::slipway:aws:Thing${token}::{name}"


class Context:
    """What a gRPC method is given to fail with."""

    def __init__(self) -> None:
        self.failure = ""
        self.metadata: tuple[tuple[str, bytes], ...] = ()

    def abort(self, code: Any, details: str) -> None:
        self.failure = details

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.metadata = metadata


TABLE = names.load("aws")
