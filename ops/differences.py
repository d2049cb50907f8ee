"""What differs between two releases, or between what serves in two environments. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.markup import escape
from rich.table import Table

from delivery.records import Record

#: What a record says about its run, and not about what runs since.
_OF_THE_RUN = frozenset(
    {
        *("id", "environment", "result", "cause", "who", "why", "started", "finished", "seconds", "deployments"),
        *("settings_hash", "overrides", "calls", "results", "serving", "update", "warm_until", "asked", "declared"),
        *("from", "from_release", "from_version"),
    }
)
_DIGEST_SHOWN = 19
NOTHING = "(not there)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same. what: its dotted name; before, after: None where it is not there."""

    what: str
    before: Any
    after: Any

    def stored(self) -> dict[str, Any]:
        """For programs."""
        return {"what": self.what, "before": self.before, "after": self.after}


def facts(record: Record) -> dict[str, Any]:
    """Return what a release brings, by dotted name: images, task definitions, schemas, settings, all else it stores."""
    found: dict[str, Any] = {}
    for name, value in record.stored().items():
        if name == "services":
            for service, served in record.services.items():
                found[f"image.{service}"] = served.digest
                found[f"task_definition.{service}"] = served.task_definition.rpartition("/")[2]
        elif name == "schemas":
            found |= {f"schema.{service}": schema.revision for service, schema in record.schemas.items()}
        elif name == "watched":
            found |= {f"alarms.{service}": list(alarms) for service, alarms in record.watched.items()}
        elif name not in _OF_THE_RUN:
            found |= flat(name, value)
    return found


def flat(name: str, value: Any) -> dict[str, Any]:
    """Return what is inside an object by dotted name; what is empty is not there."""
    if isinstance(value, Mapping):
        return {key: found for inner in value for key, found in flat(f"{name}.{inner}", value[inner]).items()}
    return {} if value in ("", None) or value == [] else {name: value}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what is not the same, in the order of the names that either has."""
    names = [*before, *(name for name in after if name not in before)]
    ranked = sorted(names, key=lambda name: name.startswith("settings."))
    return [
        Difference(name, before.get(name), after.get(name)) for name in ranked if before.get(name) != after.get(name)
    ]


def masked(found: list[Difference], before: Record, after: Record) -> str:
    """Say that settings differ though nothing of it can be shown; empty where that is not so."""
    seen = any(one.what.startswith("settings.") for one in found)
    hashes = before.settings_hash, after.settings_hash
    if seen or hashes[0] == hashes[1] or not all(hashes):
        return ""
    return "Settings differ in something that is masked in the records: their hashes are not the same."


def table(found: list[Difference], before: str, after: str) -> Table:
    """Return differences as a table under the names of the two sides; colours show on a terminal alone."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", before, after):
        shown.add_column(escape(column), overflow="fold")
    for one in found:
        shown.add_row(escape(one.what), f"[red]{_told(one.before)}[/]", f"[green]{_told(one.after)}[/]")
    return shown


def _told(value: Any) -> str:
    if value is None:
        return f"[dim]{NOTHING}[/]"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape(text[:_DIGEST_SHOWN] if text.startswith("sha256:") else text)
