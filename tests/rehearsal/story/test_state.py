"""What the act on the state reads from what the engine says, and what its stage is without."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.command import Finished, Line
from rehearsal.stage.bring_up import Wish
from rehearsal.story.acts.state import reason


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Previewing update (shared):\nerror: could not load\n  more\nerror: another", "could not load"),
        ("  error: no stack named 'shared' found", "no stack named 'shared' found"),
        ("", "it does not say why"),
    ],
)
def test_the_engines_own_reason_is_shown(text: str, told: str) -> None:
    lines = [Line(0.0, line) for line in text.splitlines()]
    assert reason(Finished("pulumi", 255, lines, 0.0, 1.0, Path("log"))) == told


def test_a_bare_stage_runs_nothing() -> None:
    assert Wish().containers
    assert not Wish(github=True).containers
    assert not Wish(bare=True).containers
    assert Wish(github=True, tasks=True).containers
