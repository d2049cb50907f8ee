"""A release that is asked, from outside, to end its bake or to go back."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from delivery.control import Control, Wish
from delivery.store import Store
from tests.delivery.fake_clients import AwsError, FakeClients, Killed
from tests.delivery.fakes import BUCKET, FakeAws, image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves, the_record, world


def store(aws: FakeAws) -> Store:
    return Store(FakeClients(aws).s3, BUCKET)  # type: ignore[attr-defined]


def wish(aws: FakeAws, kind: Wish, **changes: str) -> Control:
    """Wish something of the release that is under way, past the account's own count of calls."""
    release = json.loads(aws.objects["journal.json"])["record"]["id"]
    given = {"release": release, "who": "bob", "reason": "seen enough", "asked": "2026-01-02T03:04:05Z"}
    control = Control(wish=kind, **{**given, **changes})
    aws.objects[f"control/{release}.json"] = control.to_json().encode()
    return control


def once(aws: FakeAws, when: Callable[[], bool], act: Callable[[], object]) -> None:
    """Do something at the first call at which something holds."""
    done: list[object] = []

    def perhaps(_: str) -> None:
        if not done and when():
            done.append(True)
            act()

    aws.after_call = perhaps


def at(aws: FakeAws, step: str) -> Callable[[], bool]:
    def there() -> bool:
        return any(journal["step"] == step for journal in aws.documents("journal.json"))

    return there


def in_bake(aws: FakeAws) -> Callable[[], bool]:
    return lambda: at(aws, "bake")() and aws.codedeploy.deployments[-1].step == "warm"


@pytest.mark.parametrize("names", [("api",), ("api", "web")])
def test_a_bake_that_is_ended_is_recorded_with_who_and_why(names: tuple[str, ...]) -> None:
    aws, old, new = world()
    for name in names[1:]:
        aws.add_service(name, old)
    once(aws, in_bake(aws), lambda: wish(aws, "skip-bake"))
    outcome = run(aws, release_plan(*(service_plan(new, image("b"), name=name) for name in names)))
    assert outcome.succeeded
    assert all(serves(aws, new, name) for name in names)
    assert outcome.record.seconds["bake"] < 20
    assert the_record(aws)["overrides"] == ["bake skipped by bob: seen enough"]
    assert "note: bake skipped by bob: seen enough" in aws.heard
    assert [key for key in aws.objects if key.startswith("control/")] == []
    assert left_behind(aws) == []


def test_an_alarm_counts_more_than_a_person_who_has_seen_enough() -> None:
    aws, old, new = world()

    def both() -> None:
        aws.ringing["api-errors"] = "12 %"
        wish(aws, "skip-bake")

    once(aws, in_bake(aws), both)
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.cause == "api: alarm api-errors rang: 12 %"
    assert serves(aws, old)


@pytest.mark.parametrize("step", ["gates", "wait for api", "checks", "shift", "bake"])
def test_an_aborted_release_goes_back_from_wherever_it_is(step: str) -> None:
    aws, old, new = world()
    once(aws, at(aws, step), lambda: wish(aws, "abort", reason="payments fail"))
    began: list[float] = []
    aws.before_call = lambda name: began.append(aws.now) if at(aws, step)() else None
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert (outcome.record.result, outcome.record.cause) == ("cancelled", "aborted by bob: payments fail")
    assert the_record(aws)["cause"] == "aborted by bob: payments fail"
    assert serves(aws, old)
    assert all(one.status != "InProgress" for one in aws.codedeploy.deployments)
    assert [key for key in aws.objects if key.startswith("control/")] == []
    assert left_behind(aws) == []
    assert aws.now - began[0] < 60


def test_an_abort_is_heard_before_anything_is_taken_back() -> None:
    aws, _, new = world()
    once(aws, at(aws, "shift"), lambda: wish(aws, "abort"))
    steps: list[str] = []
    aws.before_call = lambda name: (
        steps.extend(journal["step"] for journal in aws.documents("journal.json"))
        if name == "stop_deployment"
        else None
    )
    run(aws, release_plan(service_plan(new, image("b"))))
    assert steps[0] == "aborted by bob: seen enough"


def test_a_deployment_that_was_stopped_from_outside_names_the_person_who_wished_it() -> None:
    aws, _, new = world()

    def stop() -> None:
        wish(aws, "abort", reason="by hand")
        aws.codedeploy.stop_deployment(aws.codedeploy.deployments[0].id, autoRollbackEnabled=True)

    once(aws, in_bake(aws), stop)
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.cause == "aborted by bob: by hand"


def test_an_abort_outlives_a_kill_and_the_next_update_follows_it_once() -> None:
    aws, old, new = world()
    plan = release_plan(service_plan(new, image("b")))

    def die() -> None:
        wish(aws, "abort")
        raise Killed

    once(aws, at(aws, "shift"), die)
    with pytest.raises(Killed):
        run(aws, plan)
    aws.after_call = lambda name: None
    outcome = run(aws, plan)
    assert outcome.record.cause == "aborted by bob: seen enough"
    assert serves(aws, old)
    assert run(aws, plan).succeeded


def test_an_interrupted_release_that_was_aborted_is_recorded_so_by_the_next_one() -> None:
    aws, _, new = world()

    def die() -> None:
        wish(aws, "abort")
        raise Killed

    once(aws, at(aws, "shift"), die)
    with pytest.raises(Killed):
        run(aws, release_plan(service_plan(new, image("b"))))
    aws.after_call = lambda name: None
    newest = aws.define(3, image("c"))
    assert run(aws, release_plan(service_plan(newest, image("c")), version="1.9.0")).succeeded
    first = min(aws.documents("releases/"), key=lambda record: str(record["version"]))
    assert (first["result"], first["cause"]) == ("cancelled", "aborted by bob: seen enough")
    assert [key for key in aws.objects if key.startswith("control/")] == []


def test_a_bake_that_was_ended_stays_ended_when_the_update_is_killed() -> None:
    aws, _, new = world()
    plan = release_plan(service_plan(new, image("b")))

    def die() -> None:
        wish(aws, "skip-bake")
        raise Killed

    once(aws, in_bake(aws), die)
    with pytest.raises(Killed):
        run(aws, plan)
    aws.after_call = lambda name: None
    outcome = run(aws, plan)
    assert outcome.succeeded
    assert outcome.record.seconds["bake"] < 20
    assert outcome.record.overrides == ("bake skipped by bob: seen enough",)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"{}", "written in schema None, this checkout reads 1"),
        (b"no JSON", "not JSON"),
        (b'{"schema": 1, "release": "00", "wish": "abort", "who": "b", "reason": "r", "asked": "t"}', "for release 00"),
    ],
)
def test_what_is_no_wish_to_this_release_is_told_once_and_changes_nothing(document: bytes, said: str) -> None:
    aws, _, new = world()

    def leave() -> None:
        release = json.loads(aws.objects["journal.json"])["record"]["id"]
        aws.objects[f"control/{release}.json"] = document

    once(aws, at(aws, "checks"), leave)
    assert run(aws, release_plan(service_plan(new, image("b")))).succeeded
    (warning,) = [line for line in aws.heard if line.startswith("warning:")]
    assert said in warning


def test_a_bucket_that_cannot_be_read_for_wishes_is_no_reason_to_end_a_release() -> None:
    aws, _, new = world()

    def refuse(name: str) -> None:
        if name == "get_object" and in_bake(aws)():
            raise AwsError("SlowDown", "Please reduce your request rate.", "GetObject")

    aws.before_call = refuse
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert not outcome.succeeded or serves(aws, new)
    assert any("SlowDown" in line for line in aws.heard)


def test_looking_for_wishes_costs_no_more_calls_than_looking_at_one_deployment() -> None:
    aws, _, new = world()
    run(aws, release_plan(service_plan(new, image("b"))))
    looks = aws.calls.count("get_deployment")
    assert aws.calls.count("get_object") <= looks + 10
    assert aws.calls.count("delete_object") == 1  # the journal: nothing was wished, so nothing is removed


def test_a_wish_that_comes_after_the_last_look_changes_nothing() -> None:
    aws, _, new = world()
    once(aws, at(aws, "record"), lambda: wish(aws, "abort"))
    assert run(aws, release_plan(service_plan(new, image("b")))).succeeded
    assert serves(aws, new)


def test_a_way_back_that_was_interrupted_is_followed_to_its_end_by_the_next_update() -> None:
    aws, old, new = world()
    plan = release_plan(service_plan(new, image("b")))
    once(aws, in_bake(aws), lambda: wish(aws, "abort"))
    refused: list[str] = []

    def refuse(name: str) -> None:
        if name == "get_deployment" and not refused and aws.codedeploy.deployments[0].status == "Stopped":
            refused.append(name)
            raise AwsError("ThrottlingException", "Rate exceeded", "GetDeployment")

    aws.before_call = refuse
    assert "could not be followed to its end" in run(aws, plan).record.cause
    assert run(aws, plan).record.cause == "aborted by bob: seen enough"
    assert serves(aws, old)
    assert left_behind(aws) == []
