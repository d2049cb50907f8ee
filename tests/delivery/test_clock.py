"""Time as AWS tells it, and pauses that follow it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.clock import Clock, moment
from delivery.errors import DeliveryError

NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


class Aws:
    """An AWS whose clock runs `speed` times as fast as the local one."""

    def __init__(self, speed: float = 1.0) -> None:
        self.local = 0.0
        self.speed = speed
        self.pauses: list[float] = []
        self.clock = Clock(sleep=self.sleep, monotonic=lambda: self.local)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.local += seconds

    def answer(self) -> None:
        said = datetime.fromtimestamp(NOON.timestamp() + self.local * self.speed, UTC)
        self.clock.hear({"date": format_datetime(said, usegmt=True)})

    def watch(self, looks: int) -> list[float]:
        for _ in range(looks):
            self.answer()
            self.clock.pause()
        return self.pauses


def test_before_any_answer_there_is_no_time() -> None:
    with pytest.raises(DeliveryError, match="has not told the time"):
        Clock().now()


def test_the_time_is_that_of_the_latest_answer_and_never_goes_back() -> None:
    clock = Clock()
    clock.hear({"date": "Fri, 02 Jan 2026 12:00:00 GMT"})
    clock.hear({"date": "Fri, 02 Jan 2026 11:59:59 GMT"})
    clock.hear({"etag": "x"})
    assert clock.now() == NOON
    assert clock.stamp() == "2026-01-02T12:00:00Z"
    assert moment(clock.stamp()) == NOON
    assert clock.since(moment("2026-01-02T11:59:00Z")) == 60


def test_pauses_grow_while_nothing_changes_and_stay_polite() -> None:
    pauses = Aws().watch(30)
    assert pauses[0] == 0.25
    assert pauses == sorted(pauses)
    assert pauses[-1] == 5.0


def test_a_fast_clock_is_looked_at_often_but_not_without_pause() -> None:
    assert Aws(speed=30).watch(40)[-1] == 0.25
    assert 1.0 < Aws(speed=4).watch(40)[-1] < 1.5


def test_a_change_makes_it_look_again_soon() -> None:
    aws = Aws()
    aws.watch(30)
    aws.clock.brisk()
    aws.clock.pause()
    assert aws.pauses[-1] == 0.25


def test_pauses_end_when_something_is_due() -> None:
    aws = Aws()
    aws.watch(30)
    aws.local = 1000.0
    aws.answer()
    due = aws.clock.now() + timedelta(seconds=12)
    aws.clock.expect(due)
    looks: list[float] = []
    while not looks or looks[-1] < 1014:
        aws.answer()
        aws.clock.pause()
        looks.append(aws.local)
    # Far from it as seldom as ever; about that moment no two looks are more than half a second apart.
    assert looks[:2] == [1005.0, 1010.0]
    assert all(later - earlier <= 0.51 for earlier, later in pairwise(looks) if later >= 1012)


def test_what_is_long_overdue_is_looked_for_as_seldom_as_before() -> None:
    aws = Aws()
    aws.watch(30)
    aws.clock.expect(aws.clock.now() - timedelta(seconds=60))
    aws.clock.pause()
    assert aws.pauses[-1] == 5.0


@given(st.floats(0, 0.999), st.floats(0.2, 1.0))
def test_a_moment_is_reached_within_a_look_of_it_and_never_before(fraction: float, step: float) -> None:
    aws = Aws()
    aws.local = fraction
    aws.answer()
    due = NOON + timedelta(seconds=60)
    while not aws.clock.reached(due):
        assert aws.local < 60 + 1 + step
        aws.sleep(step)
        aws.answer()
    assert aws.local >= 60 - 1e-6


def test_between_two_seconds_of_aws_the_local_clock_tells() -> None:
    aws = Aws()
    for _ in range(100):
        aws.answer()
        aws.sleep(0.1)
    due = NOON + timedelta(seconds=10.25)
    assert aws.local == pytest.approx(10.0)
    assert not aws.clock.reached(due)
    aws.sleep(0.3)
    assert aws.clock.reached(due)


def test_a_wait_is_as_long_as_asked() -> None:
    aws = Aws()
    aws.clock.wait(1.5)
    assert aws.pauses == [1.5]
