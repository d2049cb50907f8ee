"""Where in a value: Terraform's steps from the root, and the text that Pulumi writes for the same place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from offline.bridge.cty import Type, kind
from offline.bridge.plan import Path
from offline.bridge.schema import SINGLE, Block, Nested, Nesting
from offline.names import Names

#: What may lie at a place: the fields of a block, blocks, or a value of a type.
_Shape = Block | Nested | Type

_STEPS = re.compile(r"""(?:^|\.)([^.\[\]]+)|\[(\d+)\]|\["([^"]*)"\]""")


def to_pulumi(block: Block, names: Names, path: Path) -> str:
    """Return a Terraform path as Pulumi writes it: `defaultActions[0].forward.targetGroups`."""
    shape: _Shape | None = block
    here = text = ""
    for step in path:
        fields = _fields(shape)
        if isinstance(step, str) and step in fields:
            here = f"{here}.{step}" if here else step
            text += f".{names.name(here)}" if text else names.name(here)
            shape = fields[step]
        elif isinstance(step, int):
            text += "" if names.is_single(here) else f"[{step}]"
            shape = _element(shape)
        else:
            text += f'["{step}"]'
            shape = _element(shape)
    return text


def to_terraform(block: Block, names: Names, text: str) -> Path:
    """Return the place that a Pulumi path names, as far as the schema has it; () if it names none."""
    shape: _Shape | None = block
    here = ""
    path: list[str | int] = []
    for name, position, key in _STEPS.findall(text):
        if position or key:
            path.append(int(position) if position else key)
            shape = _element(shape)
            continue
        fields = _fields(shape)
        found = next((one for one in fields if names.name(f"{here}.{one}" if here else one) == name), None)
        if found is None:
            if kind_of_map(shape):
                path.append(name)
                shape = _element(shape)
                continue
            return tuple(path)
        here = f"{here}.{found}" if here else found
        path.append(found)
        shape = fields[found]
        if names.is_single(here):
            path.append(0)
            shape = _element(shape)
    return tuple(path[:-1] if path and path[-1] == 0 and names.is_single(here) else path)


def kind_of_map(shape: _Shape | None) -> bool:
    """Whether the keys at a place are the user's own."""
    return isinstance(shape, str | list) and kind(shape) == "map"


def _fields(shape: _Shape | None) -> Mapping[str, _Shape]:
    """The named fields at a place."""
    if isinstance(shape, Nested):
        shape = shape.block if shape.nesting in SINGLE else None
    if isinstance(shape, Block):
        return {**{name: one.type for name, one in shape.attributes.items()}, **shape.blocks}
    if isinstance(shape, list) and kind(shape) == "object":
        fields: Mapping[str, Type] = shape[1]
        return dict(fields)
    return {}


def _element(shape: _Shape | None) -> _Shape | None:
    """What lies at a position, or under a key."""
    if isinstance(shape, Nested):
        return shape.block if shape.nesting in (Nesting.LIST, Nesting.SET, Nesting.MAP) else None
    if isinstance(shape, list) and kind(shape) in ("list", "set", "map"):
        inner: Type = shape[1]
        return inner
    return None
