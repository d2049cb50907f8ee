"""What faults do when they strike, over an environment that only remembers what was asked of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from rehearsal.errors import RehearsalError
from rehearsal.faults.alone.broken import CrashLoop, FailingCheck, UnpullableImage
from rehearsal.faults.alone.credentials import CredentialsExpire
from rehearsal.faults.alone.late import LateRollback
from rehearsal.faults.alone.secret import MissingSecret
from rehearsal.faults.blind import BLINDS
from rehearsal.faults.control import Control
from rehearsal.faults.kinds.api import Failing, Outage, Throttled
from rehearsal.faults.kinds.by_hand import ListenerByHand, ServiceByHand, StopByHand
from rehearsal.faults.kinds.killed import KillEngine, KillUpdate
from rehearsal.faults.kinds.tasks import BlueKilled, GreenKilled
from rehearsal.faults.scene import Scene
from rehearsal.faults.seen import Serving
from rehearsal.faults.settings import Settings
from rehearsal.faults.sight import Sight
from rehearsal.faults.stages import stage
from rehearsal.faults.update import Update


class Asked:
    """Remembers every call by name and arguments; a method answers what `answers` says."""

    def __init__(self, **answers: Any) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            self.calls.append((name, args, named))
            return self._answers.get(name)

        return call

    def named(self, name: str) -> list[dict[str, Any]]:
        return [named for called, _, named in self.calls if called == name]


class FakeSight(Asked):
    """An environment: blue serves, green comes."""

    cluster, service = "cluster", "service"

    def __init__(self, **answers: Any) -> None:
        sets = [{"id": "ecs-svc/1", "taskDefinition": "old"}, {"id": "ecs-svc/2", "taskDefinition": "new"}]
        usual: dict[str, Any] = {"task_sets": sets, "kill_container": True, "weights": {"blue": 100, "green": 0}}
        usual |= {"warden": []}
        super().__init__(**{**usual, "desired": 2, "active_deployment": "d-1", **answers})
        self.aws = Asked()

    def client(self, _name: str) -> Asked:
        return self.aws

    def version_of(self, task_set: dict[str, Any]) -> str:
        return str(task_set["taskDefinition"])


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    file = tmp_path / "Pulumi.staging.yaml"
    file.write_text(yaml.safe_dump({"config": {"shop:secrets": {"SIGNING_KEY": "shop/signing-key"}}}))
    return Scene(
        version="new",
        before="old",
        stage=stage("shift"),
        sight=cast(Sight, FakeSight()),
        control=cast(Control, Asked(met={"asked": 50, "met": 5, "held": 0})),
        settings=Settings(file, "shop"),
        hand=cast(Any, None),
        application=cast(Any, None),
        service="api",
        declared={"api": {"port": 8000, "checks": ["/"]}},
        update=cast(Update, Asked()),
    )


def asked(of: object) -> Asked:
    return cast(Asked, of)


def test_all_or_the_engine_alone_are_killed(scene: Scene) -> None:
    KillUpdate().strike(scene)
    KillEngine().strike(scene)
    assert [name for name, _, _ in asked(scene.update).calls] == ["kill", "kill_alone"]


@pytest.mark.parametrize(("fault", "effect"), [(Throttled, "throttle"), (Failing, "fail")])
def test_trouble_lasts_until_the_update_has_ended_and_is_counted(scene: Scene, fault: Any, effect: str) -> None:
    struck = fault()
    struck.strike(scene)
    struck.mend(scene)
    (begun, named), ended = asked(scene.control).calls[0][1:], asked(scene.control).calls[-1]
    assert begun == (fault.name, effect)
    assert named["share"] == 0.1
    assert named["seed"]
    assert ended == ("calm", (fault.name,), {})
    assert scene.notes == ["5 of 50 calls met it"]


def test_an_outage_ends_with_the_update_at_the_latest(scene: Scene) -> None:
    outage = Outage()
    outage.strike(scene)
    outage.mend(scene)
    assert outage._back.finished.is_set()
    assert ("calm", ("emulator-restart",), {}) in asked(scene.control).calls


def test_a_task_of_the_right_side_is_killed(scene: Scene) -> None:
    BlueKilled().strike(scene)
    GreenKilled().strike(scene)
    killed = [args[0] for name, args, _ in asked(scene.sight).calls if name == "kill_container"]
    assert killed == ["ecs-svc/1", "ecs-svc/2"]
    assert scene.notes == []


def test_a_task_that_was_not_there_is_told(scene: Scene) -> None:
    scene.sight = cast(Sight, FakeSight(kill_container=False))
    BlueKilled().strike(scene)
    assert scene.notes == ["blue had no container to kill"]


@pytest.mark.parametrize(("where", "weights"), [("gates", {"blue": 1}), ("bake", {"blue": 50, "green": 50})])
def test_nobody_sends_users_to_an_empty_group_by_hand(scene: Scene, where: str, weights: dict[str, int]) -> None:
    scene.stage = stage(where)
    ListenerByHand().strike(scene)
    assert asked(scene.sight).calls[-1] == ("route", (weights,), {})


def test_the_number_of_tasks_is_put_back(scene: Scene) -> None:
    fault = ServiceByHand()
    fault.strike(scene)
    fault.mend(scene)
    counts = [named["desiredCount"] for named in cast(FakeSight, scene.sight).aws.named("update_service")]
    assert counts == [3, 2]


def test_what_holds_the_group_is_stopped(scene: Scene) -> None:
    StopByHand().strike(scene)
    (stopped,) = cast(FakeSight, scene.sight).aws.named("stop_deployment")
    assert stopped == {"deploymentId": "d-1", "autoRollbackEnabled": True}


@pytest.mark.parametrize("fault", [FailingCheck, CrashLoop])
def test_a_wrong_service_is_declared_and_mended(scene: Scene, fault: Any) -> None:
    wrong = fault()
    wrong.prepare(scene)
    declared = scene.settings.get("services")["api"]
    assert declared["port"] == 8000
    assert all(declared[name] == value for name, value in fault.fields.items())
    wrong.mend(scene)
    assert scene.settings.get("services") is None
    assert scene.declared == {"api": {"port": 8000, "checks": ["/"]}}


def test_the_registry_refuses_what_was_pushed(scene: Scene) -> None:
    fault = UnpullableImage()
    fault.strike(scene)
    assert asked(scene.control).calls[0] == (
        "trouble",
        ("unpullable-image", "deny"),
        {"path": "^/v2/", "method": "GET"},
    )
    fault.mend(scene)
    assert asked(scene.control).calls[1] == ("calm", ("unpullable-image",), {})


def test_credentials_expire_for_all_calls(scene: Scene) -> None:
    CredentialsExpire().strike(scene)
    assert asked(scene.control).calls == [("trouble", ("credentials-expire", "expire"), {})]


def test_a_secret_is_deleted_so_that_it_can_be_restored(scene: Scene) -> None:
    fault = MissingSecret()
    fault.strike(scene)
    fault.mend(scene)
    aws = cast(FakeSight, scene.sight).aws
    assert aws.named("delete_secret") == [{"SecretId": "shop/signing-key", "RecoveryWindowInDays": 7}]
    assert aws.named("restore_secret") == [{"SecretId": "shop/signing-key"}]


def test_a_late_rollback_is_waited_for(scene: Scene) -> None:
    back = Serving(version="old", share=100, running=2, desired=2)
    scene.sight = cast(Sight, FakeSight(serving=back, warden=[]))
    LateRollback().later(scene)
    assert scene.wrong == []
    written = [{"result": "succeeded"}, {"result": "taken back"}]
    scene.sight = cast(Sight, FakeSight(serving=back, warden=["shop-staging-warden"], records=written))
    LateRollback().later(scene)
    assert scene.wrong == []
    scene.sight = cast(Sight, FakeSight(active_deployment=""))
    LateRollback().later(scene)
    assert scene.wrong == ["no deployment was kept warm after the update"]


def test_a_guard_is_taken_away_and_given_back(scene: Scene) -> None:
    blind = BLINDS["adoption"]
    blind.before(scene)
    blind.between(scene)
    blind.after(scene)
    assert [call[:2] for call in asked(scene.control).calls] == [
        ("trouble", ("blind", "rewrite")),
        ("calm", ("blind",)),
    ]
    assert "forget_journal" in [name for name, _, _ in asked(scene.sight).calls]
    assert scene.notes[0].startswith("blind: ")


def test_the_warden_is_taken_away_by_its_rule(scene: Scene) -> None:
    blind = BLINDS["warden"]
    with pytest.raises(RehearsalError, match="no warden that could be taken away"):
        blind.before(scene)
    scene.sight = cast(Sight, FakeSight(warden=["shop-staging-warden"]))
    blind.before(scene)
    blind.between(scene)
    blind.after(scene)
    aws = cast(FakeSight, scene.sight).aws
    assert [name for name, _, _ in aws.calls] == ["disable_rule", "enable_rule"]
    assert not [name for name, _, _ in asked(scene.sight).calls if name == "forget_journal"]


def test_a_lost_journal_leaves_the_marks_alone(scene: Scene) -> None:
    BLINDS["journal"].before(scene)
    assert asked(scene.control).calls == []
