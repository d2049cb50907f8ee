"""The emulated clock."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from rehearsal.aws.clock import ClockedTime, EmulatedClock, ManualClock, http_date


def test_it_starts_at_the_true_time() -> None:
    assert EmulatedClock(30).now() == pytest.approx(time.time(), abs=5)


def test_it_runs_as_fast_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    clock = EmulatedClock(30)
    before = clock.now()
    moment[0] += 2
    assert clock.now() - before == pytest.approx(60)
    assert clock.wall(60) == pytest.approx(2)


@pytest.mark.parametrize("speed", [0, -1, 10_001, float("nan")])
def test_speeds_that_are_refused(speed: Any) -> None:
    with pytest.raises(ValueError, match="speed: more than 0"):
        EmulatedClock(speed)


def test_the_date_header() -> None:
    assert http_date(ManualClock(0)) == b"Thu, 01 Jan 1970 00:00:00 GMT"
    assert parsedate_to_datetime(http_date(ManualClock(1_700_000_000)).decode()).timestamp() == 1_700_000_000


def test_in_place_of_the_time_module() -> None:
    clocked = ClockedTime(ManualClock(86_400))
    assert clocked.time() == 86_400
    assert clocked.strftime("%Y-%m-%d") == "1970-01-02"
    assert clocked.strftime("%Y", clocked.gmtime(10**9)) == "2001"
    assert clocked.sleep is time.sleep
