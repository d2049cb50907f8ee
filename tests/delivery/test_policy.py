"""What people have decided: what refuses, what only warns, what is written down, and who lifts a hold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from delivery.ending import Outcome
from delivery.hold import HOLD, Hold
from delivery.plan import Gates, ReleasePlan
from delivery.policy import semantic
from delivery.store import Store
from tests.delivery.fake_clients import AwsError
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan
from tests.delivery.scene import run, serves, world

#: The fake's clock begins on a Friday, at eight in the morning.
FREEZE = ("Fri - Fri",)
FROZEN = "staging is frozen until 2027-01-16 00:00 UTC: `Fri - Fri`"


def override(gate: str) -> str:
    return f"; to release all the same: `pulumi config set --path gates.override.{gate} '<why>' -s staging`"


def plan(definition: str, digit: str = "b", version: str = "1.8.0", **changes: object) -> ReleasePlan:
    return release_plan(service_plan(definition, image(digit)), version=version, **changes)


def served() -> tuple[FakeAws, str, str]:
    """Revision 1 was released as 1.7.4, then 2 as 1.8.0."""
    aws, old, new = world()
    assert run(aws, plan(old, "a", "1.7.4")).succeeded
    assert run(aws, plan(new)).succeeded
    aws.sleep(5000)
    return aws, old, new


def refused(aws: FakeAws, outcome: Outcome, cause: str, fix: str) -> None:
    assert (outcome.record.result, outcome.record.cause, outcome.fix) == ("refused", cause, fix)
    assert aws.codedeploy.deployments == []


def test_the_clock_of_these_tests_stands_in_the_window() -> None:
    assert datetime.fromtimestamp(world()[0].now, UTC).strftime("%a %H:%M") == "Fri 08:00"


def test_a_frozen_environment_refuses_what_is_new() -> None:
    aws, old, new = world()
    outcome = run(aws, plan(new, gates=Gates(freeze=FREEZE)))
    refused(aws, outcome, FROZEN, f"wait until then{override('freeze')}")
    assert serves(aws, old)


def test_every_objection_is_told_at_once() -> None:
    aws, _, new = world()
    aws.ringing["api-errors"] = "12 % failed"
    outcome = run(aws, plan(new, version="1.8.0-3-g3f9c1e2", gates=Gates(freeze=FREEZE, tagged=True)))
    assert outcome.record.cause.splitlines() == [
        "alarm api-errors rings already (12 % failed); it would take the release back at once",
        "1.8.0-3-g3f9c1e2 is no semantic version, such as 1.8.0",
        FROZEN,
    ]


@pytest.mark.parametrize("together", [True, False])
def test_what_people_decided_is_about_all_services(together: bool) -> None:
    aws, old, new = world()
    aws.add_service("web", old)
    services = [service_plan(new, image("b"), name=name) for name in ("api", "web")]
    outcome = run(aws, release_plan(*services, together=together, gates=Gates(freeze=FREEZE)))
    assert (outcome.record.result, outcome.record.cause) == ("refused", FROZEN)
    assert aws.codedeploy.deployments == []


def test_an_override_is_written_down_with_its_reason() -> None:
    aws, _, new = world()
    outcome = run(aws, plan(new, gates=Gates(freeze=FREEZE, override={"freeze": "checkout is down"})))
    assert outcome.succeeded
    told = f"gate freeze is overridden (checkout is down): {FROZEN}"
    assert outcome.record.overrides == (told,)
    assert f"warning: {told}" in aws.heard


def test_an_override_of_what_does_not_object_says_nothing() -> None:
    aws, _, new = world()
    gates = Gates(freeze=("Sat - Sun",), override={"freeze": "checkout is down"})
    assert run(aws, plan(new, gates=gates)).record.overrides == ()


def test_a_release_that_once_served_is_only_warned() -> None:
    aws, old, _ = served()
    outcome = run(aws, plan(old, "a", "1.7.4", source="pin", gates=Gates(freeze=FREEZE)))
    assert outcome.succeeded
    assert outcome.record.overrides == (f"gate freeze: {FROZEN}; 1.7.4 once served here",)
    assert serves(aws, old)


@pytest.mark.parametrize(("settings_hash", "result"), [("", "succeeded"), ("other", "refused")])
def test_the_same_images_with_other_settings_are_another_release(settings_hash: str, result: str) -> None:
    aws, old, _ = served()
    again = aws.define(3, image("a"), cpu=512)
    gates = Gates(freeze=FREEZE)
    assert run(aws, plan(again, "a", "1.7.4", settings_hash=settings_hash, gates=gates)).record.result == result
    assert serves(aws, again) == (result == "succeeded")
    assert not serves(aws, old)


def test_an_update_that_moves_nothing_is_asked_nothing() -> None:
    aws, _, new = served()
    assert run(aws, plan(new, gates=Gates(freeze=FREEZE, tagged=True, after="qa", after_bucket="qa"))).succeeded


def test_what_began_outside_of_a_window_may_end_inside() -> None:
    aws, old, new = world()
    killed = 0

    def kill(name: str) -> None:
        nonlocal killed
        if name == "continue_deployment" and not killed:
            killed = 1
            raise KeyboardInterrupt

    aws.before_call = kill
    with pytest.raises(KeyboardInterrupt):
        run(aws, plan(new))
    outcome = run(aws, plan(new, gates=Gates(freeze=FREEZE)))
    assert outcome.succeeded, outcome.record.cause
    assert serves(aws, new)
    assert not serves(aws, old)


@pytest.mark.parametrize(
    ("version", "right"),
    [
        ("1.8.0", True),
        ("10.0.0-rc.1", True),
        ("1.8", False),
        ("v1.8.0", False),
        ("01.8.0", False),
        ("1.8.0-3-g3f9c1e2", False),
        ("0.0.0-3f9c1e2a", False),
        ("main", False),
    ],
)
def test_semantic_versions(version: str, right: bool) -> None:
    assert semantic(version) is right


def test_a_version_that_is_none_is_refused() -> None:
    aws, _, new = world()
    outcome = run(aws, plan(new, version="main", gates=Gates(tagged=True)))
    fix = f"tag the commit (`git tag v1.8.0`), or set `version`{override('tagged')}"
    refused(aws, outcome, "main is no semantic version, such as 1.8.0", fix)


QA = "shop-qa-releases-111122223333"
AFTER = Gates(after="qa", after_bucket=QA, after_near=True)


def qa(digit: str = "b", version: str = "1.8.0") -> FakeAws:
    """Another environment, which serves a version."""
    there = FakeAws()
    definition = there.define(7, image(digit))
    there.add_service("api", definition)
    assert run(there, plan(definition, digit, version)).succeeded
    return there


def test_only_what_serves_in_the_other_environment() -> None:
    aws, _, new = world()
    aws.others[QA] = qa("c", "1.9.0").objects
    outcome = run(aws, plan(new, gates=AFTER))
    fix = "bring it to qa first, or take what serves there: `./slipway promote -s staging`"
    refused(aws, outcome, "1.8.0 does not serve in qa: 1.9.0 does", fix + override("after"))


def test_what_serves_there_may_come() -> None:
    aws, _, new = world()
    aws.others[QA] = qa().objects
    assert run(aws, plan(new, gates=replace(AFTER, after_near=False))).succeeded


def test_nothing_serves_in_the_other_environment_yet() -> None:
    aws, _, new = world()
    aws.others[QA] = {}
    outcome = run(aws, plan(new, gates=AFTER))
    cause = "nothing has succeeded in qa yet, where 1.8.0 must serve first"
    refused(aws, outcome, cause, f"`pulumi up -s qa`{override('after')}")


def test_what_bakes_in_the_other_environment_is_waited_for() -> None:
    aws, _, new = world()
    there, baking = qa("a", "1.7.4"), dict[str, bytes]()

    def look(_: str) -> None:
        journal = there.objects.get("journal.json", b"{}")
        if json.loads(journal).get("step") == "bake":
            baking.update(there.objects)

    there.after_call = look
    run(there, plan(there.define(8, image("b"))))
    aws.others[QA] = baking
    outcome = run(aws, plan(new, gates=AFTER))
    fix = f"wait until `./slipway status -s qa` says that it serves{override('after')}"
    refused(aws, outcome, "1.8.0 is still on its way in qa, at the step: bake", fix)


@pytest.mark.parametrize("near", [True, False])
def test_what_is_not_healthy_there_is_refused_where_that_can_be_seen(near: bool) -> None:
    aws, _, new = world()
    aws.others[QA] = qa().objects
    # In the one account of this fake, that environment's service is the one that serves here.
    aws.services["api"].primary["runningCount"] = 1
    outcome = run(aws, plan(new, gates=replace(AFTER, after_near=near)))
    if not near:
        assert outcome.succeeded
        return
    wrong = "api: api:1 serves; api: 1 of 2 tasks run"
    fix = f"find out why, and mend it there first{override('after')}"
    refused(aws, outcome, f"1.8.0 serves in qa, but not healthily: {wrong}", fix)


def test_health_that_may_not_be_asked_is_no_reason_to_refuse() -> None:
    aws, _, new = world()
    aws.others[QA] = qa().objects
    denied: list[str] = []

    def deny(name: str) -> None:
        if name == "describe_services" and aws.calls[-1] == "get_object" and not denied:
            denied.append(name)
            raise AwsError("AccessDeniedException", "not yours", "DescribeServices")

    aws.before_call = deny
    aws.after_call = lambda name: None
    outcome = run(aws, plan(new, gates=AFTER))
    assert (denied, outcome.succeeded) == (["describe_services"], True)
    assert "warning: qa could not be asked how it is: DescribeServices: AccessDeniedException: not yours" in aws.heard


def test_an_environment_that_cannot_be_read_refuses_and_says_why() -> None:
    aws, _, new = world()
    aws.others[QA] = {"pointer.json": b"{}"}
    outcome = run(aws, plan(new, gates=AFTER))
    assert outcome.record.cause.startswith(f"what serves in qa could not be read: s3://{QA}/pointer.json: ")
    assert outcome.fix.startswith("use the version of Slipway that wrote it")


def held(aws: FakeAws, digit: str = "a", version: str = "1.7.4") -> Hold:
    hold = Hold(version=version, images={"api": image(digit)}, who="ada", why="slow", since="2026-01-02T03:04:05Z")
    Store(aws.tools().aws.s3, "").keep(hold)
    return hold


def at(aws: FakeAws, kept: ReleasePlan) -> None:
    """Hold it at what a release runs: images and settings."""
    hold = Hold.at("1.7.4", kept.target, "ada", "slow", "2026-01-02T03:04:05Z")
    Store(aws.tools().aws.s3, "").keep(hold)


HELD = "staging is held at 1.7.4 by ada since 2026-01-02 03:04 UTC: slow"


@pytest.mark.parametrize("source", ["build", "pin"])
def test_a_hold_keeps_out_what_nobody_asked_for(source: str) -> None:
    aws, _, new = served()
    run(aws, plan(aws.define(3, image("a")), "a", "1.7.4", source="pin"))
    held(aws)
    outcome = run(aws, plan(new, source=source))
    assert (outcome.record.result, outcome.record.cause) == ("refused", HELD)
    assert "`./slipway hold -s staging --lift --reason …` lifts it" in outcome.fix
    assert "gates.override" not in outcome.fix


def test_a_hold_keeps_out_other_settings_of_the_same_image() -> None:
    """What was gone back from may be a setting: the next update would bring it again."""
    aws, old, _ = world()
    assert run(aws, plan(old, "a", "1.7.4")).succeeded
    at(aws, plan(old, "a"))
    for source in ("build", "pin"):
        outcome = run(aws, plan(aws.define(3, image("a"), cpu=512), "a", "1.7.4", source=source, settings_hash="other"))
        assert (outcome.record.result, outcome.record.cause) == ("refused", HELD)
    assert serves(aws, old)


def test_a_hold_knows_its_settings_by_what_they_say() -> None:
    aws, old, _ = served()
    at(aws, plan(old, "a"))
    again = aws.define(3, image("a"))
    assert run(aws, plan(again, "a", "1.7.4")).succeeded
    assert serves(aws, again)


def test_where_its_task_definition_is_gone_the_image_passes_by_name() -> None:
    aws, old, _ = served()
    at(aws, plan(old, "a"))
    aws.definitions[old]["status"] = "INACTIVE"
    assert run(aws, plan(aws.define(3, image("a"), cpu=512), "a", "1.7.4", source="pin")).succeeded


def test_what_it_is_held_at_passes() -> None:
    aws, old, _ = served()
    held(aws)
    outcome = run(aws, plan(old, "a", "1.7.4", source="pin"))
    assert outcome.succeeded
    assert outcome.record.overrides == ()
    assert HOLD in aws.objects


def test_a_person_lifts_it_with_a_release() -> None:
    aws, _, new = world()
    hold = held(aws)
    outcome = run(aws, plan(new, lift_hold=True, reason="mended"))
    assert outcome.succeeded
    assert outcome.record.overrides == (f"{HELD}; lifted with this release",)
    stored = Hold.from_json(aws.objects[HOLD], HOLD)
    assert (stored.why, stored.lifted_why, stored.active) == (hold.why, "mended", False)
    assert stored.lifted_by.startswith("ada (arn:")
    assert Store(aws.tools().aws.s3, "").hold() is None


def test_a_release_that_fails_lifts_nothing() -> None:
    aws, _, new = world()
    hold = held(aws)
    aws.answer = lambda definition, request: {"status": 500}
    assert not run(aws, plan(new, lift_hold=True)).succeeded
    assert Store(aws.tools().aws.s3, "").hold() == hold
