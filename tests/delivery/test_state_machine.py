"""The state machine over all that CodeDeploy can say, in whatever order it says it.

What CodeDeploy can say is read from botocore's model of its API: a status or an error that AWS adds fails a test here
until somebody has said what it means.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import product
from typing import Any, cast

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as some

from delivery import failures
from delivery.errors import Refused, ReleaseFailed
from delivery.meaning import ACTIVE, Mark, Next, Phase, View, later, next_step, understand
from delivery.shift import Pace, Shift
from tests.delivery.fakes import FakeAws, image, service_plan
from tests.examples import examples

TRIED = examples(200)
END = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

#: deployment status -> what it means while no event says more.
STATUSES = {
    "Created": Phase.PREPARING,
    "Queued": Phase.PREPARING,
    "InProgress": Phase.PREPARING,
    "Baking": Phase.PREPARING,
    "Ready": Phase.READY,
    "Succeeded": Phase.SUCCEEDED,
    "Failed": Phase.FAILED,
    "Stopped": Phase.STOPPED,
}

#: lifecycle event status -> what it means for each of the events that touch users, while the deployment goes on.
TOUCHES_USERS = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
EVENTS = {
    "Pending": dict.fromkeys(TOUCHES_USERS, Phase.PREPARING),
    "InProgress": {**dict.fromkeys(TOUCHES_USERS, Phase.SHIFTING), "AfterAllowTraffic": Phase.PREPARING},
    "Succeeded": {**dict.fromkeys(TOUCHES_USERS, Phase.SHIFTING), "AfterAllowTraffic": Phase.SHIFTED},
    # What failed, was skipped or is not known has moved nobody; the deployment's own status says what follows.
    "Failed": dict.fromkeys(TOUCHES_USERS, Phase.PREPARING),
    "Skipped": dict.fromkeys(TOUCHES_USERS, Phase.PREPARING),
    "Unknown": dict.fromkeys(TOUCHES_USERS, Phase.PREPARING),
}

#: error code of a deployment -> how the release's cause begins. Codes of other platforms than ECS are told as they are.
ALARM, BY_HAND, FAILED = (
    "alarm api-errors rang: 12 %",
    "deployment d-1 was stopped by someone else",
    "deployment d-1 failed",
)
CODES = {
    "ALARM_ACTIVE": ALARM,
    "MANUAL_STOP": BY_HAND,
    **dict.fromkeys(
        (
            "AGENT_ISSUE",
            "APPLICATION_MISSING",
            "AUTOSCALING_VALIDATION_ERROR",
            "AUTO_SCALING_CONFIGURATION",
            "AUTO_SCALING_IAM_ROLE_PERMISSIONS",
            "CLOUDFORMATION_STACK_FAILURE",
            "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND",
            "CUSTOMER_APPLICATION_UNHEALTHY",
            "DEPLOYMENT_GROUP_MISSING",
            "ECS_UPDATE_ERROR",
            "ELASTIC_LOAD_BALANCING_INVALID",
            "ELB_INVALID_INSTANCE",
            "HEALTH_CONSTRAINTS",
            "HEALTH_CONSTRAINTS_INVALID",
            "HOOK_EXECUTION_FAILURE",
            "IAM_ROLE_MISSING",
            "IAM_ROLE_PERMISSIONS",
            "INTERNAL_ERROR",
            "INVALID_ECS_SERVICE",
            "INVALID_LAMBDA_CONFIGURATION",
            "INVALID_LAMBDA_FUNCTION",
            "INVALID_REVISION",
            "MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION",
            "MISSING_ELB_INFORMATION",
            "MISSING_GITHUB_TOKEN",
            "NO_EC2_SUBSCRIPTION",
            "NO_INSTANCES",
            "OVER_MAX_INSTANCES",
            "RESOURCE_LIMIT_EXCEEDED",
            "REVISION_MISSING",
            "THROTTLED",
            "TIMEOUT",
        ),
        FAILED,
    ),
}

#: error code of a lifecycle event, told where the deployment itself gives no reason.
EVENT_CODES = ("Success", "ScriptMissing", "ScriptNotExecutable", "ScriptTimedOut", "ScriptFailed", "UnknownError")

#: who can have made a deployment -> whether that one takes another one back.
CREATORS = {
    "user": False,
    "autoscaling": False,
    "codeDeployRollback": True,
    "CodeDeploy": False,
    "CodeDeployAutoUpdate": False,
    "CloudFormation": False,
    "CloudFormationRollback": False,
    "autoscalingTermination": False,
}


@cache
def model() -> Any:
    return botocore.session.get_session().get_service_model("codedeploy")


@pytest.mark.parametrize(
    ("shape", "mapped"),
    [
        ("DeploymentStatus", STATUSES),
        ("LifecycleEventStatus", EVENTS),
        ("ErrorCode", CODES),
        ("LifecycleErrorCode", EVENT_CODES),
        ("DeploymentCreator", CREATORS),
    ],
)
def test_all_that_codedeploy_can_say_is_mapped(shape: str, mapped: Any) -> None:
    assert set(mapped) == set(model().shape_for(shape).enum)


def test_what_can_be_wished_of_codedeploy_is_what_it_knows() -> None:
    assert {"READY_WAIT", "TERMINATION_WAIT"} == set(model().shape_for("DeploymentWaitType").enum)


PACE = Pace()


def a_shift(aws: FakeAws | None = None) -> Shift:
    account = aws or FakeAws()
    tools = account.tools()
    account.define(1, image("a"))
    plan = service_plan(account.define(2, image("b")), image("b"))
    shift = Shift(plan, tools.deployments, tools.world, tools.causes)
    shift.deployment = "d-1"
    return shift


def see(status: str, *, code: str = "", traffic: float = 0, waits: bool = False, **events: str) -> View:
    deployment: dict[str, Any] = {"status": status, "instanceTerminationWaitTimeStarted": waits}
    if code:
        deployment["errorInformation"] = {"code": code, "message": "as AWS says"}
    target = {
        "lifecycleEvents": [{"lifecycleEventName": name, "status": one} for name, one in events.items()],
        "taskSetsInfo": [{"taskSetLabel": "Green", "trafficWeight": traffic}],
    }
    return understand(cast(Any, deployment), cast(Any, target))


@pytest.mark.parametrize("status", STATUSES)
def test_each_deployment_status(status: str) -> None:
    phase = see(status).phase
    assert phase == STATUSES[status]
    assert phase.over == (status in ("Succeeded", "Failed", "Stopped"))
    assert (status in ACTIVE) == (not phase.over)


@pytest.mark.parametrize(("status", "event"), [(status, event) for status in EVENTS for event in EVENTS[status]])
def test_each_event_in_each_status(status: str, event: str) -> None:
    for deployment in ("Created", "Queued", "InProgress", "Baking"):
        assert see(deployment, **cast(Any, {event: status})).phase == EVENTS[status][event]
    for ended in ("Succeeded", "Failed", "Stopped"):
        assert see(ended, **cast(Any, {event: status})).phase == STATUSES[ended]


@pytest.mark.parametrize(("before", "during", "after"), list(product(EVENTS, repeat=3)))
def test_users_count_as_reached_from_the_first_event_that_may_reach_them(before: str, during: str, after: str) -> None:
    found = see("InProgress", BeforeAllowTraffic=before, AllowTraffic=during, AfterAllowTraffic=after)
    if after == "Succeeded":
        assert found.phase == Phase.SHIFTED
    elif {before, during} & {"InProgress", "Succeeded"}:
        assert found.phase == Phase.SHIFTING
    else:
        assert found.phase == Phase.PREPARING


@pytest.mark.parametrize(("code", "moved"), list(product(CODES, (False, True))))
def test_each_error_code_is_told(code: str, moved: bool) -> None:
    shift = a_shift()
    shift.view = see("Failed" if CODES[code] == FAILED else "Stopped", code=code)
    error = failures.ended(shift, {"api-errors": "12 %"}, moved=moved)
    assert error.message.startswith(f"api: {CODES[code]}")
    assert CODES[code] != FAILED or f"{code}: as AWS says" in error.message
    assert isinstance(error, ReleaseFailed if moved else Refused)
    assert error.fix


@pytest.mark.parametrize("code", EVENT_CODES)
def test_each_error_code_of_an_event_is_told(code: str) -> None:
    event = {"lifecycleEventName": "AfterInstall", "status": "Failed", "diagnostics": {"errorCode": code}}
    found = understand(cast(Any, {"status": "Failed"}), cast(Any, {"lifecycleEvents": [event]}))
    assert found.cause == f"AfterInstall failed: {code}"


@pytest.mark.parametrize("creator", CREATORS)
def test_each_creator(creator: str) -> None:
    aws = FakeAws()
    aws.add_service("api", aws.define(1, image("a")))
    shift = a_shift(aws)
    shift.start("aa", "1.8.0", PACE)
    original = aws.codedeploy.get_deployment

    def told(deploymentId: str) -> Any:  # noqa: N803
        answer = original(deploymentId)
        answer["deploymentInfo"]["creator"] = creator
        return answer

    aws.codedeploy.get_deployment = told  # type: ignore[method-assign]
    active = aws.tools().deployments.active(shift.service)
    assert active is not None
    assert active.takes_back == CREATORS[creator]


PHASES = some.sampled_from(Phase)
MARKS = some.one_of(some.none(), some.builds(Mark, some.sampled_from(["aa", "ab"]), some.sampled_from(["cc", "cd"])))
FLAGS = some.fixed_dictionaries(
    {
        "takes_back": some.booleans(),
        "target": some.sampled_from(["cc", "cd"]),
        "serves": some.booleans(),
        "unfinished": some.sampled_from(["", "aa", "ab"]),
        "blue_is_target": some.booleans(),
    }
)
WORDS = some.fixed_dictionaries(
    {
        "status": some.sampled_from([*STATUSES, "AddedLater"]),
        "traffic": some.sampled_from([0.0, 10.0, 100.0]),
        "waits": some.booleans(),
        "code": some.sampled_from(["", *CODES]),
        "BeforeAllowTraffic": some.sampled_from([*EVENTS, "AddedLater"]),
        "AllowTraffic": some.sampled_from([*EVENTS, "AddedLater"]),
        "AfterAllowTraffic": some.sampled_from([*EVENTS, "AddedLater"]),
    }
)
#: What one deployment says from its beginning to its end, in the order in which it happens.
STORY = [
    see("Created"),
    see("Queued"),
    see("InProgress", BeforeInstall="Succeeded", Install="InProgress"),
    see("Ready", Install="Succeeded", AfterAllowTestTraffic="Succeeded"),
    # Told to go on, it says for a moment neither that it waits nor that it shifts.
    see("InProgress", AfterAllowTestTraffic="Succeeded", BeforeAllowTraffic="Pending"),
    see("InProgress", BeforeAllowTraffic="Succeeded", AllowTraffic="InProgress", traffic=10),
    see("InProgress", AllowTraffic="Succeeded", AfterAllowTraffic="InProgress", traffic=100),
    see("InProgress", AllowTraffic="Succeeded", AfterAllowTraffic="Succeeded", waits=True, traffic=100),
]
ENDS = [see("Succeeded"), see("Failed", code="ECS_UPDATE_ERROR"), see("Stopped", code="MANUAL_STOP")]


@TRIED
@given(words=WORDS)
def test_whatever_it_says_has_a_meaning(words: dict[str, Any]) -> None:
    view = see(**words)
    assert view.phase in Phase
    assert 0 <= view.green_percent <= 100
    assert view.phase.over == (words["status"] in ("Succeeded", "Failed", "Stopped"))
    if words["traffic"] and not view.phase.over and words["status"] != "Ready":
        assert view.phase >= Phase.SHIFTING


@TRIED
@given(looks=some.lists(some.builds(View, phase=PHASES, green_percent=some.integers(0, 100)), min_size=1, max_size=12))
def test_what_is_over_never_runs_again_and_what_moved_never_waits_again(looks: list[View]) -> None:
    seen = [looks[0]]
    for look in looks[1:]:
        seen.append(later(seen[-1], look))
        assert not (seen[-2].phase.over and not seen[-1].phase.over)
        assert seen[-1].phase >= seen[-2].phase or seen[-2].phase.over
        assert seen[-1] in (seen[-2], look)
    assert seen[-1].phase.over == any(look.phase.over for look in looks)


@TRIED
@given(data=some.data(), end=some.sampled_from(ENDS))
def test_in_any_order_and_twice_the_story_ends_the_same(data: some.DataObject, end: View) -> None:
    told = data.draw(some.permutations([*STORY, end, *data.draw(some.lists(some.sampled_from([*STORY, end])))]))
    view = View(phase=Phase.PREPARING)
    for look in told:
        view = later(view, look)
    assert view.phase == end.phase
    assert view.code == end.code


@TRIED
@given(mark=MARKS, phase=PHASES, flags=FLAGS)
def test_every_path_ends_in_a_next_step_that_is_defined(mark: Mark | None, phase: Phase, flags: dict[str, Any]) -> None:
    step = next_step(mark, phase, **flags)
    assert step in Next
    if flags["takes_back"]:
        assert step == Next.WAIT
    if step == Next.END_WARM:  # nobody loses tasks that serve, or the only way back of what was never finished
        assert phase == Phase.SHIFTED
        assert mark is None or mark.release != flags["unfinished"]
        assert not flags["blue_is_target"]
    if step == Next.TAKE_BACK:
        assert not (phase == Phase.SHIFTED and flags["serves"])
    if step == Next.LEAVE:
        assert flags["serves"]
    if step == Next.ADOPT and phase != Phase.SHIFTED:
        assert mark is not None
        assert mark.target == flags["target"]


@TRIED
@given(mark=MARKS, flags=FLAGS, told=some.permutations(STORY))
def test_a_deployment_that_is_found_is_decided_upon_at_every_look(
    mark: Mark | None, flags: dict[str, Any], told: list[View]
) -> None:
    view = View(phase=Phase.PREPARING)
    for look in told:
        view = later(view, look)
        assert isinstance(next_step(mark, view.phase, **flags), Next)
    assert view.phase == Phase.SHIFTED


def test_a_look_that_comes_late_makes_no_running_deployment_of_an_ended_one() -> None:
    aws = FakeAws()
    aws.add_service("api", aws.define(1, image("a")))
    shift = a_shift(aws)
    shift.start("aa", "1.8.0", PACE)
    aws.sleep(1)
    stale = aws.codedeploy.get_deployment(shift.deployment)
    shift.stop()
    assert shift.look().phase == Phase.STOPPED
    aws.codedeploy.get_deployment = lambda deploymentId: stale  # type: ignore[method-assign]  # noqa: N803
    assert shift.look().phase == Phase.STOPPED


def test_the_way_back_may_be_named_after_the_end() -> None:
    ended = see("Stopped", code="ALARM_ACTIVE")
    named = replace(ended, rollback="d-2")
    assert later(ended, named) == named
