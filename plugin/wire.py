"""Property maps of the engine, read into what `delivery` works with and written back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.rpc import UNKNOWN

from delivery.ending import Outcome
from delivery.plan import Check, Gates, Migration, ReleasePlan, ServicePlan
from delivery.strategy import Strategy


def to_dict(properties: struct_pb2.Struct) -> dict[str, Any]:
    """A property map as plain values; numbers that are whole become integers."""
    found: dict[str, Any] = _whole(json_format.MessageToDict(properties))
    return found


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Plain values as a property map."""
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def unknown(value: Any) -> bool:
    """Whether a value, or one inside it, is not known yet, as happens in previews."""
    if isinstance(value, dict):
        return any(unknown(inner) for inner in value.values())
    if isinstance(value, list):
        return any(unknown(inner) for inner in value)
    return bool(value == UNKNOWN)


def problems(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is missing in a release's inputs: property and rule."""
    for owner, kind, found in _parts(values):
        for part in fields(kind):
            required = part.default is MISSING and part.default_factory is MISSING
            name = _camel_case(part.name)
            if required and found.get(name) is None:
                yield f"{owner}{name}", "is required"


def read_plan(values: Mapping[str, Any], account: str = "") -> ReleasePlan:
    """Read the inputs of a release; all must be known."""
    given = _plain(ReleasePlan, values)
    given["strategy"] = Strategy(**_plain(Strategy, values["strategy"]))
    given["services"] = tuple(read_service(service) for service in values["services"])
    given["gates"] = read_gates(values)
    return ReleasePlan(**{**given, "account": account})


def read_gates(values: Mapping[str, Any]) -> Gates:
    """Read what people have decided, out of the inputs of a release."""
    return Gates(**_tuples(_plain(Gates, values.get("gates") or {})))


def read_service(values: Mapping[str, Any]) -> ServicePlan:
    """Read one service of a release."""
    given: dict[str, Any] = _tuples(_plain(ServicePlan, values))
    given["checks"] = tuple(Check(**_plain(Check, check)) for check in values.get("checks") or ())
    if given.get("migration"):
        given["migration"] = Migration(**_tuples(_plain(Migration, given["migration"])))
    return ServicePlan(**given)


def outputs(inputs: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    """What the engine keeps of a release: its inputs, and how it ended."""
    record = outcome.record
    return {
        **inputs,
        "releaseId": record.id,
        "version": outcome.version,
        "result": record.result,
        "serving": dict(outcome.serving),
        "recordKey": record.key,
        "started": record.started,
        "seconds": dict(record.seconds),
    }


def _parts(values: Mapping[str, Any]) -> Iterator[tuple[str, type, Mapping[str, Any]]]:
    yield "", ReleasePlan, values
    services = values.get("services")
    for place, service in enumerate(services if isinstance(services, list) else []):
        if isinstance(service, dict):
            yield f"services[{place}].", ServicePlan, service


def _plain(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a dataclass that are given, by their names in Python."""
    names = {_camel_case(part.name): part.name for part in fields(kind)}
    return {names[name]: value for name, value in values.items() if name in names and value is not None}


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _camel_case(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found.group(1).upper(), name)


def _whole(value: Any) -> Any:
    """The engine knows one kind of number."""
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
