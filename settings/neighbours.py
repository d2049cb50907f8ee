"""What other environments need of this stack, where they are in accounts of their own: found by their files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from settings.model import BUILD
from settings.source import Source
from settings.table import StackKind


def pullers(source: Source, account: str) -> tuple[str, ...]:
    """Return the other accounts whose environments run images of this one's registry, in order.

    They take from an environment that is here, or name this account's registry.
    """
    found = set()
    for there, elsewhere in _elsewhere(source, account):
        origin = source.stacks.get(str(elsewhere.get("source") or BUILD), {})
        if account in (str(origin.get("account", "")), str(elsewhere.get("registry") or "").partition(".")[0]):
            found.add(there)
    return tuple(sorted(found))


def readers(source: Source, account: str) -> tuple[str, ...]:
    """Return the other accounts whose environments read this one's releases: they take them, or wait for them."""
    return tuple(
        sorted(
            {
                there
                for there, elsewhere in _elsewhere(source, account)
                if source.stack in (str(elsewhere.get("source") or BUILD), after(elsewhere))
            }
        )
    )


def after(said: Mapping[str, Any]) -> str | None:
    """Return the environment that a stack's gate `after` names, as its file says it; None for none."""
    gates = said.get("gates")
    return (str(gates.get("after") or "") or None) if isinstance(gates, Mapping) else None


def _elsewhere(source: Source, account: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield account and settings of each environment in another account."""
    for there in source.stacks.values():
        said = {**source.defaults, **there}
        other = str(said.get("account", ""))
        if said.get("kind") == StackKind.ENVIRONMENT and re.fullmatch(r"\d{12}", other) and other != account:
            yield other, said
