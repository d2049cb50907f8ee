"""What each of CodeDeploy's statuses means, and what is done about a deployment that is found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from delivery.meaning import ACTIVE, Mark, Next, Phase, next_step, understand

END = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def events(**statuses: str) -> list[dict[str, Any]]:
    return [{"lifecycleEventName": name, "status": status} for name, status in statuses.items()]


def view(deployment: dict[str, Any], target: dict[str, Any] | None = None) -> Any:
    return understand(cast(Any, deployment), cast(Any, target))


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("Created", Phase.PREPARING),
        ("Queued", Phase.PREPARING),
        ("InProgress", Phase.PREPARING),
        ("Baking", Phase.PREPARING),
        ("Ready", Phase.READY),
        ("Succeeded", Phase.SUCCEEDED),
        ("Failed", Phase.FAILED),
        ("Stopped", Phase.STOPPED),
        ("SomethingAwsAddsLater", Phase.PREPARING),
    ],
)
def test_each_status(status: str, phase: Phase) -> None:
    assert view({"status": status}).phase == phase
    assert phase.over == (status in ("Succeeded", "Failed", "Stopped"))
    assert (status in ACTIVE) == (not phase.over and status != "SomethingAwsAddsLater")


@pytest.mark.parametrize(
    ("happened", "phase"),
    [
        ({"BeforeInstall": "Succeeded", "Install": "InProgress"}, Phase.PREPARING),
        ({"AllowTestTraffic": "Succeeded", "BeforeAllowTraffic": "Pending"}, Phase.PREPARING),
        ({"BeforeAllowTraffic": "InProgress", "AllowTraffic": "Pending"}, Phase.SHIFTING),
        ({"BeforeAllowTraffic": "Skipped", "AllowTraffic": "InProgress"}, Phase.SHIFTING),
        ({"AllowTraffic": "Succeeded", "AfterAllowTraffic": "InProgress"}, Phase.SHIFTING),
        ({"AllowTraffic": "Succeeded", "AfterAllowTraffic": "Succeeded"}, Phase.SHIFTED),
    ],
)
def test_each_event(happened: dict[str, str], phase: Phase) -> None:
    assert view({"status": "InProgress"}, {"lifecycleEvents": events(**happened)}).phase == phase


def test_the_wait_for_blues_end_means_shifted() -> None:
    found = view({"status": "InProgress", "instanceTerminationWaitTimeStarted": True})
    assert (found.phase, found.green_percent, found.shifted_at) == (Phase.SHIFTED, 100, None)


def test_traffic_on_green_means_shifting_whatever_the_events_say() -> None:
    sets = [
        {"taskSetLabel": "Blue", "trafficWeight": 90.0},
        {
            "taskSetLabel": "Green",
            "trafficWeight": 10.0,
            "identifer": "ecs-svc/7",
            "runningCount": 1,
            "desiredCount": 2,
        },
    ]
    found = view({"status": "InProgress"}, {"taskSetsInfo": sets})
    assert (found.phase, found.green_percent, found.green) == (Phase.SHIFTING, 10, "ecs-svc/7")
    assert (found.running, found.desired) == (1, 2)


def test_the_moment_of_the_shift_is_awss() -> None:
    happened = [{"lifecycleEventName": "AfterAllowTraffic", "status": "Succeeded", "endTime": END}]
    assert view({"status": "InProgress"}, {"lifecycleEvents": happened}).shifted_at == END


def test_a_failure_says_why_and_who_takes_it_back() -> None:
    found = view(
        {
            "status": "Stopped",
            "errorInformation": {"code": "ALARM_ACTIVE", "message": "an alarm"},
            "rollbackInfo": {"rollbackDeploymentId": "d-2", "rollbackMessage": "on its way"},
        }
    )
    assert (found.code, found.cause, found.rollback, found.rollback_note) == (
        "ALARM_ACTIVE",
        "an alarm",
        "d-2",
        "on its way",
    )


def test_a_failure_without_words_is_told_by_its_event() -> None:
    failed = events(AfterInstall="Failed")
    failed[0]["diagnostics"] = {"message": "the hook said no"}
    assert view({"status": "Failed"}, {"lifecycleEvents": failed}).cause == "AfterInstall failed: the hook said no"


def test_a_mark_is_read_back() -> None:
    mark = Mark("3f9c1e2a", "0123456789ab")
    assert Mark.read(f"{mark} version 1.8.0") == mark
    assert Mark.read("by hand") is None


OURS, OTHER = Mark("aa", "bb"), Mark("aa", "cc")


@pytest.mark.parametrize(
    ("mark", "phase", "changes", "step"),
    [
        (None, Phase.SHIFTING, {"takes_back": True}, Next.WAIT),
        (OURS, Phase.PREPARING, {}, Next.ADOPT),
        (OURS, Phase.READY, {}, Next.ADOPT),
        (OURS, Phase.SHIFTING, {}, Next.ADOPT),
        (OURS, Phase.SHIFTED, {"serves": True}, Next.LEAVE),
        (OURS, Phase.SHIFTED, {"serves": True, "unfinished": "aa"}, Next.ADOPT),
        (OURS, Phase.SHIFTED, {}, Next.TAKE_BACK),
        (OURS, Phase.SHIFTED, {"unfinished": "aa"}, Next.ADOPT),
        (OTHER, Phase.SHIFTED, {"serves": True}, Next.LEAVE),
        (OTHER, Phase.SHIFTED, {}, Next.END_WARM),
        (None, Phase.SHIFTED, {}, Next.END_WARM),
        (OTHER, Phase.SHIFTED, {"unfinished": "aa"}, Next.TAKE_BACK),
        (OTHER, Phase.SHIFTED, {"blue_is_target": True}, Next.TAKE_BACK),
        (OTHER, Phase.PREPARING, {}, Next.TAKE_BACK),
        (OTHER, Phase.READY, {}, Next.TAKE_BACK),
        (None, Phase.SHIFTING, {}, Next.TAKE_BACK),
    ],
)
def test_what_is_done_about_a_deployment_that_is_found(
    mark: Mark | None, phase: Phase, changes: dict[str, Any], step: Next
) -> None:
    given = {"takes_back": False, "target": "bb", "serves": False, "unfinished": "", "blue_is_target": False}
    assert next_step(mark, phase, **{**given, **changes}) == step
