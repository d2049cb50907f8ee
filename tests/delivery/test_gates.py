"""What alarms refuse, what only warns, what is waived."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.ending import Outcome
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan
from tests.delivery.scene import run, serves, world

RINGS = {"StateValue": "ALARM", "StateReason": "12 % failed"}
LACKS = {"StateValue": "INSUFFICIENT_DATA", "StateReason": "2 datapoints were unknown."}
WAIVE = "to release without it, `pulumi config set --path waive.api-errors '<why>'`"
WHY = {"api-errors": "the probe is new"}


def release(aws: FakeAws, new: str, **changes: Any) -> Outcome:
    return run(aws, release_plan(service_plan(new, image("b")), **changes))


def wrong(aws: FakeAws, state: dict[str, Any] | None) -> None:
    if state is None:
        aws.no_alarms.add("api-errors")
    else:
        aws.alarms["api-errors"] = state


@pytest.mark.parametrize(
    ("state", "objection", "fix"),
    [
        (
            RINGS,
            "alarm api-errors rings already (12 % failed); it would take the release back at once",
            f"find out why it rings; to go back to a release that served: `./slipway rollback`; {WAIVE}",
        ),
        (None, "alarm api-errors does not exist", f"run `pulumi up --refresh`, which makes it again; {WAIVE}"),
        (
            LACKS,
            "alarm api-errors lacks the data it needs (2 datapoints were unknown.)",
            f"see that what it measures reports data; {WAIVE}",
        ),
    ],
)
def test_an_alarm_that_can_tell_nothing_refuses_a_new_release(
    state: dict[str, Any] | None, objection: str, fix: str
) -> None:
    aws, old, new = world()
    wrong(aws, state)
    outcome = release(aws, new)
    assert (outcome.record.result, outcome.record.cause, outcome.fix) == ("refused", objection, fix)
    assert serves(aws, old)
    assert aws.codedeploy.deployments == []


@pytest.mark.parametrize(
    ("state", "warning", "watched"),
    [
        (RINGS, "rings already and is not watched while going back: 12 % failed", ()),
        (None, "does not exist and is not watched while going back", ()),
        (LACKS, "lacks the data it needs: 2 datapoints were unknown.", ("api-errors",)),
    ],
)
def test_a_release_that_served_is_only_warned(
    state: dict[str, Any] | None, warning: str, watched: tuple[str, ...]
) -> None:
    aws, old, new = world()
    run(aws, release_plan(service_plan(old, image("a")), version="1.7.4"))
    release(aws, new)
    aws.sleep(5000)
    wrong(aws, state)
    outcome = run(aws, release_plan(service_plan(old, image("a")), version="1.7.4", source="pin"))
    assert outcome.succeeded
    assert outcome.record.overrides == (f"alarm api-errors {warning}",)
    assert f"warning: alarm api-errors {warning}" in aws.heard
    assert aws.codedeploy.deployments[-1].watched == watched


@pytest.mark.parametrize(
    ("state", "now"),
    [
        (RINGS, " (it rings already: 12 % failed)"),
        (None, " (it does not exist)"),
        (LACKS, " (it lacks the data it needs: 2 datapoints were unknown.)"),
        ({"StateValue": "OK"}, ""),
    ],
)
def test_a_waived_alarm_is_written_down_and_not_watched(state: dict[str, Any] | None, now: str) -> None:
    aws, _, new = world()
    wrong(aws, state)
    outcome = release(aws, new, waive=WHY)
    assert outcome.succeeded
    assert outcome.record.overrides == (f"alarm api-errors is waived and not watched: the probe is new{now}",)
    assert aws.codedeploy.deployments[0].watched == ()


def test_a_waived_alarm_that_rings_later_takes_nothing_back() -> None:
    aws, _, new = world()

    def ring(name: str) -> None:
        if aws.met(new):
            aws.ringing["api-errors"] = "12 % failed"

    aws.before_call = ring
    assert release(aws, new, waive=WHY).succeeded


def test_one_waived_alarm_excuses_no_other() -> None:
    aws, _, new = world()
    aws.alarms |= {"api-errors": RINGS, "api-health": RINGS}
    plan = service_plan(new, image("b"), alarms=("api-errors", "api-health"))
    outcome = run(aws, release_plan(plan, waive=WHY))
    assert outcome.record.cause.startswith("alarm api-health rings already")
    assert "api-errors" not in outcome.record.cause


def test_a_waived_alarm_that_is_none_is_warned_about() -> None:
    aws, _, new = world()
    assert release(aws, new, waive={"api-erors": "noisy"}).succeeded
    assert (
        "warning: alarm api-erors, which the setting `waive` names, is none of this environment's; there is api-errors"
    ) in aws.heard


def test_an_environment_that_was_just_made_is_asked_for_no_alarms() -> None:
    aws, old, _ = world()
    aws.no_alarms.add("api-errors")
    assert run(aws, release_plan(service_plan(old, image("a")))).succeeded
    assert "describe_alarms" not in aws.calls


def test_an_alarm_that_was_just_made_is_waited_for() -> None:
    aws, _, new = world()
    made = datetime.fromtimestamp(aws.now, UTC)
    aws.alarms["api-errors"] = {**LACKS, "StateUpdatedTimestamp": made}

    def evaluate(name: str) -> None:
        if (datetime.fromtimestamp(aws.now, UTC) - made).total_seconds() > 60:
            aws.alarms.clear()

    aws.before_call = evaluate
    outcome = release(aws, new)
    assert outcome.succeeded
    assert 60 <= outcome.record.seconds["gates"] < 90
    assert "0% waiting for new alarms" in aws.heard


def test_an_alarm_that_stays_without_data_is_not_waited_for_long() -> None:
    aws, _, new = world()
    aws.alarms["api-errors"] = {**LACKS, "StateUpdatedTimestamp": datetime.fromtimestamp(aws.now + 9000, UTC)}
    outcome = release(aws, new)
    assert outcome.record.result == "refused"
    assert 180 <= outcome.record.seconds["gates"] < 200


def test_many_alarms_are_asked_for_in_pages() -> None:
    aws, _, new = world()
    alarms = tuple(f"api-{number}" for number in range(120))
    assert run(aws, release_plan(service_plan(new, image("b"), alarms=alarms))).succeeded
