"""The service scheduler for task sets."""

from __future__ import annotations

from typing import Any

import pytest
from ministack.services import ecs as service

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import ecs_task_sets, elb_target_health
from rehearsal.aws.corrections.ecs_service_scheduler import BackOff, ServiceScheduler
from rehearsal.aws.corrections.ecs_task_sets import TaskSets
from rehearsal.aws.corrections.elb_targets import Targets


def test_stock_ministack_starts_a_task_that_failed_again_at_once(ministack: Any) -> None:
    client = ministack.client("ecs")
    client.register_task_definition(family="t", containerDefinitions=[{"name": "a", "image": "i"}])
    client.create_service(serviceName="s", taskDefinition="t:1", deploymentController={"type": "CODE_DEPLOY"})
    fail(tasks("RUNNING")[0])
    service._reconcile_service_tasks("default", "default/s")
    assert len(tasks("RUNNING")) == 1


def test_pauses_grow_and_end() -> None:
    pause = BackOff()
    waits = []
    for number in range(7):
        pause.failed(f"task-{number}", 100.0)
        waits.append(pause.not_before - 100.0)
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_a_failed_task_counts_once() -> None:
    pause = BackOff()
    pause.failed("task", 100.0)
    pause.failed("task", 200.0)
    assert (pause.failures, pause.not_before) == (1, 101.0)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    moment = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    return moment


@pytest.fixture
def scheduler(ministack: Any, binding: Any) -> Any:
    clock = ManualClock()
    targets = Targets(clock)
    made: Any = ServiceScheduler(clock, targets)
    elb_target_health.apply(binding, targets)
    ecs_task_sets.apply(binding, TaskSets(clock), made.wake)
    ecs = ministack.client("ecs")
    ecs.register_task_definition(family="t", networkMode="awsvpc", containerDefinitions=[{"name": "a", "image": "i"}])
    group = ministack.client("elbv2").create_target_group(
        Name="g", Protocol="HTTP", Port=80, VpcId="v", TargetType="ip"
    )
    made.group = group["TargetGroups"][0]["TargetGroupArn"]
    made.targets = targets
    ecs.create_service(
        serviceName="s",
        taskDefinition="t:1",
        desiredCount=1,
        launchType="FARGATE",
        deploymentController={"type": "CODE_DEPLOY"},
        loadBalancers=[{"targetGroupArn": made.group, "containerName": "a", "containerPort": 80}],
    )
    return made


def step(scheduler: Any) -> Any:
    (record,) = service._services.values()
    scheduler.reconcile(record)
    return record


def tasks(*statuses: Any) -> Any:
    return [task for task in service._tasks.values() if task["lastStatus"] in statuses]


def fail(task: Any, code: Any = "EssentialContainerExited") -> None:
    task.update(lastStatus="STOPPED", desiredStatus="STOPPED", stopCode=code)


def test_a_task_that_exits_is_replaced_ever_later(scheduler: Any, now: Any) -> None:
    step(scheduler)
    for pause in (1, 2, 4):
        fail(tasks("RUNNING")[0])
        step(scheduler)
        assert tasks("RUNNING") == []
        now[0] += pause - 0.1
        step(scheduler)
        assert tasks("RUNNING") == []
        now[0] += 0.2
        step(scheduler)
        assert len(tasks("RUNNING")) == 1


def test_after_three_failures_the_service_says_so(scheduler: Any, now: Any) -> None:
    record = step(scheduler)
    for _ in range(3):
        fail(tasks("RUNNING")[0], "TaskFailedToStart")
        step(scheduler)
        now[0] += 60
        step(scheduler)
    messages = [event["message"] for event in record["events"]]
    assert messages.count("(service s) is unable to consistently start tasks successfully.") == 1


def test_a_task_stopped_by_hand_is_replaced_at_once(scheduler: Any, now: Any) -> None:
    step(scheduler)
    fail(tasks("RUNNING")[0], "UserInitiated")
    step(scheduler)
    assert len(tasks("RUNNING")) == 1


def test_a_task_that_fails_its_health_checks_is_replaced_after_the_grace_period(
    scheduler: Any, now: Any, wait: Any
) -> None:
    step(scheduler)
    (sick,) = tasks("RUNNING")
    sick["_container_ip"] = "10.0.0.1"
    step(scheduler)
    scheduler.targets.of(scheduler.group)[0].state = "unhealthy"
    step(scheduler)
    now[0] += 10
    step(scheduler)
    assert sick["lastStatus"] == "RUNNING"
    now[0] += 10
    record = step(scheduler)
    wait(lambda: sick["lastStatus"] == "STOPPED")
    assert sick["stoppedReason"] == f"Task failed ELB health checks in (target-group {scheduler.group})"
    assert any("is unhealthy in target-group" in event["message"] for event in record["events"])
    assert scheduler.targets.of(scheduler.group) == []


def test_a_steady_task_set_forgets_its_failures(scheduler: Any, now: Any) -> None:
    step(scheduler)
    fail(tasks("RUNNING")[0])
    step(scheduler)
    now[0] += 2
    step(scheduler)
    tasks("RUNNING")[0]["_container_ip"] = "10.0.0.1"
    step(scheduler)
    scheduler.targets.of(scheduler.group)[0].state = "healthy"
    step(scheduler)
    fail(tasks("RUNNING")[0])
    step(scheduler)
    now[0] += 1.1
    step(scheduler)
    assert len(tasks("RUNNING")) == 1
