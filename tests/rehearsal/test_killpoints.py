"""Twelve places at which a rehearsal can be told to die."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rehearsal.killpoints import POINTS, KillPoints

ROOM = Path(__file__).resolve().parents[2] / "rehearsal"


def test_it_strikes_where_it_was_told_to() -> None:
    struck: list[str] = []
    points = KillPoints("shift", lambda: struck.append("dead"))
    for name in POINTS:
        points.reach(name)
    assert struck == ["dead"]


def test_without_a_name_it_never_strikes() -> None:
    points = KillPoints(None, lambda: pytest.fail("struck"))
    for name in POINTS:
        points.reach(name)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(KeyError):
        KillPoints("nowhere")
    with pytest.raises(KeyError):
        KillPoints().reach("nowhere")


def test_there_are_twelve_and_each_is_reached_somewhere() -> None:
    reached = {
        name
        for path in ROOM.rglob("*.py")
        if path.name != "killpoints.py"
        for name in re.findall(r"kill\.reach\(\"([\w-]+)\"\)", path.read_text())
    }
    assert reached == set(POINTS)
    assert len(POINTS) == 12
