"""Terraform's values: how they are encoded on the wire, and how loosely typed ones are brought into a type.

A type is what the schema's JSON says: "string", "number", "bool", "dynamic", or a list such as ["list", "string"],
["map", T], ["object", {name: T}], ["tuple", [T, …]]. A value is plain Python; `UNKNOWN` stands for one that only an
apply will tell.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgpack

Type = str | list[Any]
Value = Any


class Unknown:
    """A value that is not known yet; there is one, `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, _memo: dict[int, Any]) -> Unknown:
        return self


UNKNOWN: Final = Unknown()
#: Unknown values travel as extension 0; 12 is an unknown value about which something is known, which we do not use.
_UNKNOWN_CODE = 0


def encode(value: Value) -> bytes:
    """Return `value` in Terraform's MessagePack."""
    packed: bytes = msgpack.packb(value, default=_encode_unknown, use_bin_type=True)
    return packed


def _encode_unknown(value: object) -> msgpack.ExtType:
    if value is UNKNOWN:
        return msgpack.ExtType(_UNKNOWN_CODE, b"\0")
    raise TypeError(f"{type(value).__name__} is no Terraform value: {value!r}")


def decode(packed: bytes) -> Value:
    """Return what `packed` says; the null value for none at all."""
    if not packed:
        return None
    return msgpack.unpackb(packed, ext_hook=lambda _code, _data: UNKNOWN, raw=False, strict_map_key=False)


def has_unknown(value: Value) -> bool:
    """Tell whether anything inside `value` is unknown."""
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return value is UNKNOWN


def kind(type_: Type) -> str:
    """Return the outermost word of a type: string, list, object …"""
    return type_ if isinstance(type_, str) else str(type_[0])


def primitive(value: Value, type_: str) -> Value:
    """Bring a single value into a primitive type, as Terraform itself converts; raise ValueError where it would not.

    Objects in the place of a string are documents (a policy given as a mapping) and become JSON.
    """
    if value is None or value is UNKNOWN or type_ == "dynamic":
        return value
    if type_ == "string":
        return _string(value)
    if type_ == "bool":
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if isinstance(value, bool):
            return value
    if type_ == "number" and (number := _number(value)) is not None:
        return int(number) if number == int(number) else number
    raise ValueError(f"a {type_} is needed, got {value!r}")


def _number(value: Value) -> float | None:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _string(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return str(value)
