"""Why tasks do not come up, told from ECS's words; and releases that do not wait for what will not come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from delivery.causes import unplaced
from delivery.ending import Outcome
from delivery.trouble import Report, Trouble, of_event, of_task, verdict
from tests.delivery.fake_clients import ACCOUNT
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan
from tests.delivery.scene import run, serves, world

REF = image("b")
PULL = "CannotPullContainerError: pull image manifest has been retried 7 time(s): "
NOT_THERE = f"{PULL}failed to resolve ref {REF}: {REF}: not found"
PLATFORM = "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'"
TIMEOUT = f"{PULL}dial tcp 10.0.0.1:443: i/o timeout"
ARN = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:shop/staging/db-AbCdEf:password::"
ASM = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
NO_SECRET = (
    f"{ASM}unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret {ARN} "
    "from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret."
)
DENIED = (
    f"{ASM}unable to retrieve secret from asm: AccessDeniedException: not authorized to secretsmanager:GetSecretValue"
)
NO_AUTH = (
    f"{ASM}unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: i/o timeout"
)
NO_ROOM = "(service api, taskSet ecs-svc/100) was unable to place a task. Reason: Capacity is unavailable at this time."
LIMIT = "(service api) was unable to place a task. Reason: You've reached the limit on the number of vCPUs."


@pytest.mark.parametrize(
    ("words", "report"),
    [
        (NOT_THERE, Report(Trouble.PULL, True)),
        (TIMEOUT, Report(Trouble.PULL, False)),
        (PLATFORM, Report(Trouble.PULL, True)),
        (NO_AUTH, Report(Trouble.PULL, False)),
        (NO_SECRET, Report(Trouble.SECRET, True)),
        (DENIED, Report(Trouble.SECRET, False)),
        (f"{ASM}retrieved secret from Secrets Manager did not contain json key pasword", Report(Trouble.SECRET, True)),
        ("RESOURCE:MEMORY", Report(Trouble.PLACEMENT, True)),
        ('CannotStartContainerError: exec: "run": executable file not found in $PATH', Report(Trouble.CRASH, False)),
        ("", Report(Trouble.CRASH, False)),
    ],
)
def test_ecss_words_are_understood(words: str, report: Report) -> None:
    assert of_task(words) == report


def test_events_are_understood() -> None:
    assert of_event(NO_ROOM) == Report(Trouble.PLACEMENT, False)
    assert of_event(LIMIT) == Report(Trouble.PLACEMENT, True)
    assert of_event("(service api) has reached a steady state.") is None


REPORTS = some.lists(some.builds(Report, some.sampled_from(Trouble), some.booleans()), max_size=8)


@given(REPORTS, some.integers(3, 8))
def test_there_is_hope_until_something_is_said_twice_or_without_hope(reports: list[Report], enough: int) -> None:
    found = verdict(reports, enough)
    told_apart = [one for one in reports if one.trouble != Trouble.CRASH]
    if found is None:
        assert not any(one.hopeless for one in told_apart)
        assert len({one.trouble for one in told_apart}) == len(told_apart)
        assert len([one for one in reports if one.trouble != Trouble.PLACEMENT]) < enough
    else:
        assert found == Trouble.CRASH or found in {one.trouble for one in told_apart}


@given(REPORTS, REPORTS)
def test_more_reports_bring_no_hope_back(reports: list[Report], more: list[Report]) -> None:
    assert verdict(reports) is None or verdict([*reports, *more]) is not None


def test_events_count_for_the_task_set_that_they_name_or_that_they_came_after() -> None:
    made = datetime(2026, 1, 2, tzinfo=UTC)
    before, after = made - timedelta(seconds=1), made + timedelta(seconds=1)
    service: dict[str, Any] = {
        "taskSets": [{"id": "ecs-svc/100", "createdAt": made}],
        "events": [
            {"message": LIMIT, "createdAt": after},
            {"message": NO_ROOM, "createdAt": before},
            {"message": NO_ROOM.replace("/100", "/1"), "createdAt": after},
            {"message": LIMIT, "createdAt": before},
            {"message": "(service api) has reached a steady state.", "createdAt": after},
        ],
    }
    assert unplaced(service, "ecs-svc/100") == [LIMIT, NO_ROOM]
    assert unplaced(service, "ecs-svc/200") == []


def stopped(number: int, reason: str, **changes: Any) -> dict[str, Any]:
    given = {
        "taskArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task/shop-staging/{number}",
        "startedBy": "ecs-svc/100",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": reason,
        "containers": [{"name": "api"}],
    }
    return {**given, **changes}


def deliver(aws: FakeAws, new: str, *tasks: dict[str, Any], events: tuple[str, ...] = (), at: float = 40) -> Outcome:
    """A release whose tasks do not come up: from `at` on, seconds after its beginning, ECS reports this."""
    aws.codedeploy.unhealthy.add(new)
    began = aws.now

    def report(name: str) -> None:
        if aws.now - began >= at:
            aws.stopped_tasks = list(tasks)
            made = datetime.fromtimestamp(aws.now, UTC)
            aws.services["api"].events = [{"message": event, "createdAt": made} for event in events]

    aws.before_call = report
    return run(aws, release_plan(service_plan(new, image("b"))))


@pytest.mark.parametrize(
    ("tasks", "events", "said", "fix"),
    [
        (
            [stopped(1, NOT_THERE)],
            (),
            f"api: api:2 cannot start: its image cannot be pulled: 1 task stopped: {NOT_THERE}",
            "see that the image is in the registry",
        ),
        (
            [stopped(1, TIMEOUT), stopped(2, TIMEOUT)],
            (),
            f"api: api:2 cannot start: its image cannot be pulled: 2 tasks stopped: {TIMEOUT}",
            "see that the image is in the registry",
        ),
        (
            [stopped(1, NO_SECRET)],
            (),
            "failed to fetch secret `shop/staging/db-AbCdEf` from secrets manager: ResourceNotFoundException",
            "see that each secret in the setting `secrets` exists",
        ),
        (
            [],
            (NO_ROOM, NO_ROOM),
            f"api: api:2 cannot start: AWS has no place for its tasks: {NO_ROOM}",
            "ask for fewer or smaller tasks",
        ),
        (
            [
                stopped(
                    number,
                    "Essential container in task exited",
                    stopCode="EssentialContainerExited",
                    containers=[{"name": "api", "exitCode": 3}],
                )
                for number in range(3)
            ],
            (),
            "api: api:2 does not come up: 3 tasks stopped: Essential container in task exited "
            "(container api exited with 3); last lines of its log: no database",
            "make its container start and stay",
        ),
    ],
)
def test_what_will_not_come_up_is_named_within_half_a_minute(
    tasks: list[dict[str, Any]], events: tuple[str, ...], said: str, fix: str
) -> None:
    aws, old, new = world()
    aws.log = ["no database"]
    outcome = deliver(aws, new, *tasks, events=events)
    assert outcome.record.result == "refused"
    assert said in outcome.record.cause
    assert outcome.fix.startswith(fix)
    assert outcome.record.seconds["provision"] < 70
    assert serves(aws, old)
    assert not aws.met(new)


@pytest.mark.parametrize(
    ("tasks", "events"), [([stopped(1, TIMEOUT)], ()), ([stopped(1, DENIED)], ()), ([], (NO_ROOM,))]
)
def test_what_may_pass_is_waited_for(tasks: list[dict[str, Any]], events: tuple[str, ...]) -> None:
    aws, _, new = world()
    outcome = deliver(aws, new, *tasks, events=events)
    assert "was not healthy after 30 minutes" in outcome.record.cause


def test_tasks_and_events_are_asked_for_at_most_every_ten_seconds() -> None:
    aws, _, new = world()
    deliver(aws, new)
    waited = 30 * 60
    assert aws.calls.count("list_tasks") <= waited / 10 + 5
