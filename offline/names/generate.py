"""Makes the table of a package: pairs the properties of an SDK with the fields of a provider's schema.

Rules pair by name: the same in camel case, or its plural for a list. Everything else must be listed by hand, on either
side: a guess that looks right on small types was found wrong too often.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from offline.bridge.cty import Type, kind
from offline.bridge.schema import SINGLE, TIMEOUTS, Block
from offline.names import camel, sdk
from offline.names.listed import Listed

#: Below this share of paired properties a type is taken for the wrong one.
ENOUGH = 0.5


class UnpairedError(Exception):
    """Properties of the SDK that no field of the provider answers to; say each by hand."""


def plural(name: str) -> str:
    """Return the plural that Pulumi gives to a list."""
    if re.search(r"[^aeiou]y$", name):
        return name[:-1] + "ies"
    return name + ("es" if re.search(r"(s|x|z|ch|sh)$", name) else "s")


class Pairing:
    """Pairs one type; collects what the table must say about it."""

    def __init__(self, listed: Listed, repeated: Iterable[str] = ()) -> None:
        self.listed = listed
        self.known = {*listed.later, *listed.harmless, *listed.copied, *repeated}
        self.renamed: dict[str, str] = {}
        self.single: list[str] = []
        self.unpaired: list[str] = []
        self.count = self.total = 0

    def block(self, block: Block, cls: type, path: str = "", shown: str = "") -> None:
        """Pair the fields of a block with the properties of a class."""
        fields: dict[str, tuple[bool, Callable[[type, str, str], None] | None]] = {
            name: (kind(attribute.type) in ("list", "set"), self._inside_type(attribute.type))
            for name, attribute in block.attributes.items()
        }
        for name, nested in block.blocks.items():
            if name != TIMEOUTS:
                fields[name] = (nested.nesting not in SINGLE, partial(self.block, nested.block))
        self._fields(fields, cls, path, shown)

    def _inside_type(self, type_: Type) -> Callable[[type, str, str], None] | None:
        """What pairs the fields of the objects in a type, if there are any."""
        while kind(type_) in ("list", "set", "map"):
            type_ = type_[1]
        if kind(type_) != "object":
            return None
        inner: Mapping[str, Type] = type_[1]  # type: ignore[assignment]

        def pair(cls: type, path: str, shown: str) -> None:
            fields = {name: (kind(one) in ("list", "set"), self._inside_type(one)) for name, one in inner.items()}
            self._fields(fields, cls, path, shown)

        return pair

    def _fields(self, fields: Mapping[str, tuple[bool, Any]], cls: type, path: str, shown: str) -> None:
        there = sdk.properties(cls)
        left = dict(there)
        self.total += len(there)
        for name, (is_list, inside) in sorted(fields.items()):
            here = f"{path}{name}"
            called = self._called(name, here, is_list, there)
            if called is None or (called in there and called not in left):
                continue
            if called != camel(name):
                self.renamed[here] = called
            if (found := left.pop(called, None)) is None:
                continue
            self.count += 1
            if is_list and not found.is_list:
                self.single.append(here)
            if inside and found.inner:
                inside(found.inner, f"{here}.", f"{shown}{called}.")
        self.unpaired += [f"{shown}{name}" for name in left if f"{shown}{name}" not in self.known]

    def _called(self, name: str, path: str, is_list: bool, there: Mapping[str, Any]) -> str | None:
        """Find the property that a field is shown as; None if the SDK has it not."""
        if path in self.listed.renamed:
            return self.listed.renamed[path]
        choices = [plural(camel(name)), camel(name)] if is_list else [camel(name)]
        if is_list and camel(name).endswith("s"):
            # A list of one, named in the plural, is shown in the singular.
            choices.append(camel(name)[:-1])
        return next((one for one in choices if one in there), None)


def entry(listed: Listed, block: Block, cls: type, repeated: Iterable[str] = ()) -> dict[str, Any]:
    """Return the table's entry for one type; raise UnpairedError if something would be left to chance."""
    pairing = Pairing(listed, repeated)
    pairing.block(block, cls)
    if pairing.unpaired:
        raise UnpairedError(f"{listed.terraform}: no field for {', '.join(pairing.unpaired)}")
    if pairing.count < ENOUGH * pairing.total:
        raise UnpairedError(
            f"{listed.terraform}: {pairing.count} of {pairing.total} properties paired; is it this type?"
        )
    made: dict[str, Any] = {
        "terraform": listed.terraform,
        "renamed": dict(sorted(pairing.renamed.items())),
        "single": sorted(pairing.single),
        "later": sorted(listed.later),
        "harmless": dict(sorted(listed.harmless.items())),
        "copied": dict(sorted(listed.copied.items())),
        "autoname": asdict(listed.autoname) if listed.autoname else None,
        "delete_first": listed.delete_first,
    }
    return {name: value for name, value in made.items() if value}


Schemas = Callable[[str, str], Block]


def table(module: Any, schemas: Schemas) -> dict[str, Any]:
    """Return the whole table of the package that `module` (such as `aws_types`) lists.

    `schemas` gives the fields of a type: collection of the provider's schema, and name. Raises one UnpairedError that
    names everything.
    """
    problems: list[str] = []

    def made(pairs: Iterator[tuple[str, Listed, Block, type]]) -> dict[str, Any]:
        entries = {}
        for token, listed, block, cls in pairs:
            try:
                entries[token] = entry(listed, block, cls, module.REPEATED)
            except UnpairedError as error:
                problems.append(f"{token}: {error}")
        return entries

    resources = made(
        (token, one, schemas("resource_schemas", one.terraform), sdk.resource_class(module.SDK, token))
        for token, one in sorted(module.RESOURCES.items())
    )
    functions = made(
        (token, one, schemas("data_source_schemas", one.terraform), sdk.function_class(module.SDK, token))
        for token, one in sorted(module.FUNCTIONS.items())
    )
    provider = made(iter([("provider", module.PROVIDER, schemas("provider", ""), sdk.provider_class(module.SDK))]))
    if problems:
        raise UnpairedError("\n".join(problems))
    return {"repeated": module.REPEATED, **provider, "resources": resources, "functions": functions}
