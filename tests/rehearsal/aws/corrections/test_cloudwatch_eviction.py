"""When old data points go."""

from __future__ import annotations

from typing import Any

import pytest
from ministack.services import cloudwatch

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import cloudwatch_eviction, emulated_time

pytestmark = pytest.mark.ministack


def put(ministack: Any) -> Any:
    datum = {"MetricName": "m", "Value": 1}
    ministack.client("cloudwatch").put_metric_data(Namespace="n", MetricData=[datum])
    (points,) = cloudwatch._metrics.values()
    return points


def test_stock_ministack_copies_everything_at_every_call(ministack: Any) -> None:
    points = put(ministack)
    ministack.client("cloudwatch").describe_alarms()
    assert next(iter(cloudwatch._metrics.values())) is not points


def test_a_call_copies_nothing(ministack: Any, binding: Any) -> None:
    cloudwatch_eviction.apply(binding, ManualClock())
    points = put(ministack)
    ministack.client("cloudwatch").describe_alarms()
    assert next(iter(cloudwatch._metrics.values())) is points


def test_old_ones_go_all_the_same(ministack: Any, binding: Any) -> None:
    clock = ManualClock()
    emulated_time.apply(binding, clock)
    cloudwatch_eviction.apply(binding, clock)
    put(ministack)
    clock.advance(16 * 86_400)
    ministack.client("cloudwatch").describe_alarms()
    assert cloudwatch._metrics.values() == []
