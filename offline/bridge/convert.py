"""Turns Pulumi's properties into a Terraform value and back, led by the schema and the table of names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from offline.bridge.assets import Asset
from offline.bridge.cty import UNKNOWN, Type, Value, kind, primitive
from offline.bridge.schema import SINGLE, TIMEOUTS, Block, Nested, Nesting
from offline.bridge.wire import Properties, Secret
from offline.names import Names


class MismatchError(Exception):
    """A property's value does not fit; `property` says which."""

    def __init__(self, property_: str, reason: str) -> None:
        super().__init__(reason)
        self.property = property_
        self.reason = reason


@dataclass
class ToTerraform:
    """One conversion of properties into a configuration; `unused` are properties that no field took."""

    names: Names
    files: File
    """Where assets are put."""
    unused: list[str] = field(default_factory=list)

    def block(self, block: Block, given: Any, path: str = "", shown: str = "") -> Value:
        """Convert an object into a block: every field is there, null where nothing was given."""
        if given is UNKNOWN:
            return UNKNOWN
        if not isinstance(given, Mapping):
            raise MismatchError(shown.rstrip("."), f"an object is needed, got {given!r}")
        left = dict(given)
        made: dict[str, Value] = {}
        for name, attribute in block.attributes.items():
            called = self.names.name(path + name)
            value = left.pop(called, None)
            made[name] = self.value(attribute.type, value, path + name, shown + called)
        for name, nested in block.blocks.items():
            called = self.names.name(path + name)
            value = None if name == TIMEOUTS else left.pop(called, None)
            made[name] = self._blocks(nested, value, path + name, shown + called)
        self.unused += [shown + name for name in left]
        return made

    def _blocks(self, nested: Nested, given: Any, path: str, shown: str) -> Value:
        if nested.nesting in SINGLE:
            return None if given is None else self.block(nested.block, given, f"{path}.", f"{shown}.")
        if nested.nesting == Nesting.MAP:
            return {
                key: self.block(nested.block, one, f"{path}.", f"{shown}.{key}.") for key, one in (given or {}).items()
            }
        if given is None:
            return []
        if given is UNKNOWN:
            return UNKNOWN
        return [
            self.block(nested.block, {} if one is None else one, f"{path}.", f"{at}.")
            for at, one in self._elements(given, path, shown)
        ]

    def value(self, type_: Type, given: Any, path: str, shown: str) -> Value:
        """Convert a value into a type."""
        if given is None:
            return None
        if isinstance(given, Asset):
            return given.place(self.files)
        match kind(type_):
            case "list" | "set":
                if given is UNKNOWN and not self.names.is_single(path):
                    return UNKNOWN
                return [self.value(type_[1], one, path, at) for at, one in self._elements(given, path, shown)]
            case _ if given is UNKNOWN:
                return UNKNOWN
            case "map":
                if not isinstance(given, Mapping):
                    raise MismatchError(shown, f"a map is needed, got {given!r}")
                return {key: self.value(type_[1], one, path, f"{shown}.{key}") for key, one in given.items()}
            case "object":
                return self._object(type_[1], given, path, shown)  # type: ignore[arg-type]
        try:
            return primitive(given, kind(type_))
        except ValueError as error:
            raise MismatchError(shown, str(error)) from None

    def _object(self, types: Mapping[str, Type], given: Any, path: str, shown: str) -> Value:
        if not isinstance(given, Mapping):
            raise MismatchError(shown, f"an object is needed, got {given!r}")
        left = dict(given)
        made = {}
        for name, type_ in types.items():
            called = self.names.name(f"{path}.{name}")
            made[name] = self.value(type_, left.pop(called, None), f"{path}.{name}", f"{shown}.{called}")
        self.unused += [f"{shown}.{name}" for name in left]
        return made

    def _elements(self, given: Any, path: str, shown: str) -> Iterator[tuple[str, Any]]:
        """Yield the elements of a list, each with how it is shown; of a single one, that one."""
        if self.names.is_single(path):
            yield shown, given
        elif isinstance(given, list):
            yield from ((f"{shown}[{place}]", one) for place, one in enumerate(given))
        else:
            raise MismatchError(shown, f"a list is needed, got {given!r}")


def unjson(block: Block, given: Properties, names: Names) -> Properties:
    """Read the properties of a provider's configuration: the engine sends all but texts as JSON."""
    texts = {names.name(name) for name, attribute in block.attributes.items() if attribute.type == "string"}
    known = {names.name(name) for name in block.names()}
    plain = dict(given)
    for name, value in given.items():
        if isinstance(value, str) and name in known - texts:
            try:
                plain[name] = json.loads(value)
            except ValueError:
                raise MismatchError(name, f"JSON is needed, got {value!r}") from None
    return plain


def copied(names: Names, state: Value) -> Properties:
    """Return what Pulumi shows under a second name."""
    found = {name: state.get(attribute) for name, attribute in names.copied.items()}
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class ToPulumi:
    """Conversion of states into properties; with `mark`, what the schema calls sensitive becomes a secret."""

    names: Names
    mark: bool = True

    def block(self, block: Block, state: Value, path: str = "") -> Any:
        """Convert a block into an object, without the fields that hold nothing."""
        if state is UNKNOWN:
            return UNKNOWN
        made: Properties = {}
        for name, attribute in block.attributes.items():
            value = self.value(attribute.type, state.get(name), path + name)
            if value is not None:
                secret = self.mark and attribute.sensitive and value is not UNKNOWN
                made[self.names.name(path + name)] = Secret(value) if secret else value
        for name, nested in block.blocks.items():
            value = None if name == TIMEOUTS else self._blocks(nested, state.get(name), path + name)
            if value is not None:
                made[self.names.name(path + name)] = value
        return made

    def _blocks(self, nested: Nested, state: Value, path: str) -> Any:
        inner: Callable[[Value], Any] = lambda one: self.block(nested.block, one, f"{path}.")  # noqa: E731
        if state is UNKNOWN:
            return UNKNOWN
        if not state:
            return None
        if nested.nesting in SINGLE:
            return inner(state)
        if nested.nesting == Nesting.MAP:
            return {key: inner(one) for key, one in state.items()}
        return self._list([inner(one) for one in state], path)

    def value(self, type_: Type, state: Value, path: str) -> Any:
        """Convert a value of a type."""
        if state is None or state is UNKNOWN:
            return state
        match kind(type_):
            case "list" | "set":
                return self._list([self.value(type_[1], one, path) for one in state], path)
            case "map":
                return {key: self.value(type_[1], one, path) for key, one in state.items()}
            case "object":
                inner: Mapping[str, Type] = type_[1]  # type: ignore[assignment]
                made = {
                    self.names.name(f"{path}.{name}"): self.value(one, state.get(name), f"{path}.{name}")
                    for name, one in inner.items()
                }
                return {name: one for name, one in made.items() if one is not None}
        return state

    def _list(self, elements: list[Any], path: str) -> Any:
        if not self.names.is_single(path):
            return elements
        return elements[0] if elements else None
