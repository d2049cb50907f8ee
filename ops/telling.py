"""How releases are told to a person: times, durations, names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from delivery.records import Pointer, Record

#: How a result looks.
COLOURS = {"succeeded": "green", "refused": "yellow", "failed": "red", "cancelled": "yellow", "taken back": "red"}
_CAUSE_WIDTH = 72


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


def table(records: Iterable[Record], changes: Iterable[Sequence[str]], pointer: Pointer | None) -> Table:
    """Return releases as a table, in the order they come, with what each changed; what serves is marked."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "version", "release", "when (UTC)", "took", "result", "who", "changed", "why or cause"):
        shown.add_column(column, overflow="fold")
    for record, change in zip(records, changes, strict=True):
        shown.add_row(
            "●" if serves(record, pointer) else "",
            record.version,
            record.id,
            when(record.started),
            duration(record.seconds.get("total", 0)),
            f"[{COLOURS[record.result]}]{record.result}[/]",
            who(record.who),
            "\n".join(change),
            brief(record.cause or record.why),
        )
    return shown


def console() -> Console:
    """Return where tables go: as wide as the terminal, and wide where there is none."""
    found = Console()
    return found if found.is_terminal else Console(width=200)
