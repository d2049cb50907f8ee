"""One environment: each state that a person may find it in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from delivery.aws import Clients
from delivery.examining import Finding, Level
from delivery.examining import environment as look
from delivery.hold import Hold
from delivery.store import Store
from tests.delivery.fake_account import Calls
from tests.delivery.fake_clients import AwsError, FakeClients, Killed
from tests.delivery.fakes import BUCKET, FakeAws, image, release_plan, service_plan
from tests.delivery.scene import run, world

SESSION = timedelta(hours=12)


class Scene:
    """Revision 1 serves; `new` is to come."""

    def __init__(self) -> None:
        self.aws, self.old, self.new = world()
        self.service = service_plan(self.new, image("b"))
        self.clients = cast(Clients, FakeClients(self.aws))
        self.store = Store(self.clients.s3, BUCKET)

    def released(self) -> None:
        assert run(self.aws, release_plan(self.service)).succeeded

    def killed(self, step: str) -> None:
        def kill(_: str) -> None:
            if [one["step"] for one in self.aws.documents("journal.json")] == [step]:
                raise Killed

        self.aws.after_call = kill
        with pytest.raises(Killed):
            run(self.aws, release_plan(self.service))
        self.aws.after_call = lambda _: None

    def under_way(self) -> Finding:
        now = datetime.fromtimestamp(self.aws.now, UTC)
        (found,) = look.under_way(self.store, "staging", now, SESSION)
        return found

    def in_flight(self, *, journal: bool = True) -> list[Finding]:
        return list(look.in_flight(self.clients.codedeploy, [self.service], "staging", journal=journal))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_nothing_under_way(scene: Scene) -> None:
    assert scene.under_way().what == "nothing was released yet"
    scene.released()
    found = scene.under_way()
    assert (found.level, found.what) == (Level.OK, "1.8.0 serves, none is under way")


def test_one_under_way_is_told_and_one_that_is_left_is_a_problem(scene: Scene) -> None:
    scene.killed("shift")
    found = scene.under_way()
    assert found.level == Level.WARNING
    assert "is under way, at the step: shift, noted 20" in found.what
    assert "`./slipway abort -s staging --reason …` takes it back" in found.fix
    scene.aws.sleep(SESSION.total_seconds() + 60)
    found = scene.under_way()
    assert found.level == Level.PROBLEM
    assert found.what.endswith("nobody runs it any more")


def test_what_only_its_ending_is_missing_of(scene: Scene) -> None:
    scene.killed("shift")
    journal = scene.store.journal()
    assert journal is not None
    finished = replace(journal, record=replace(journal.record, finished="2026-01-02T03:04:05Z"))
    scene.store.note(finished)
    found = scene.under_way()
    assert (found.level, found.fix) == (Level.PROBLEM, "`pulumi up -s staging` does it")


def test_a_hold_says_how_it_is_lifted(scene: Scene) -> None:
    (free,) = look.held(scene.store, "staging")
    assert free.level == Level.OK
    scene.store.keep(Hold(version="1.8.0", images={}, who="ada", why="incident", since="2026-01-02T03:04:05Z"))
    (held,) = look.held(scene.store, "staging")
    assert held.level == Level.WARNING
    assert held.what == "it is held at 1.8.0 by ada since 2026-01-02 03:04 UTC: incident"
    assert held.fix == "`./slipway hold -s staging --lift --reason …` lifts it"


def test_deployments(scene: Scene) -> None:
    (free,) = scene.in_flight()
    assert (free.level, free.what) == (Level.OK, "none in flight for 1 of 1 services")
    scene.killed("shift")
    (ours,) = scene.in_flight()
    assert (ours.level, ours.what) == (Level.OK, "api: d-1 is of the release under way")
    (nobodys,) = scene.in_flight(journal=False)
    assert nobodys.level == Level.WARNING
    assert "aws deploy get-deployment --deployment-id d-1" in nobodys.fix
    scene.aws.ringing["api-errors"] = "slow"
    scene.aws.sleep(1)
    scene.aws.sleep(5)
    (back,) = scene.in_flight()
    assert (back.level, back.what) == (Level.WARNING, "api: CodeDeploy takes a release back, by d-2")


def test_warm_tasks_are_well(scene: Scene) -> None:
    scene.released()
    (warm,) = scene.in_flight(journal=False)
    assert (warm.level, warm.what) == (Level.OK, "api: d-1 keeps the old tasks warm")


@pytest.mark.parametrize(
    ("state", "level", "said"),
    [
        ({"StateValue": "OK"}, Level.OK, "1 exist and are quiet"),
        ({"StateValue": "ALARM", "StateReason": "5 of\n5"}, Level.PROBLEM, "api-errors rings: 5 of 5"),
        ({"StateValue": "INSUFFICIENT_DATA"}, Level.WARNING, "api-errors has no data: it would take nothing back"),
        (None, Level.PROBLEM, "api-errors does not exist"),
    ],
)
def test_alarms(scene: Scene, state: dict[str, Any] | None, level: Level, said: str) -> None:
    if state is None:
        scene.aws.no_alarms.add("api-errors")
    else:
        scene.aws.alarms["api-errors"] = state
    (found,) = look.alarms(scene.clients.cloudwatch, [scene.service], "staging")
    assert (found.level, found.what) == (level, said)
    assert bool(found.fix) == (level != Level.OK)


def test_without_alarms_there_is_nothing_to_say(scene: Scene) -> None:
    assert list(look.alarms(scene.clients.cloudwatch, [], "staging")) == []


def parts(aws: FakeAws, scene: Scene, *roles: str) -> list[Finding]:
    def get(RoleName: str) -> dict[str, Any]:  # noqa: N803
        if RoleName not in roles:
            raise AwsError("NoSuchEntity")
        return {}

    return list(look.parts(FakeClients(aws).codedeploy, Calls(get_role=get), [scene.service], "staging"))


def test_groups_stand_and_wait(scene: Scene) -> None:
    scene.aws.codedeploy.groups["api"] = {"serviceRoleArn": "arn:aws:iam::1:role/shop/api-codedeploy"}
    (good,) = parts(scene.aws, scene, "api-codedeploy")
    assert good.level == Level.OK
    (gone,) = parts(scene.aws, scene)
    assert (gone.level, gone.what) == (
        Level.PROBLEM,
        "deployment group api: its role api-codedeploy does not exist",
    )


def test_an_environment_that_was_handed_over_is_told(scene: Scene) -> None:
    ready = {"deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0}}
    scene.aws.codedeploy.groups["api"] = {"blueGreenDeploymentConfiguration": ready}
    (found,) = parts(scene.aws, scene)
    assert found.level == Level.PROBLEM
    assert "does not wait for checks: it was handed over (`leave`)" in found.what
    assert found.fix == "`pulumi up --refresh -s staging` sets it right"


def test_a_group_that_is_gone(scene: Scene) -> None:
    del scene.aws.services["api"]
    (found,) = parts(scene.aws, scene)
    assert (found.level, found.what) == (Level.PROBLEM, "deployment group api does not exist")


@pytest.mark.parametrize(
    ("answer", "level", "said"),
    [
        ({"State": "ENABLED"}, Level.OK, "rule shop-warden calls the warden"),
        ({"State": "DISABLED"}, Level.WARNING, "rule shop-warden is disabled: "),
        (AwsError("ResourceNotFoundException"), Level.WARNING, "rule shop-warden does not exist: "),
    ],
)
def test_the_warden(answer: Any, level: Level, said: str) -> None:
    (found,) = look.warden(Calls(describe_rule=answer), "shop-warden", "staging")
    assert found.level == level
    assert found.what.startswith(said)
