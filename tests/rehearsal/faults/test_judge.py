"""Every difference between what was seen and what should be is one sentence; nothing is said where all is well."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rehearsal.faults.expected import DELIVERED, EITHER, INTERRUPTED, TAKEN_BACK, End, Expectation
from rehearsal.faults.judge import end_of, judge
from rehearsal.faults.seen import Ended, Failure, Seen
from tests.rehearsal.faults.made_up import (
    NEW,
    OLD,
    delivered,
    deployment,
    interrupted,
    record,
    serving,
    taken_back,
)

GOOD = Expectation(ends=DELIVERED)
BACK = Expectation(ends=TAKEN_BACK, cause="alarm .* rang")
RESUMED = Expectation(ends=INTERRUPTED, resumed=True)
LATE = Expectation(ends=INTERRUPTED | DELIVERED, resumed=True, any_code=True)


@pytest.mark.parametrize(
    ("expected", "seen", "end"),
    [
        (GOOD, delivered(), End.DELIVERED),
        (BACK, taken_back(), End.TAKEN_BACK),
        (RESUMED, interrupted(), End.INTERRUPTED),
        (Expectation(ends=EITHER, cause="alarm"), delivered(), End.DELIVERED),
        (Expectation(ends=EITHER, cause="alarm"), taken_back(), End.TAKEN_BACK),
        (Expectation(ends=DELIVERED, any_code=True), delivered(first=Ended(code=255, seconds=1)), End.DELIVERED),
        (Expectation(ends=DELIVERED, settles=False), delivered(serving=serving(OLD)), End.DELIVERED),
        (
            Expectation(ends=DELIVERED, forces=2.0, why="it was open there"),
            delivered(failures=[Failure(after=0.1, problem="http-502")]),
            End.DELIVERED,
        ),
        (LATE, interrupted(), End.INTERRUPTED),
        (LATE, delivered(first=Ended(code=-9, seconds=1)), End.DELIVERED),
        (
            Expectation(ends=INTERRUPTED, resumed=True, cause="Expired"),
            interrupted(first=Ended(code=255, seconds=1, told=["ExpiredToken"])),
            End.INTERRUPTED,
        ),
    ],
)
def test_what_is_as_it_should_be(expected: Expectation, seen: Seen, end: End) -> None:
    assert judge(expected, seen) == []
    assert end_of(seen) == end


@pytest.mark.parametrize(
    ("expected", "seen", "says"),
    [
        (
            GOOD,
            delivered(reached=False, first=Ended(code=1, seconds=1, told=["no image"])),
            "never reached.*1 .no image",
        ),
        (GOOD, taken_back(), "should have been delivered, but was taken back: 255 .refused"),
        (BACK, delivered(), "should have been taken back, but was delivered"),
        (RESUMED, delivered(), "should have been interrupted, but was delivered"),
        (GOOD, delivered(serving=serving(OLD)), f"after the update, {NEW} should serve, but {OLD} does"),
        (GOOD, delivered(serving=None), "after the update, nothing serves"),
        (
            GOOD,
            delivered(first=Ended(code=255, seconds=1)),
            "the new version serves, but the update ended with 255",
        ),
        (BACK, taken_back(serving=serving(OLD, share=50)), f"{OLD} should have all traffic, but has 50%"),
        (BACK, taken_back(records=[record("failed", "no reason"), record()]), "should say why .*but says: no reason"),
        (
            Expectation(ends=INTERRUPTED, cause="Expired"),
            interrupted(first=Ended(code=255, seconds=1, told=["boom"])),
            "the update should say why .*255 .boom",
        ),
        (
            GOOD,
            delivered(failures=[Failure(after=-1.0, problem="http-502"), Failure(after=4.0, problem="reset")]),
            r"2 of 900 users' requests failed without need \(1 http-502, 1 reset; -1.0 s to \+4.0 s",
        ),
        (
            Expectation(ends=DELIVERED, forces=2.0),
            delivered(failures=[Failure(after=2.1, problem="http-502")]),
            "1 of 900 users' requests failed",
        ),
        (GOOD, delivered(lost=3), "3 requests were sent and never counted"),
        (GOOD, delivered(requests=0), "nothing is proved"),
        (
            GOOD,
            delivered(next=Ended(code=255, seconds=1, told=["locked"])),
            "next update should have ended well.*locked",
        ),
        (GOOD, delivered(next=None), "there was no next update"),
        (GOOD, delivered(after=serving(running=1)), "after the next update, 1 of 2 tasks run"),
        (GOOD, delivered(pointer=OLD), f"says that it serves {OLD}, not {NEW}"),
        (GOOD, delivered(drift=["update aws:lb:Listener door"]), "a preview still proposes changes: update aws:lb"),
        (GOOD, delivered(deployments=[]), "there is no deployment at all"),
        (GOOD, delivered(deployments=[deployment("")]), "1 deployment.s. bear no mark of ours"),
        (
            GOOD,
            delivered(deployments=[deployment(), deployment(identifier="d-2")]),
            "release 0a1b2c3d has 2 deployments, and should have one",
        ),
        (
            RESUMED,
            interrupted(deployments=[deployment(), deployment("ffffffff", identifier="d-2")]),
            "there are 2 deployments instead of one",
        ),
        (
            RESUMED,
            interrupted(records=[record(release="ffffffff")]),
            "interrupted release 0a1b2c3d, but is of ffffffff",
        ),
        (RESUMED, interrupted(interrupted="", serving=serving(OLD), records=[]), "left no journal"),
        (GOOD, delivered(records=[]), "the records say: nothing"),
        (
            BACK,
            taken_back(records=[record("failed", "alarm x rang"), record("refused", "")]),
            "the records say: failed, refused",
        ),
        (
            Expectation(ends=TAKEN_BACK),
            taken_back(records=[record("failed", ""), record()]),
            "release 0a1b2c3d says failed, and not why",
        ),
        (GOOD, delivered(left=["a journal at the step: shift"]), "left over: a journal at the step: shift"),
        (GOOD, delivered(wrong=["the second update was not refused"]), "the second update was not refused"),
    ],
)
def test_what_is_not_as_it_should_be(expected: Expectation, seen: Seen, says: str) -> None:
    problems = judge(expected, seen)
    assert any(re.search(says, problem) for problem in problems), problems
    assert all("\n" not in problem for problem in problems)


def test_an_update_that_was_killed_is_no_delivery_though_the_next_one_was() -> None:
    """The record is the next update's; what tells is that the journal was open."""
    seen = interrupted(serving=serving(NEW))
    assert end_of(seen) == End.INTERRUPTED


def test_each_difference_is_told_by_itself() -> None:
    other: dict[str, Any] = {"pointer": OLD, "drift": ["x"], "left": ["a lock", "a process"]}
    assert len(judge(GOOD, delivered(**other))) == 4
