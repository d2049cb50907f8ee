"""How releases are told to a person: times, durations, names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from delivery.errors import DeliveryError
from delivery.records import Pointer, Record

#: How a result looks.
COLOURS = {"succeeded": "green", "refused": "yellow", "failed": "red", "cancelled": "yellow", "taken back": "red"}
_CAUSE_WIDTH = 72
#: Phases of a release in the order in which it goes through them, and what people call them.
PHASES = {
    "gates": "gates",
    "migrate": "migration",
    "provision": "start",
    "checks": "checks",
    "shift": "shift",
    "bake": "bake",
    "workers": "workers",
}
#: Narrower tables leave the phases out; `./slipway history --of` has them.
_ROOM_FOR_PHASES = 160


def when(moment: str) -> str:
    """Return an ISO time as people read it, in UTC: `2026-01-02 03:04`."""
    return datetime.fromisoformat(moment).astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def duration(seconds: float) -> str:
    """Return seconds as `48s`, `3m05s` or `1h02m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02d}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}m"


def who(identity: str) -> str:
    """Return the readable end of an identity: the session of a role, the name of a user."""
    return identity.rpartition("/")[2] or identity


def brief(cause: str) -> str:
    """Return the first line of a cause, cut to what a table has room for."""
    line = cause.strip().splitlines()[0] if cause.strip() else ""
    return line if len(line) <= _CAUSE_WIDTH else f"{line[: _CAUSE_WIDTH - 1]}…"


def serves(record: Record, pointer: Pointer | None) -> bool:
    """Whether it is this release that serves now."""
    return pointer is not None and pointer.release == record.id


def phases(seconds: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return what people call each phase, and how long it took, in order; the total is none of them."""
    known = [(label, seconds[name]) for name, label in PHASES.items() if name in seconds]
    return known + [(name, took) for name, took in seconds.items() if name not in PHASES and name != "total"]


def table(records: Iterable[Record], changes: Iterable[Sequence[str]], pointer: Pointer | None, width: int) -> Table:
    """Return releases as a table, in the order they come, with what each changed; what serves is marked.

    width: in characters.
    """
    shown = Table(box=None, pad_edge=False, header_style="bold")
    wide = width >= _ROOM_FOR_PHASES
    columns = ("", "version", "release", "commit", "when (UTC)", "took", "phases", "result", "who", "changed")
    for column in (*columns, "why or cause"):
        if wide or column != "phases":
            shown.add_column(column, overflow="fold", no_wrap=column in ("version", "release", "commit", "took"))
    for record, change in zip(records, changes, strict=True):
        spent = " · ".join(f"{label} {duration(took)}" for label, took in phases(record.seconds) if took >= 1)
        shown.add_row(
            "●" if serves(record, pointer) else "",
            escape(record.version),
            escape(record.id),
            escape(record.commit[:7]),
            when(record.started),
            duration(record.seconds.get("total", 0)),
            *([escape(spent)] if wide else []),
            f"[{COLOURS[record.result]}]{record.result}[/]",
            escape(who(record.who)),
            escape("\n".join(change)),
            escape(brief(record.cause or record.why)),
        )
    return shown


def warn(errors: Iterable[DeliveryError]) -> None:
    """Say what is wrong and what to do about it, on stderr; the verb goes on."""
    for error in errors:
        click.echo(f"Warning: {error.message}\nFix:     {error.fix}", err=True)


def console() -> Console:
    """Return where tables go: as wide as the terminal, and wide where there is none."""
    found = Console()
    return found if found.is_terminal else Console(width=200)
