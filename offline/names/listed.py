"""What is said by hand about a type, before the table is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from offline.names import AutoName


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One type: what it is called in Terraform, and what no rule can tell."""

    terraform: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Terraform's path -> Pulumi's name, where the two are different words."""
    later: tuple[str, ...] = ()
    """Pulumi's paths that this version of the provider does not have yet; giving one is an error."""
    harmless: Mapping[str, str] = field(default_factory=dict)
    """Such paths that may be left out -> why; giving one is a warning."""
    copied: Mapping[str, str] = field(default_factory=dict)
    """Pulumi's result -> the Terraform attribute that holds the same under another name."""
    autoname: AutoName | None = None
    delete_first: bool = False
