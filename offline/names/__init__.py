"""How the resources of a Pulumi SDK are called by the Terraform provider behind it.

`<package>.json` is the table that the bridge reads. It is made by `python -m offline.names`, from the SDK's type hints
and the provider's schema, for exactly the types that `<package>_types.py` lists, and is reviewed like code: whatever
does not pair by rule must be said there by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class AutoName:
    """A name that Pulumi makes up where the program gives none: the resource's own, a dash, seven hex digits."""

    property: str = "name"
    longest: int = 255
    lower: bool = False
    """Whether the service takes lower-case letters only."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """One resource type, function, or the provider's own configuration.

    Paths are Terraform's names joined by dots, without positions in lists. What stands in neither table is called the
    same in camel case, and keeps its shape.
    """

    terraform: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Path -> Pulumi's name of its last step."""
    single: frozenset[str] = frozenset()
    """Paths of lists with at most one element, which Pulumi shows as that element."""
    later: frozenset[str] = frozenset()
    """Pulumi's paths that only a later version of the provider knows: giving one is an error."""
    harmless: Mapping[str, str] = field(default_factory=dict)
    """Those of `later` that may be left out, with a warning -> why."""
    copied: Mapping[str, str] = field(default_factory=dict)
    """Pulumi's result -> the Terraform attribute that holds the same under another name."""
    autoname: AutoName | None = None
    delete_first: bool = False
    """Whether a replacement must delete before it creates, because the service refuses two of the same."""

    def name(self, path: str) -> str:
        """Return Pulumi's name for the last step of `path`."""
        return self.renamed.get(path) or camel(path.rpartition(".")[2])

    def is_single(self, path: str) -> bool:
        """Whether Pulumi shows the list at `path` as its only element."""
        return path in self.single


def camel(name: str) -> str:
    """Return a Terraform name as Pulumi writes names: `cidr_block` -> `cidrBlock`."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


@dataclass(frozen=True)
class Table:
    """All that is known of one package."""

    package: str
    raw: Mapping[str, Any]

    @cached_property
    def provider(self) -> Names:
        """The provider's own configuration."""
        return _names(self.raw["provider"])

    @property
    def repeated(self) -> Mapping[str, str]:
        """Properties of every resource that repeat a field of the provider's configuration -> that field."""
        fields: Mapping[str, str] = self.raw["repeated"]
        return fields

    def resource(self, token: str) -> Names:
        """Return the names of a resource type; KeyError if the table has it not."""
        return _names(self.raw["resources"][token])

    def function(self, token: str) -> Names:
        """Return the names of a function; KeyError if the table has it not."""
        return _names(self.raw["functions"][token])


def _names(entry: Mapping[str, Any]) -> Names:
    auto = entry.get("autoname")
    return Names(
        terraform=entry["terraform"],
        renamed=entry.get("renamed", {}),
        single=frozenset(entry.get("single", ())),
        later=frozenset(entry.get("later", ())),
        harmless=entry.get("harmless", {}),
        copied=entry.get("copied", {}),
        autoname=AutoName(**auto) if auto else None,
        delete_first=entry.get("delete_first", False),
    )


@cache
def load(package: str) -> Table:
    """Read the table of a package, such as `aws`."""
    return Table(package, json.loads((Path(__file__).parent / f"{package}.json").read_text()))
