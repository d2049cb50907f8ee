"""CPU and memory of services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ministack.services import ecs

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import emulated_time
from rehearsal.aws.corrections.ecs_metrics import ServiceMetrics

pytestmark = pytest.mark.ministack


class FakeEngine:
    """Answers `stats` as Docker does: nanoseconds so far, bytes now."""

    def __init__(self) -> None:
        self.api = self
        self.cpu = 0

    def stats(self, identifier: Any, **_: Any) -> Any:
        memory = {"usage": 300 * 1024 * 1024, "stats": {"inactive_file": 44 * 1024 * 1024}}
        return {"cpu_stats": {"cpu_usage": {"total_usage": self.cpu}}, "memory_stats": memory}


def averages(ministack: Any, clock: Any, metric: Any) -> Any:
    answer = ministack.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ECS",
        MetricName=metric,
        Dimensions=[{"Name": "ClusterName", "Value": "default"}, {"Name": "ServiceName", "Value": "s"}],
        StartTime=datetime.fromtimestamp(clock.now() - 300, UTC),
        EndTime=datetime.fromtimestamp(clock.now() + 60, UTC),
        Period=60,
        Statistics=["Average"],
    )
    return [point["Average"] for point in answer["Datapoints"]]


def make_service(ministack: Any) -> None:
    client = ministack.client("ecs")
    client.register_task_definition(
        family="t", cpu="256", memory="512", containerDefinitions=[{"name": "a", "image": "i"}]
    )
    client.create_service(serviceName="s", taskDefinition="t", desiredCount=1)
    (task,) = ecs._tasks.values()
    task["_docker_ids"] = ["x"]


def test_stock_ministack_publishes_none(ministack: Any) -> None:
    make_service(ministack)
    assert ministack.client("cloudwatch").list_metrics(Namespace="AWS/ECS")["Metrics"] == []


def test_they_are_shares_of_what_the_task_reserves(
    ministack: Any, binding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, engine, moment = ManualClock(), FakeEngine(), [0.0]
    emulated_time.apply(binding, clock)
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    make_service(ministack)
    metrics = ServiceMetrics(clock)
    metrics.publish(engine)
    engine.cpu, moment[0] = 500_000_000, 10.0
    metrics.publish(engine)
    # Half a second in ten is 5 per cent of a core; the task has a quarter of one.
    assert averages(ministack, clock, "CPUUtilization") == [pytest.approx(20)]
    assert averages(ministack, clock, "MemoryUtilization") == [pytest.approx(50)]
