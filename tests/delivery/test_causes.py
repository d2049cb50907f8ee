"""Why tasks did not come up, in words that help."""

from __future__ import annotations

from typing import Any

from delivery.causes import failed, in_words
from delivery.tools import Tools
from delivery.trouble import Trouble
from tests.delivery.fake_clients import FakeClients
from tests.delivery.fakes import FakeAws, image, service_plan

GROUP = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/shop-green/73e2d6bc24d8a067"


def task(number: int = 1, **changes: Any) -> dict[str, Any]:
    given = {
        "taskArn": f"arn:aws:ecs:eu-central-1:111122223333:task/shop/{number}",
        "startedBy": "ecs-svc/1",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "api", "exitCode": 1}, {"name": "sidecar", "exitCode": 0}],
    }
    return {**given, **changes}


def words(one: dict[str, Any]) -> list[str]:
    return [in_words(stopped, "api") for stopped in failed([one], "ecs-svc/1", "api")]


def test_a_container_that_ended_says_its_code() -> None:
    assert words(task()) == ["Essential container in task exited (container api exited with 1)"]


def test_a_container_that_never_ran_says_why() -> None:
    never = task(
        stopCode="TaskFailedToStart",
        stoppedReason="CannotPullContainerError",
        containers=[{"name": "api", "reason": "pull access denied, token=abc"}],
    )
    assert words(never) == ["CannotPullContainerError: pull access denied, token=***"]


def test_a_task_that_the_load_balancer_gave_up_names_the_group_and_no_code() -> None:
    sick = task(
        stopCode="ServiceSchedulerInitiated", stoppedReason=f"Task failed ELB health checks in (target-group {GROUP})"
    )
    assert words(sick) == ["Task failed ELB health checks in (target-group shop-green)"]


def test_tasks_of_others_and_tasks_that_were_replaced_are_no_cause() -> None:
    assert words(task(startedBy="ecs-svc/2")) == []
    assert words(task(stopCode="UserInitiated")) == []
    assert words(task(stopCode="ServiceSchedulerInitiated", stoppedReason="Scaling activity initiated by x")) == []


def tools(aws: FakeAws) -> Tools:
    return aws.tools()


def test_reasons_are_counted_and_the_last_words_are_those_of_one_of_them() -> None:
    aws = FakeAws()
    definition = aws.define(1, image("a"))
    aws.stopped_tasks = [task(1), task(2), task(3, containers=[{"name": "api", "exitCode": 137}])]
    aws.log = ["starting", "SECRET_KEY=abc is not set"]
    said = tools(aws).causes.explain(service_plan(definition, image("a")), "ecs-svc/1", "")
    assert said == (
        "2 tasks stopped: Essential container in task exited (container api exited with 1); "
        "1 task stopped: Essential container in task exited (container api exited with 137); "
        "last lines of its log: starting | SECRET_KEY=*** is not set"
    )


def test_what_cannot_be_read_is_left_out() -> None:
    aws = FakeAws()
    definition = aws.define(1, image("a"))
    aws.stopped_tasks = [task()]

    def refuse(name: str) -> None:
        if name in ("get_log_events", "describe_target_health"):
            raise PermissionError(name)

    aws.before_call = refuse
    said = tools(aws).causes.explain(service_plan(definition, image("a")), "ecs-svc/1", GROUP)
    assert said == "1 task stopped: Essential container in task exited (container api exited with 1)"


def test_the_load_balancers_view_is_told(monkeypatch: Any) -> None:
    aws = FakeAws()
    definition = aws.define(1, image("a"))
    clients: Any = FakeClients(aws)
    sick = {"TargetHealth": {"State": "unhealthy", "Description": "Health checks failed with these codes: [503]"}}
    well = {"TargetHealth": {"State": "healthy"}}
    found = {"TargetHealthDescriptions": [sick, well, sick]}
    monkeypatch.setattr(clients.elbv2, "describe_target_health", lambda **_: found, raising=False)
    causes = Tools.make(clients, aws.clock, aws, aws.tools().stop).causes
    said = causes.explain(service_plan(definition, image("a")), "ecs-svc/1", GROUP)
    assert said == "health check: Health checks failed with these codes: [503]"


def test_a_loop_is_three_failures_where_none_runs_and_twice_the_tasks_where_some_do() -> None:
    aws = FakeAws()
    service = service_plan(aws.define(1, image("a")), image("a"), desired_count=3)
    causes = tools(aws).causes
    aws.stopped_tasks = [task(number) for number in range(3)]
    aws.add_service("api", service.task_definition)
    assert causes.hopeless(service, "ecs-svc/1", 0) == Trouble.CRASH
    assert causes.hopeless(service, "ecs-svc/1", 1) is None
    assert causes.hopeless(service, "", 0) is None
    aws.stopped_tasks = [task(number) for number in range(6)]
    assert causes.hopeless(service, "ecs-svc/1", 1) == Trouble.CRASH


def test_a_loop_is_seen_behind_any_number_of_other_tasks() -> None:
    """ECS lists a hundred tasks at once, and those that others started may come first."""
    aws = FakeAws()
    service = service_plan(aws.define(1, image("a")), image("a"))
    aws.add_service("api", service.task_definition)
    others = [task(number, startedBy="ecs-svc/0") for number in range(250)]
    aws.stopped_tasks = [*others, *(task(number) for number in range(250, 253))]
    assert tools(aws).causes.hopeless(service, "ecs-svc/1", 0) == Trouble.CRASH
