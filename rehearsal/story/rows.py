"""Reading what `pulumi` prints where there is no terminal: one line for each change of a resource's row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rehearsal.command import Line

RELEASE = "slipway:index:Release"
IMAGE = "docker-build:index:Image"

_ROW = re.compile(
    r"^\s*(?P<sign>[-+~@=<> ]{1,4})\s+(?P<kind>[a-z][\w.-]*(?::[\w./-]+){1,2})\s+(?P<name>\S+)\s+(?P<rest>\S.*)$"
)
_STATUS = re.compile(r"^(?P<status>\**[a-z]+(?: [a-z]+)*\**)(?: \((?P<seconds>[\d.]+)s\))?(?P<said>.*)$")
_PROGRESS = re.compile(r"(?:^|; )(\d+% .*)")
#: What the engine puts around the message of a resource that failed.
_FRAME = re.compile(r"\s*error: \d+ errors? occurred:$")
_FINISHED = {"created", "updated", "replaced", "deleted", "created replacement", "deleted original"}


@dataclass(frozen=True)
class Row:
    """The state of a resource's row at one moment."""

    at: float
    kind: str
    name: str
    status: str
    """`creating`, `created`, `updating`, `updated`, `deleting` … or `failed`."""
    seconds: float | None
    """How long the operation has taken so far, as the engine tells."""
    said: str
    """What stands in the Info column."""

    @classmethod
    def parse(cls, line: Line) -> Row | None:
        """Read a line; None where it is no row."""
        found = _ROW.match(line.text)
        state = found and _STATUS.match(found["rest"])
        if not found or not state:
            return None
        status = "failed" if "failed" in state["status"] else state["status"].strip("*")
        seconds = float(state["seconds"]) if state["seconds"] else None
        return cls(line.at, found["kind"], found["name"], status, seconds, state["said"].strip())

    @property
    def finished(self) -> bool:
        """Whether something has been done to the resource."""
        return self.status in _FINISHED

    @property
    def progress(self) -> str:
        """How far a release is, such as `10% 2/5m canary`; empty where the row says nothing about it."""
        found = _PROGRESS.search(self.said) if self.kind == RELEASE else None
        return found[1] if found else ""


def rows(lines: Iterable[Line]) -> Iterator[Row]:
    """Return the rows among the lines of an output."""
    return (row for row in map(Row.parse, lines) if row)


def last_of_each(lines: Iterable[Line]) -> list[Row]:
    """Return the last state of every resource's row, in the order in which they appeared."""
    return list({(row.kind, row.name): row for row in rows(lines)}.values())


def build_seconds(lines: Iterable[Line]) -> float | None:
    """Return how long the images took to build and push, in seconds of the wall; None where none was built."""
    ended = (row for row in rows(lines) if row.kind == IMAGE and row.finished)
    times = [row.seconds or 0.0 for row in ended if not row.status.startswith("deleted")]
    return sum(times) if times else None


def diagnostics(lines: Iterable[Line], kind: str = RELEASE) -> list[str]:
    """Return what the engine printed about resources of a kind under `Diagnostics:`."""
    found, inside, ours = list[str](), False, False
    for line in lines:
        text = line.text
        if text.startswith("Diagnostics:"):
            inside = True
        elif inside and text and not text.startswith(" "):
            break
        elif inside and re.match(r"^  \S", text):
            ours = text.strip().startswith(kind)
        elif inside and ours and text.strip() and not _FRAME.match(text):
            found.append(text.strip().removeprefix("* "))
    return found


def summary(lines: Iterable[Line]) -> str:
    """Return the engine's own sums, such as `+ 47 created, 2 unchanged`."""
    found, inside = list[str](), False
    for line in lines:
        if line.text.startswith("Resources:"):
            inside = True
        elif inside and line.text.startswith("    "):
            found.append(" ".join(line.text.split()))
        elif inside:
            break
    return ", ".join(found) or "nothing to do"
