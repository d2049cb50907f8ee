"""A database's schema, as migrations tell it: the revision it is at, and the revisions that an image knows.

A migration says so in the last line of its output, one JSON object:

    {"schema": {"revision": "0003", "known": ["0001", "0002", "0003"]}}

Revisions are compared by name alone; `known` has them in the order in which they are applied.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: What is written down where a migration ended without saying what the database is at.
UNKNOWN = "?"
#: What to do where a release meets a schema that it does not know, and the settings refuse that.
WAY_OUT = (
    "undo the newer migrations on the way: `./slipway rollback --downgrade …`; "
    "or, where the older release works with the newer schema, set `schema_ahead` to warn"
)
#: No option of a command begins like that: a revision is the last word of `downgrade`.
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What one service's database is at, and what its image knows.

    revision: the last one that is applied; empty where none is, `UNKNOWN` where a migration ended without saying.
    known: all revisions that the image knows, oldest first; empty where it never said.
    """

    revision: str
    known: tuple[str, ...] = ()

    @property
    def told(self) -> bool:
        """Whether a migration said what the database is at."""
        return self.revision != UNKNOWN


class Standing(enum.Enum):
    """How a database stands to what a release knows."""

    SAME = "same"
    """It is at the last revision that the release knows."""
    BEHIND = "behind"
    """The release knows later ones."""
    AHEAD = "ahead"
    """It is at a revision that the release does not know."""
    UNKNOWN = "unknown"
    """One of the two was never written down."""


def read(line: str) -> Schema | None:
    """Read the line in which a migration tells the schema; None for any other line."""
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    inner = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(inner, dict):
        return None
    revision, known = inner.get("revision"), inner.get("known")
    if not isinstance(revision, str) or not isinstance(known, list):
        return None
    if not all(
        isinstance(one, str) and _REVISION.fullmatch(one) for one in [*known, *([revision] if revision else [])]
    ):
        return None
    return Schema(revision=revision, known=tuple(known))


def compare(schema: Schema | None, known: Sequence[str]) -> Standing:
    """Say how a database stands to the revisions that a release knows."""
    if schema is None or not schema.told or not known:
        return Standing.UNKNOWN
    if schema.revision == known[-1]:
        return Standing.SAME
    return Standing.BEHIND if schema.revision in known or not schema.revision else Standing.AHEAD


def ahead(service: str, version: str, schema: Schema, known: Sequence[str]) -> str:
    """Say that a release does not know the schema that the database is at."""
    return f"{service}: the database is at schema {schema.revision}, and {version} knows no later one than {known[-1]}"
