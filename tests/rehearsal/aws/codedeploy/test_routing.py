"""Traffic schedules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.aws.codedeploy.routing import BUILT_IN, Step, problem, schedule


def canary(percent: Any, minutes: Any) -> Any:
    return {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": percent, "canaryInterval": minutes}}


def linear(percent: Any, minutes: Any) -> Any:
    return {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": percent, "linearInterval": minutes}}


@pytest.mark.parametrize(
    ("routing", "steps"),
    [
        ({"type": "AllAtOnce"}, [Step(100, 0)]),
        (canary(10, 5), [Step(10, 5), Step(100, 0)]),
        (linear(40, 2), [Step(40, 2), Step(80, 2), Step(100, 0)]),
        (linear(50, 1), [Step(50, 1), Step(100, 0)]),
    ],
)
def test_schedules(routing: Any, steps: Any) -> None:
    assert schedule(routing) == steps


@pytest.mark.parametrize("routing", BUILT_IN.values(), ids=BUILT_IN)
def test_awss_own_configurations_are_sound(routing: Any) -> None:
    assert problem(routing) is None


@pytest.mark.parametrize(
    ("routing", "message"),
    [
        (canary(0, 5), "between 1 and 99"),
        (canary(100, 5), "between 1 and 99"),
        (linear(10, 0), "at least 1 minute"),
        (canary(10, 2881), "must not exceed 2880 minutes"),
        (linear(1, 30), "must not exceed 2880 minutes"),
        ({"type": "TimeBasedCanary"}, "needs timeBasedCanary"),
    ],
)
def test_what_is_refused(routing: Any, message: Any) -> None:
    assert message in (problem(routing) or "")


@given(st.integers(1, 99), st.integers(1, 25))
def test_a_linear_schedule_rises_to_everything(percent: Any, minutes: Any) -> None:
    shares = [step.percent for step in schedule(linear(percent, minutes))]
    assert shares == sorted(set(shares))
    assert shares[-1] == 100
    assert all(later - earlier <= percent for earlier, later in zip([0, *shares], shares, strict=False))
