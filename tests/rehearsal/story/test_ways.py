"""How long users waited: by what they were answered, and what of it was ours."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from rehearsal.bench.request import Seen
from rehearsal.errors import RehearsalError
from rehearsal.story.notes import WayNote
from rehearsal.story.ways import arrived, way

TYPED = 1_000_000.0


def answered(*versions: str, since: float = TYPED - 1) -> list[Seen]:
    """One answer each half second, 100 ms after it was asked for; an empty version is no answer."""
    return [
        Seen(since + 0.5 * place, "back", 200, version, "" if version else "reset", 100.0)
        for place, version in enumerate(versions)
    ]


def test_users_have_it_with_the_last_answer_of_what_was_before() -> None:
    seen = answered("1.1.0", "1.1.0", "1.1.0", "1.0.0", "1.1.0", "1.0.0", "1.0.0")
    assert arrived(seen, "1.0.0", TYPED) == pytest.approx(TYPED + 1.1)


def test_what_was_answered_before_the_command_counts_for_nothing() -> None:
    assert arrived(answered("1.1.0", "1.0.0", "1.0.0", "1.0.0"), "1.0.0", TYPED) == TYPED


def test_no_answer_is_not_an_answer_of_the_other() -> None:
    assert arrived(answered("1.1.0", "1.1.0", "1.1.0", "1.0.0", "", "1.0.0"), "1.0.0", TYPED) == TYPED + 0.1


@pytest.mark.parametrize("versions", [("1.0.0", "1.0.0", "1.0.0", "1.1.0"), ()])
def test_something_else_or_nobody_at_the_end_is_an_error(versions: tuple[str, ...]) -> None:
    with pytest.raises(RehearsalError, match=re.escape("users should have 1.0.0 and nothing else")):
        arrived(answered(*versions), "1.0.0", TYPED)


CLOCK = {"speed": 30.0, "wall": TYPED + 60, "now": 2_000_000.0}


def record(seconds_after: float, **seconds: float) -> dict[str, Any]:
    """A record of a release that began so many seconds of the wall after the command."""
    began = CLOCK["now"] - (60 - seconds_after) * CLOCK["speed"]
    return {"started": datetime.fromtimestamp(began, UTC).isoformat(), "seconds": seconds}


def test_what_new_tasks_took_is_told_apart() -> None:
    found = way("cold", TYPED, record(8, provision=450), TYPED + 30.04, CLOCK, starts=True)
    assert found == WayNote("cold", command=30.0, release=22.0, container=15.0)
    assert found.ours == 15.0


def test_where_no_task_starts_all_of_it_is_ours() -> None:
    found = way("warm", TYPED, record(8, provision=30), TYPED + 9.5, CLOCK, starts=False)
    assert found == WayNote("warm", command=9.5, release=1.5)
    assert found.ours == 9.5


def test_a_record_in_whole_seconds_does_not_begin_before_the_command() -> None:
    found = way("now", TYPED, record(-0.7), TYPED + 2.5, CLOCK, starts=False)
    assert (found.command, found.release) == (2.5, 2.5)
