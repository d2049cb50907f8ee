"""Services without a port: they follow when traffic has moved, and go back with the release."""

from __future__ import annotations

from typing import Any

from delivery.ending import Outcome
from delivery.plan import ServicePlan
from delivery.release import Release
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan


def worker(definition: str, reference: str) -> ServicePlan:
    none: dict[str, Any] = dict.fromkeys(("port", "application", "deployment_group", "listener", "test_listener"))
    return service_plan(definition, reference, name="jobs", **none, target_groups=(), checks=(), alarms=())


def world() -> tuple[FakeAws, str, str]:
    aws = FakeAws()
    old, new = aws.define(1, image("a")), aws.define(2, image("b"))
    aws.add_service("api", old)
    aws.add_service("jobs", old).deployments = [{"id": "ecs-svc/7", "status": "PRIMARY", "rolloutState": "COMPLETED"}]
    return aws, old, new


def run(aws: FakeAws, *services: ServicePlan) -> Outcome:
    return Release(release_plan(*services), aws.tools(), {}).run()


def finish_rolling(aws: FakeAws, state: str) -> None:
    """Let ECS end a rolling update when it is looked at the third time."""
    looks = [0]

    def look(name: str) -> None:
        deployments = aws.services["jobs"].deployments
        if name == "describe_services" and deployments[0]["rolloutState"] == "IN_PROGRESS":
            looks[0] += 1
            if looks[0] % 3 == 0:
                # Only the first update may fail: what ran before comes up again.
                deployments[0]["rolloutState"] = state if looks[0] == 3 else "COMPLETED"
                deployments[0]["rolloutStateReason"] = f"rollout {state.lower()}"

    aws.before_call = look


def running(aws: FakeAws, name: str) -> str:
    return str(aws.services[name].primary["taskDefinition"])


def test_a_worker_rolls_after_traffic_has_moved() -> None:
    aws, old, new = world()
    finish_rolling(aws, "COMPLETED")
    outcome = run(aws, service_plan(new, image("b")), worker(new, image("b")))
    assert outcome.succeeded
    assert (running(aws, "api"), running(aws, "jobs")) == (new, new)
    assert aws.calls.index("update_service") > aws.calls.index("continue_deployment")
    assert outcome.record.before["jobs"].task_definition == old
    assert outcome.serving == {"api": new, "jobs": new}


def test_a_worker_alone_is_a_release() -> None:
    aws, _, new = world()
    finish_rolling(aws, "COMPLETED")
    outcome = run(aws, worker(new, image("b")))
    assert outcome.succeeded
    assert outcome.record.deployments == {}


def test_a_worker_that_runs_the_target_is_left_alone() -> None:
    aws, old, _ = world()
    assert run(aws, worker(old, image("a"))).succeeded
    assert "update_service" not in aws.calls


def test_a_worker_that_does_not_come_up_takes_everything_back() -> None:
    aws, old, new = world()
    finish_rolling(aws, "FAILED")
    outcome = run(aws, service_plan(new, image("b")), worker(new, image("b")))
    assert outcome.record.result == "failed"
    assert outcome.record.cause == "jobs: api:2 did not become steady: rollout failed"
    assert (running(aws, "api"), running(aws, "jobs")) == (old, old)
    assert aws.services["api"].shares == {aws.services["api"].group("blue"): 100}


def test_a_worker_that_is_never_steady_is_given_up() -> None:
    aws, old, new = world()

    def end_the_second(name: str) -> None:
        if aws.calls.count("update_service") == 2:
            aws.services["jobs"].deployments[0]["rolloutState"] = "COMPLETED"

    aws.before_call = end_the_second
    outcome = run(aws, worker(new, image("b")))
    assert outcome.record.result == "failed"
    assert "not steady after 30 minutes" in outcome.record.cause
    assert running(aws, "jobs") == old


def test_a_worker_whose_image_is_gone_is_not_waited_for() -> None:
    aws, old, new = world()
    gone = "CannotPullContainerError: failed to resolve ref: not found"
    task = {"taskArn": "task/shop/1", "startedBy": "ecs-svc/7", "stopCode": "TaskFailedToStart", "stoppedReason": gone}

    def report(name: str) -> None:
        aws.stopped_tasks = [task] if aws.calls.count("update_service") == 1 else []
        if aws.calls.count("update_service") == 2:
            aws.services["jobs"].deployments[0]["rolloutState"] = "COMPLETED"

    aws.before_call = report
    outcome = run(aws, worker(new, image("b")))
    assert outcome.record.cause == (
        f"jobs: api:2 did not become steady: it cannot start: its image cannot be pulled; 1 task stopped: {gone}"
    )
    assert outcome.fix.startswith("see that the image is in the registry")
    assert outcome.record.seconds["total"] < 30
    assert running(aws, "jobs") == old
