"""The services follow the emulated clock."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ministack.services import eventbridge

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import emulated_time

pytestmark = pytest.mark.ministack

FAR = 2_000_000_000.0


def created(ministack: Any) -> Any:
    (balancer,) = ministack.client("elbv2").create_load_balancer(Name="lb", Subnets=["subnet-1"])["LoadBalancers"]
    return balancer["CreatedTime"].timestamp()


def test_stock_ministack_asks_the_machine(ministack: Any) -> None:
    assert abs(created(ministack) - time.time()) < 5


def test_the_clock_is_asked(ministack: Any, binding: Any) -> None:
    emulated_time.apply(binding, ManualClock(FAR))
    assert created(ministack) == FAR
    ecs = ministack.client("ecs")
    definition = ecs.register_task_definition(family="t", containerDefinitions=[{"name": "a", "image": "i"}])
    assert definition["taskDefinition"]["registeredAt"].timestamp() == FAR
    assert eventbridge._now_ts() == FAR
    cloudwatch = ministack.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="a",
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["StateUpdatedTimestamp"].timestamp() == FAR
