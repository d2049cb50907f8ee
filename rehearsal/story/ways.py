"""How long users wait for what a person has asked for: from the typed command to the last answer of what was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rehearsal.bench.request import Seen
from rehearsal.errors import RehearsalError
from rehearsal.story.notes import WayNote
from rehearsal.story.noticed import wall


def arrived(requests: Sequence[Seen], version: str, since: float) -> float:
    """Return the moment (seconds since the epoch) from which on only `version` has answered.

    since: when it was asked for. Raises RehearsalError where something else answers still, or nobody.
    """
    others = [_answered(seen) for seen in requests if seen.version not in ("", version) and _answered(seen) >= since]
    last = max(others, default=since)
    if not any(seen.version == version and seen.sent > last for seen in requests):
        raise RehearsalError(
            f"users should have {version} and nothing else, but no request says so.",
            "the traffic's log holds all of them.",
        )
    return last


def way(
    name: str,
    typed: float,
    record: Mapping[str, Any],
    moment: float,
    clock: Mapping[str, float],
    *,
    starts: bool,
) -> WayNote:
    """Return how long it took.

    typed: when the command was. record: the release's own, moment: when users had it, clock: the emulated one, as it
    tells itself. starts: whether new tasks had to start; the record says how long that took, by that clock.
    """
    began = wall(clock, datetime.fromisoformat(record["started"]))
    waited = float(record["seconds"].get("provision", 0)) / clock["speed"] if starts else 0.0
    return WayNote(
        name=name,
        command=round(moment - typed, 1),
        # A record's times are whole seconds: it may claim to have begun before it was asked for.
        release=round(moment - max(began, typed), 1),
        container=round(waited, 1),
    )


def _answered(seen: Seen) -> float:
    return seen.sent + seen.milliseconds / 1000
