"""How soon the end of a shift is noticed."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rehearsal.stage.stage import Stage
from rehearsal.story import noticed as measure
from rehearsal.story.noticed import noticed, wall
from rehearsal.story.pulumi import Moment

END = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
#: The emulated clock runs 30 times as fast; it shows 60 seconds more than at the shift's end.
CLOCK = {"speed": 30.0, "now": END.timestamp() + 60, "wall": 1000.0}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    events: list[dict[str, Any]] = [
        {"lifecycleEventName": "Install"},
        {"lifecycleEventName": "AllowTraffic", "endTime": END},
        {"lifecycleEventName": "AfterAllowTraffic", "endTime": datetime(2026, 1, 2, 3, 4, 9, tzinfo=UTC)},
    ]
    answers = SimpleNamespace(
        list_deployment_targets=lambda **_: {"targetIds": ["shop:api"]},
        get_deployment_target=lambda **_: {"deploymentTarget": {"ecsTarget": {"lifecycleEvents": events}}},
    )
    monkeypatch.setattr(measure, "clock", lambda _: CLOCK)
    return cast("Stage", SimpleNamespace(client=lambda _: answers, emulator=SimpleNamespace(endpoint="")))


def test_a_moment_of_the_emulated_clock_is_found_on_the_wall() -> None:
    assert wall(CLOCK, END) == 998.0


def test_it_is_the_time_from_the_end_of_the_shift_to_the_first_row_that_says_so(stage: Stage) -> None:
    moments = [Moment(900.0, "0% ready"), Moment(990.0, "10% 5/5m canary"), Moment(998.4, "100% 0/10m bake")]
    assert noticed(stage, "d-1", [*moments, Moment(1001.0, "100% 1/10m bake")]) == 0.4


def test_what_was_never_below_all_was_not_noticed(stage: Stage) -> None:
    assert noticed(stage, "d-1", [Moment(998.4, "100% 0/10m bake")]) is None
    assert noticed(stage, "d-1", [Moment(998.4, "10% 0/5m canary")]) is None
