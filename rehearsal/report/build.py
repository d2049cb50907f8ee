"""The report: everything that was noted and counted, as one JSON document."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rehearsal.bench.counters import Count
from rehearsal.bench.request import LIMIT
from rehearsal.report.leaks import Search
from rehearsal.story.notes import Notes, ReleaseNote, WayNote

SCHEMA = 1
#: The release that reaches users with its bug: what it answers itself in its canary share is counted apart.
CANARY_WITH_BUG = 5


def build(
    notes: Notes, count: Count, search: Search, *, speed: float, rate: float, application: str, seconds: float
) -> dict[str, Any]:
    """Return the report. Seconds are of the wall unless marked `emulated`, at `clock_speed` times the wall's."""
    bug = notes.release(CANARY_WITH_BUG)
    version = bug.version if bug else None
    return {
        "schema": SCHEMA,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "application": application,
        "problem": notes.problem,
        "clock_speed": speed,
        "rate": rate,
        "seconds": round(seconds, 1),
        "requests": count.sent,
        "failed_requests": count.failed(but_version=version),
        "failed_by_release_5": count.failed_by(version) if version else 0,
        "failures": count.kinds(),
        "lost": count.lost,
        "machine": {"withheld_seconds": count.withheld, "answered_late": count.late(LIMIT)},
        "latency_ms": {name: round(count.percentile(share), 1) for name, share in (("p50", 0.5), ("p99", 0.99))},
        "rates": count.rates(),
        "served": count.served(),
        "releases": [release(note, count) for note in notes.releases],
        "rollback_seconds": notes.rollback_seconds,
        "rollback_warm_seconds": notes.rollback_warm_seconds,
        "rollback_cold_seconds": _command(notes, "cold"),
        "rollback_now_seconds": _command(notes, "now"),
        "promote_seconds": _command(notes, "promote"),
        "same_digest": notes.same_digest,
        "ways": {way.name: _way(way) for way in notes.ways},
        "last_preview_changes": notes.last_preview_changes,
        "findings": list(notes.findings),
        "ignored_properties": notes.ignored,
        "resources": {**notes.resources, "total": sum(notes.resources.values())},
        "plaintext_secrets": search.told(),
        "toolchain": list(notes.toolchain),
        "scenes": [
            {"name": scene.name, "title": scene.title, "seconds": round(scene.seconds, 1)} for scene in notes.scenes
        ],
    }


def _command(notes: Notes, name: str) -> float | None:
    """Return the seconds from a typed command until all users had what it brought; None where it was not played."""
    return next((way.command for way in notes.ways if way.name == name), None)


def _way(way: WayNote) -> dict[str, float]:
    return {
        "command": way.command,
        "release": way.release,
        "container": way.container,
        "ours": round(way.ours, 1),
    }


def ways(report: dict[str, Any]) -> tuple[Sequence[str], list[list[str]]]:
    """Return the table of how long people waited for what they had asked for: columns and rows."""
    columns = ("asked for", "until all users had it#", "from the release's first step#", "new tasks#", "ours#")
    names = {
        "promote": "promote",
        "cold": "rollback, tasks start",
        "warm": "rollback, tasks are warm",
        "now": "rollback --now",
    }
    rows = [
        [names[name], *(f"{times[kind]:.1f} s" for kind in ("command", "release", "container", "ours"))]
        for name, times in report["ways"].items()
    ]
    return columns, rows


def release(note: ReleaseNote, count: Count) -> dict[str, Any]:
    """Return one release as the report shows it."""
    within = count.between(note.started, note.ended) if note.seen else Count()
    return {
        "number": note.number,
        "version": note.version,
        "title": note.title,
        "stack": note.stack,
        "result": note.result,
        "cause": note.cause,
        "digest": note.digest,
        "seconds": {phase: dict(times) for phase, times in note.seconds.items()},
        "calls": note.calls,
        "end_noticed_seconds": note.noticed,
        "requests_during": within.sent,
        "failed_during": len(within.failures),
        "requests_served_by_it": count.by(note.version),
        "started": round(note.started, 2),
        "ended": round(note.ended, 2),
        "moments": [{"at": round(moment.at, 2), "text": moment.text} for moment in note.moments],
    }


def table(report: dict[str, Any]) -> tuple[Sequence[str], list[list[str]]]:
    """Return the table that closes the story: columns and rows."""
    columns = ("release", "", "result", "build#", "checks#", "shift#", "bake#", "up#", "served#", "failed#")
    rows = []
    for entry in report["releases"]:
        seconds = entry["seconds"]
        rows.append(
            [
                entry["version"],
                entry["title"],
                entry["result"],
                *(_seconds(seconds.get(phase)) for phase in ("build", "checks", "shift", "bake", "update")),
                f"{entry['requests_served_by_it']:,}",
                str(entry["failed_during"]),
            ]
        )
    return columns, rows


def _seconds(times: dict[str, float] | None) -> str:
    """Write seconds; those of the emulated clock are marked with its sign."""
    if not times:
        return "·"
    kind, value = next(iter(times.items()))
    return f"{value:.0f} s" if kind == "wall" else f"{value:.0f} s*"
