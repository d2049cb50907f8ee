"""The engine's values: how Pulumi writes properties into a protobuf Struct, and how they are read from one.

Beyond JSON there are values not known yet (`UNKNOWN`), secrets, assets and archives, and references to other
resources. Secrets are unwrapped on the way in, since the engine marks again what it gave marked; a `Secret` on the way
out marks what the program did not know to be one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2

from offline.bridge.assets import Archive, Asset
from offline.bridge.cty import UNKNOWN

#: The key under which the engine says that an object is something else.
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a marker of the protocol
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
#: Strings that stand for a value not known yet, one for each kind.
UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string, and whatever an SDK does not tell apart
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Properties = dict[str, Any]


@dataclass(frozen=True)
class Secret:
    """A value that the engine must encrypt in its state and hide in its output."""

    value: Any


def read(struct: struct_pb2.Struct) -> Properties:
    """Return the properties that `struct` holds."""
    return {name: _read_value(value) for name, value in struct.fields.items()}


def _read_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return _read_object(value.struct_value)
        case "list_value":
            return [_read_value(one) for one in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
        case "bool_value":
            return value.bool_value
    return None


def _read_object(struct: struct_pb2.Struct) -> Any:
    if SIGNATURE not in struct.fields:
        return read(struct)
    inner = {name: value for name, value in struct.fields.items() if name != SIGNATURE}
    match struct.fields[SIGNATURE].string_value:
        case str(signature) if signature in (SECRET, OUTPUT):
            return _read_value(inner["value"]) if "value" in inner else UNKNOWN
        case str(signature) if signature == ASSET:
            return Asset({name: _read_value(value) for name, value in inner.items()})
        case str(signature) if signature == ARCHIVE:
            return Archive({name: _read_value(value) for name, value in inner.items()})
        case str(signature) if signature == RESOURCE:
            # A resource in the place of a value is its id, or its URN where it has none.
            return _read_value(inner.get("id") or inner["urn"])
    raise ValueError(
        f"the engine sent a value of a kind unknown to this bridge: {struct.fields[SIGNATURE].string_value}"
    )


def write(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return `properties` as the engine reads them."""
    return struct_pb2.Struct(fields={name: _write_value(value) for name, value in properties.items()})


def _write_value(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=UNKNOWN_STRING)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, int | float):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, Secret):
        return _signed(SECRET, {"value": value.value})
    if isinstance(value, Asset):
        return _signed(ARCHIVE if isinstance(value, Archive) else ASSET, value.fields)
    if isinstance(value, list | tuple):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_write_value(one) for one in value]))
    if isinstance(value, Mapping):
        return struct_pb2.Value(struct_value=write(value))
    raise TypeError(f"{type(value).__name__} is no value of Pulumi's: {value!r}")


def _signed(signature: str, fields: Mapping[str, Any]) -> struct_pb2.Value:
    return struct_pb2.Value(struct_value=write({SIGNATURE: signature, **fields}))
