"""Looking at what a release needs before it is needed: each question is asked for itself, and none hides another.

A question is a function that returns findings. One that cannot be asked is a finding too: see `ask`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from delivery.aws import explained
from delivery.errors import DeliveryError, Refused


class Level(enum.Enum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """Worth knowing; releases go on."""
    PROBLEM = "problem"
    """To be mended: a release fails, is refused, or is not safe."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line on one thing. fix: what to do, in one line; empty where nothing has to be done."""

    level: Level
    check: str
    what: str
    fix: str = ""


Question = Callable[[], Iterable[Finding]]


def ok(check: str, what: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, check, what)


def warning(check: str, what: str, fix: str) -> Finding:
    """Worth knowing."""
    return Finding(Level.WARNING, check, what, fix)


def problem(check: str, what: str, fix: str) -> Finding:
    """To be mended."""
    return Finding(Level.PROBLEM, check, what, fix)


def ask(check: str, question: Question) -> list[Finding]:
    """Ask; whatever goes wrong in asking becomes a finding. What was found before that counts."""
    found: list[Finding] = []
    try:
        # One by one: a list would lose what a generator gave before it failed.
        for finding in question():
            found.append(finding)
    except Refused as error:
        found.append(problem(check, _line(error.message), _line(error.fix)))
    except DeliveryError as error:
        found.append(warning(check, f"could not be asked: {_line(error.message)}", _line(error.fix)))
    except Exception as error:
        found.append(warning(check, f"could not be asked: {_line(explained(error).message)}", _usual(error)))
    return found


def not_asked(checks: Sequence[str], why: str) -> Finding:
    """What is left out since nothing sensible could come of it."""
    return warning("not asked", f"{', '.join(checks)}: {why}", "mend that first, then ask again")


def _usual(error: Exception) -> str:
    """What to do about a call that failed; `explained` speaks to whoever runs an update."""
    if "AccessDenied" in str(error) or "UnauthorizedOperation" in str(error):
        return "ask with an identity that may look, such as an administrator's, or leave it"
    return "ask again; see whether AWS can be reached"


def _line(text: str) -> str:
    return " ".join(text.split())
