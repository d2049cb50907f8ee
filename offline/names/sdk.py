"""Reads from the type hints of a Pulumi SDK which properties there are, and which of them are lists or objects.

Used to make the tables, never at run time: importing an SDK takes seconds.
"""

from __future__ import annotations

import importlib
import json
import re
import types
import typing
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pulumi
from pulumi import _types as hints


@dataclass(frozen=True)
class Property:
    """One property: whether it is a list, and the class of its object, or of the objects in it."""

    is_list: bool
    inner: type | None


Properties = dict[str, Property]


def properties(cls: type) -> Properties:
    """Return the properties of a class of the SDK: Pulumi's name -> what it holds."""
    read = hints.input_type_types if hints.is_input_type(cls) else hints.output_type_types
    return {name: _property(hint) for name, hint in read(cls).items()}


def _property(hint: object) -> Property:
    outer, inner = _unwrap(hint)
    is_list = outer == "list"
    while outer in ("list", "map"):
        outer, inner = _unwrap(inner)
    return Property(is_list, inner if outer == "object" and isinstance(inner, type) else None)


def _unwrap(hint: object) -> tuple[str, object]:
    """Take one layer off a type hint: list, map, object or value, and what is inside."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is pulumi.Output:
        return _unwrap(arguments[0])
    if origin in (typing.Union, types.UnionType):
        choices = [
            one
            for one in arguments
            if one is not type(None)
            and typing.get_origin(one) not in (Awaitable, pulumi.Output)
            and not (isinstance(one, type) and typing.is_typeddict(one))
        ]
        # A document that may be given as text or as an object is text to Terraform.
        return (
            _unwrap(next((one for one in choices if one in (str, int, float, bool)), choices[0]))
            if choices
            else ("value", None)
        )
    if origin in (list, Sequence):
        return "list", arguments[0]
    if origin in (dict, Mapping):
        return "map", arguments[-1]
    if isinstance(hint, type) and (hints.is_input_type(hint) or hints.is_output_type(hint)):
        return "object", hint
    return "value", hint


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@cache
def _resources(sdk: str) -> dict[str, tuple[str, str]]:
    """Token -> module and class, from the list that the SDK registers itself with."""
    source = Path(str(importlib.import_module(sdk).__file__)).read_text()
    listed = source.partition('resource_modules="""')[2].partition('"""')[0]
    return {token: (module["fqn"], cls) for module in json.loads(listed) for token, cls in module["classes"].items()}


def resource_class(sdk: str, token: str) -> type:
    """Return the class that holds every property of a resource, given or computed."""
    package, name = _resources(sdk)[token]
    public = getattr(importlib.import_module(package), name)
    module = importlib.import_module(public.__module__)
    found: type = getattr(module, f"_{name}State")
    return found


def function_class(sdk: str, token: str) -> type:
    """Return the class of a function's result, which repeats its arguments."""
    _, module, function = token.split(":")
    package = sdk if module.startswith("index/") else f"{sdk}.{module.partition('/')[0]}"
    found: type = getattr(importlib.import_module(package), f"{function[0].upper()}{function[1:]}Result")
    return found


def provider_class(sdk: str) -> type:
    """Return the class of the provider's own configuration."""
    found: type = importlib.import_module(f"{sdk}.provider").ProviderArgs
    return found
