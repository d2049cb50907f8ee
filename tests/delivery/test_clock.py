"""Time as AWS tells it, and pauses that follow it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

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


def test_a_wait_is_as_long_as_asked() -> None:
    aws = Aws()
    aws.clock.wait(1.5)
    assert aws.pauses == [1.5]
