"""Several services in one release: all or nothing, or each for itself."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from delivery.store import Store
from tests.delivery.fake_clients import FakeClients, Killed
from tests.delivery.fakes import BUCKET
from tests.delivery.fleet import ENDS, Fleet
from tests.delivery.scene import left_behind
from tests.examples import examples

TRIED = examples(40)
SHIFTED = some.lists(some.sampled_from(ENDS), max_size=3)
ROLLED = some.lists(some.sampled_from(["roll", "well"]), max_size=2)


def fleet(shifted: list[str], rolled: list[str], *, together: bool) -> Fleet:
    ends = {f"s{number}": end for number, end in enumerate(shifted)}
    return Fleet(ends | {f"w{number}": end for number, end in enumerate(rolled)}, together=together)


def pointer(story: Fleet) -> dict[str, object]:
    found: dict[str, object] = json.loads(story.aws.objects["pointer.json"])
    return found


def test_greens_start_side_by_side_and_shift_only_when_all_are_checked() -> None:
    story = Fleet({"s0": "well", "s1": "well", "s2": "well"})
    assert story.update().succeeded
    assert story.calls("create_deployment", "invoke", "continue_deployment") == [
        *["create_deployment"] * 3,
        "invoke",
        *["continue_deployment"] * 3,
    ]
    started = [one.since for one in story.aws.codedeploy.deployments]
    assert max(started) - min(started) < 5, "all moved on at the same time"


def test_workers_roll_one_after_the_other_in_the_order_of_the_plan_when_traffic_has_moved() -> None:
    story = Fleet({"w1": "well", "s0": "well", "w0": "well"})
    rolling: list[set[str]] = []
    happen = story.aws.before_call

    def watch(call: str) -> None:
        happen(call)
        deployments = {name: story.aws.services[name].deployments for name in ("w0", "w1")}
        rolling.append({name for name, (one,) in deployments.items() if one["rolloutState"] == "IN_PROGRESS"})

    story.aws.before_call = watch
    assert story.update().succeeded
    assert list(dict.fromkeys(frozenset(one) for one in rolling if one)) == [frozenset({"w1"}), frozenset({"w0"})]
    calls = story.calls("continue_deployment", "update_service")
    assert calls == ["continue_deployment", "update_service", "update_service"]


def test_a_worker_that_fails_takes_back_those_before_it_and_the_traffic() -> None:
    story = Fleet({"s0": "well", "w0": "well", "w1": "roll", "w2": "well"})
    outcome = story.update()
    assert outcome.record.result == "failed"
    assert story.all_run() == {"s0": "old", "w0": "old", "w1": "old", "w2": "old"}
    assert len(story.calls("update_service")) == 4, "w2 was never touched"


def test_a_worker_that_an_interrupted_release_rolled_goes_back_too() -> None:
    story = Fleet({"w0": "well", "w1": "roll"})
    happen = story.aws.before_call

    def kill(call: str) -> None:
        happen(call)
        if story.runs("w1") == "new":
            raise Killed

    story.aws.before_call = kill
    with pytest.raises(Killed):
        story.update()
    assert story.runs("w0") == "new"
    story.aws.before_call = happen
    assert story.update().record.result == "failed"
    assert story.all_run() == {"w0": "old", "w1": "old"}


def test_what_can_not_go_back_any_more_after_an_interruption_is_said() -> None:
    """The process was killed, blue's warm time passed, and then another service failed."""
    story = Fleet({"s0": "well", "s1": "bake"})
    happen = story.aws.before_call

    def kill(call: str) -> None:
        happen(call)
        if story.aws.codedeploy.deployments and story.aws.codedeploy.deployments[0].step == "warm":
            raise Killed

    story.aws.before_call = kill
    with pytest.raises(Killed):
        story.update()
    story.aws.before_call = happen
    for _ in range(500):
        story.aws.sleep(10)
    assert story.runs("s0") == "new"
    story.aws.ringing.clear()
    story.ends["s1"] = "check"
    outcome = story.update()
    assert outcome.record.result in ("refused", "failed")
    assert "Not all is as it was before: s0: " in outcome.record.cause


@TRIED
@given(shifted=SHIFTED, rolled=ROLLED)
@example(shifted=["start", "well", "start"], rolled=[])
@example(shifted=["bake", "well"], rolled=["well"])
def test_together_it_is_all_or_nothing(shifted: list[str], rolled: list[str]) -> None:
    story = fleet(shifted, rolled, together=True)
    if not story.ends:
        return
    outcome = story.update()
    well = set(story.ends.values()) == {"well"}
    assert outcome.succeeded == well, outcome.record.cause
    assert set(story.all_run().values()) == {"new" if well else "old"}
    assert left_behind(story.aws) == []
    if {"gate", "start", "check"} & set(shifted):
        assert outcome.record.result == "refused"
        assert not any(story.aws.met(definition) for name, definition in story.new.items() if name.startswith("s"))
    assert (outcome.record.results, outcome.record.serving) == ({}, {})


@examples(12)
@given(shifted=SHIFTED, rolled=ROLLED)
@example(shifted=["start", "well", "start"], rolled=["roll"])
@example(shifted=["gate", "check", "shift"], rolled=["well"])
@example(shifted=["bake", "bake"], rolled=["roll", "roll"])
def test_apart_each_service_goes_its_own_way(shifted: list[str], rolled: list[str]) -> None:
    story = fleet(shifted, rolled, together=False)
    if not story.ends:
        return
    mended = set(story.ends)
    assert story.update("1.7.4", old=True).succeeded
    outcome = story.update()
    well = {name for name, end in story.ends.items() if end == "well"}
    assert story.all_run() == {name: "new" if name in well else "old" for name in story.ends}
    assert left_behind(story.aws) == []
    assert outcome.succeeded == (well == mended), outcome.record.cause
    assert outcome.serving == {name: (story.new if name in well else story.old)[name] for name in story.ends}
    assert outcome.version == ("1.8.0" if outcome.succeeded else "1.7.4")
    if well and not outcome.succeeded:
        assert {name for name, result in outcome.record.results.items() if result == "succeeded"} == well
        assert {name: one.task_definition for name, one in outcome.record.serving.items()} == outcome.serving
        assert pointer(story)["versions"] == dict.fromkeys(sorted(well), "1.8.0")
    for name, end in story.ends.items():
        assert end == "well" or f"{name}: " in outcome.record.cause or f"alarm {name}-" in outcome.record.cause

    before = len(story.aws.codedeploy.deployments), len(story.calls("update_service"))
    story.mend()
    assert story.update().succeeded
    assert set(story.all_run().values()) == {"new"}
    tried = len(story.aws.codedeploy.deployments) - before[0] + len(story.calls("update_service")) - before[1]
    assert tried == len(mended - well), "only what did not serve"
    assert (pointer(story)["version"], pointer(story)["versions"]) == ("1.8.0", {})


def test_one_service_that_fails_alone_is_named_and_the_update_fails() -> None:
    story = Fleet({"s0": "well", "s1": "check", "w0": "well"}, together=False)
    assert story.update("1.7.4", old=True).succeeded
    story.aws.heard.clear()
    outcome = story.update()
    wrong = "s1: GET /s1/health on port 8080: answered 500, expected 200"
    assert outcome.record.result == "failed"
    assert outcome.record.cause.startswith(wrong)
    assert outcome.record.cause.endswith("\ns0, w0: 1.8.0 serves; s1: as before")
    assert outcome.fix.startswith("mend what answers so")
    assert outcome.record.results == {"s0": "succeeded", "s1": "refused", "w0": "succeeded"}
    (warning,) = [line for line in story.aws.heard if line.startswith("warning:")]
    assert warning.startswith(f"warning: {wrong}")
    assert warning.endswith("\ns1 goes back; s0, w0 goes on")


def test_what_failed_alone_gets_its_users_back_at_once() -> None:
    story = Fleet({"s0": "well", "s1": "shift"}, together=False)
    assert not story.update().succeeded
    back = max(moment for moment, name, what, share in story.aws.traffic if name == "s1" and what == story.old["s1"])
    last = max(moment for moment, name, *_ in story.aws.traffic if name == "s0")
    assert back < last, "it was back before the other had all its traffic"


def test_trouble_that_is_everybodys_takes_everything_back() -> None:
    story = Fleet({"s0": "well", "s1": "well"}, together=False)
    happen = story.aws.before_call

    def refuse(call: str) -> None:
        happen(call)
        if call == "put_object" and story.aws.codedeploy.deployments:
            raise RuntimeError("the network is gone")

    story.aws.before_call = refuse
    assert not story.update().succeeded
    for _ in range(10):
        story.aws.sleep(10)
    assert story.all_run() == {"s0": "old", "s1": "old"}


def test_records_and_pointers_from_before_services_could_stand_apart_are_read() -> None:
    story = Fleet({"s0": "well"})
    story.update()
    for key, body in story.aws.objects.items():
        values = json.loads(body)
        story.aws.objects[key] = json.dumps(
            {name: value for name, value in values.items() if name not in ("results", "serving", "versions")}
        ).encode()
    store = Store(FakeClients(story.aws).s3, BUCKET)  # type: ignore[attr-defined]
    found, (record,) = store.pointer(), store.latest()
    assert found is not None
    assert (found.versions, record.results, record.serving) == ({}, {}, {})
