"""What CodeDeploy does when no update runs: written down once, whatever the order of the events."""

from __future__ import annotations

import contextlib
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.clock import Clock
from delivery.records import Journal, Record
from delivery.store import Store
from delivery.update import Update
from delivery.warden.warden import Clients, Warden, Watched
from tests.delivery.fake_clients import FakeClients, Killed
from tests.delivery.fakes import BUCKET, FakeAws, image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves
from tests.examples import examples

WATCHED = Watched(name="api", application="api", cluster="shop-staging", service="api", scalable=True)
WEB = Watched(name="web", application="web", cluster="shop-staging", service="web", scalable=True)
TRIED = examples(12)


class Scene:
    """Staging: 1.7.4 served, 1.8.0 serves now and 1.7.4 is kept warm; nobody runs an update."""

    def __init__(self, *names: str) -> None:
        self.aws = FakeAws()
        self.names = names or ("api",)
        self.old, self.new = {}, {}
        for number, name in enumerate(self.names):
            self.old[name] = self.aws.define(10 * number + 1, image("a"), family=name)
            self.new[name] = self.aws.define(10 * number + 2, image("b"), family=name)
            self.aws.add_service(name, self.old[name])
        assert run(self.aws, self.plan(self.old, "a", "1.7.4")).succeeded
        assert run(self.aws, self.plan(self.new, "b", "1.8.0")).succeeded
        self.store = Store(cast(Any, FakeClients(self.aws)).s3, BUCKET)

    def plan(self, definitions: dict[str, str], digit: str, version: str, **changes: Any) -> Any:
        services = [service_plan(definitions[name], image(digit), name=name, container=name) for name in self.names]
        return release_plan(*services, version=version, **changes)

    @property
    def warden(self) -> Warden:
        """A function that starts cold: it has not heard the time yet."""
        aws = self.aws
        aws.clock = Clock(aws.sleep, lambda: aws.now)
        return Warden(cast(Clients, FakeClients(aws)), aws.clock, BUCKET, (WATCHED, WEB))

    def hear(self, deployment: str, application: str = "") -> str:
        of = next(one.service for one in self.aws.codedeploy.deployments if one.id == deployment)
        return self.warden.hear(application or of, deployment)

    def hear_all(self) -> list[str]:
        return [self.hear(one.id) for one in list(self.aws.codedeploy.deployments)]

    def ring(self, name: str = "api") -> None:
        """The alarm of a service rings in the warm window, and what follows ends."""
        self.aws.ringing[f"{name}-errors"] = "12 % failed"
        self.wait()

    def wait(self) -> None:
        """Let what has begun come to its end."""
        for _ in range(6):
            self.aws.sleep(20)

    def records(self, result: str = "taken back") -> list[Record]:
        return [record for record in self.store.latest(50) if record.result == result]


def test_a_late_alarm_is_written_down_and_the_pointer_is_true() -> None:
    scene = Scene()
    (before, first) = scene.store.latest()
    scene.ring()
    assert serves(scene.aws, scene.old["api"])
    assert scene.hear("d-2") == "1.8.0 was taken back: api: alarm api-errors rang; 1.7.4 serves"
    record = scene.store.latest()[0]
    assert (record.version, record.result, record.who) == ("1.8.0", "taken back", "CodeDeploy")
    assert record.cause == "api: alarm api-errors rang"
    assert record.why == "ALARM_ACTIVE: One or more alarms have been activated. Activated alarms: api-errors"
    assert record.services == before.services
    assert record.before == before.before
    assert record.deployments == {"api": "d-2"}
    assert (before.warm_until != "", record.warm_until, record.update) == (True, "", Update())  # no update ran
    assert record.id != before.id
    assert before.finished < record.started <= record.finished
    pointer = scene.store.pointer()
    assert pointer is not None
    assert (pointer.version, pointer.release, pointer.record) == ("1.7.4", first.id, first.key)
    assert pointer.services["api"].task_definition == scene.old["api"]
    assert pointer.since == record.finished
    assert left_behind(scene.aws) == []


def test_a_stop_in_the_console_is_written_down() -> None:
    scene = Scene()
    scene.aws.codedeploy.stop_deployment("d-1", autoRollbackEnabled=True)
    scene.wait()
    assert scene.hear("d-2").startswith("1.8.0 was taken back: api: deployment d-1 was stopped by someone")


def test_it_waits_for_the_way_back_to_be_named_and_leaves_the_rest_to_its_end() -> None:
    scene = Scene()
    scene.aws.ringing["api-errors"] = "12 % failed"
    scene.aws.sleep(1)
    assert scene.hear("d-1") == "d-2 takes it back"
    assert scene.records() == []


def test_a_stop_without_a_way_back_takes_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    monkeypatch.setattr(scene.aws.codedeploy, "_undo", lambda one: None)
    scene.aws.codedeploy.stop_deployment("d-1", autoRollbackEnabled=False)
    assert scene.hear("d-1") == "nothing to write down"
    assert scene.store.pointer().version == "1.8.0"  # type: ignore[union-attr]


def test_two_services_are_told_as_one_release() -> None:
    scene = Scene("api", "web")
    scene.ring("api")
    scene.hear_all()
    assert [record.cause for record in scene.records()] == ["api: alarm api-errors rang\nweb still runs 1.8.0"]
    scene.ring("web")
    scene.hear_all()
    assert [record.cause for record in scene.records()] == ["api: alarm api-errors rang; web: alarm web-errors rang"]
    assert scene.store.pointer().version == "1.7.4"  # type: ignore[union-attr]


def test_what_succeeds_needs_nothing() -> None:
    scene = Scene()
    assert scene.hear("d-1") == "it goes on"
    scene.aws.sleep(5000)
    kept = dict(scene.aws.objects)
    assert scene.hear("d-1") == "nothing to write down"
    assert scene.aws.objects == kept


def test_deployments_of_others_are_left_alone() -> None:
    scene = Scene()
    assert scene.hear("d-1", application="another") == "another is not of this environment"
    scene.aws.codedeploy.deployments[0].description = "made in the console"
    assert scene.hear("d-1") == "not a deployment of a release"


def test_an_update_that_goes_back_is_no_taking_back() -> None:
    """It stops the deployment that keeps the old tasks warm, and writes its own record."""
    scene = Scene()
    again = scene.aws.define(3, image("a"))
    assert run(scene.aws, scene.plan({"api": again}, "a", "1.7.4", source="pin")).succeeded
    assert serves(scene.aws, scene.old["api"])
    assert scene.hear_all() == ["nothing to write down"] * 2
    assert scene.records() == []


def test_while_an_update_goes_back_nothing_is_told_and_nothing_freed() -> None:
    scene = Scene()
    again = scene.aws.define(3, image("a"))

    def kill(name: str) -> None:
        if scene.aws.codedeploy.deployments[-1].undoes:
            raise Killed

    scene.aws.after_call = kill
    with pytest.raises(Killed):
        run(scene.aws, scene.plan({"api": again}, "a", "1.7.4", source="pin"))
    scene.aws.after_call = lambda name: None
    scene.aws.held.add(WATCHED.scalable_target)
    scene.wait()
    scene.hear_all()
    assert scene.records() == []
    assert scene.aws.held == {WATCHED.scalable_target}


def test_a_failed_release_is_the_updates_to_tell() -> None:
    scene = Scene()
    newest = scene.aws.define(3, image("c"))
    scene.aws.answer = lambda definition, request: {"status": 500 if definition == newest else 200}
    assert not run(scene.aws, scene.plan({"api": newest}, "c", "1.9.0")).succeeded
    scene.hear_all()
    assert scene.records() == []
    assert scene.store.pointer().version == "1.8.0"  # type: ignore[union-attr]


def killed_while_shifting() -> Scene:
    """1.9.0 has a tenth of the users, its update was killed, and autoscaling is held."""
    scene = Scene()
    scene.aws.sleep(5000)
    newest = scene.aws.define(3, image("c"))

    def kill(name: str) -> None:
        if scene.aws.codedeploy.deployments[-1].percent == 10 and scene.aws.held:
            raise Killed

    scene.aws.after_call = kill
    with pytest.raises(Killed):
        run(scene.aws, scene.plan({"api": newest}, "c", "1.9.0"))
    scene.aws.after_call = lambda name: None
    return scene


def test_what_a_killed_update_left_is_ended_when_codedeploy_goes_back() -> None:
    scene = killed_while_shifting()
    scene.ring()
    assert scene.aws.held == {WATCHED.scalable_target}
    last = scene.aws.codedeploy.deployments[-1].id
    assert scene.hear(last) == "1.9.0 was taken back: api: alarm api-errors rang"
    (record,) = scene.records()
    assert record.cause == "interrupted while: shift; api: alarm api-errors rang"
    assert record.who.startswith("ada")
    assert record.finished > record.started
    assert scene.store.pointer().version == "1.8.0"  # type: ignore[union-attr]
    assert left_behind(scene.aws) == []
    assert scene.store.taken_back() == record


def test_autoscaling_is_freed_when_codedeploy_ends_alone_what_a_killed_update_began() -> None:
    scene = killed_while_shifting()
    for _ in range(4):
        scene.aws.sleep(5000)
    assert scene.hear("d-2") == "nobody ran the update any more: autoscaling was freed"
    assert scene.aws.held == set()
    journal = scene.store.journal()
    assert journal is not None
    assert (journal.held, journal.record.version) == ((), "1.9.0")
    assert scene.hear("d-2") == "nothing to free"


def test_an_update_that_lives_is_left_alone() -> None:
    """It closes its journal, or writes into it, soon after everything has ended."""
    scene = killed_while_shifting()
    scene.ring()
    looks = 0

    def close(name: str) -> None:
        nonlocal looks
        looks += name == "get_object"
        if looks == 8:
            scene.aws.objects.pop("journal.json", None)

    scene.aws.before_call = close
    assert scene.hear(scene.aws.codedeploy.deployments[-1].id) == "an update sees to it"
    assert scene.records() == []


def test_an_update_that_writes_on_is_waited_for_within_the_functions_time() -> None:
    scene = killed_while_shifting()
    scene.ring()
    journal = scene.store.journal()
    assert journal is not None
    steps = iter(range(10_000))
    note = {"get_object": lambda: scene.aws.objects.update(_journal(journal, next(steps)))}
    scene.aws.before_call = lambda name: note.get(name, lambda: None)()
    began = scene.aws.now
    assert scene.hear(scene.aws.codedeploy.deployments[-1].id) == "an update sees to it"
    assert 600 < scene.aws.now - began < 700


def _journal(journal: Journal, step: int) -> dict[str, bytes]:
    return {"journal.json": Journal(step=f"step {step}", record=journal.record, held=journal.held).to_json().encode()}


def test_what_a_finished_journal_holds_is_freed() -> None:
    scene = Scene()
    scene.ring()
    scene.aws.held.add("service/shop-staging/web")
    scene.store.note(
        Journal(step="resume autoscaling", record=scene.store.latest()[0], held=("service/shop-staging/web",))
    )
    scene.hear("d-2")
    assert left_behind(scene.aws) == []


def test_a_target_that_is_held_without_a_journal_is_freed() -> None:
    scene = Scene()
    scene.ring()
    scene.aws.held.add(WATCHED.scalable_target)
    scene.hear("d-2")
    assert scene.aws.held == set()


def test_without_the_release_that_serves_again_the_pointer_stays() -> None:
    scene = Scene()
    scene.aws.objects.pop(scene.store.latest()[1].key)
    scene.ring()
    assert scene.hear("d-2") == "1.8.0 was taken back: api: alarm api-errors rang"
    assert scene.store.pointer().version == "1.8.0"  # type: ignore[union-attr]
    assert len(scene.records()) == 1


def test_a_release_that_was_taken_back_is_not_proven_until_it_succeeds_again() -> None:
    scene = Scene()
    target, same = scene.plan(scene.new, "b", "1.8.0").target, scene.aws.tools().world.definitions.same
    assert scene.store.succeeded_before(target, same)
    scene.ring()
    scene.hear_all()
    assert not scene.store.succeeded_before(target, same)
    scene.aws.ringing.clear()
    assert scene.store.taken_back() is not None
    assert run(scene.aws, scene.plan(scene.new, "b", "1.8.0")).succeeded
    assert scene.store.succeeded_before(target, same)
    assert scene.store.taken_back() is None


def test_other_settings_of_the_image_that_serves_are_taken_back_without_the_image() -> None:
    """What ran that image before was good and stays so: the pointer names it, and one can go back to it."""
    scene = Scene()
    good = scene.store.latest()[0]
    changed = {"api": scene.aws.define(3, image("b"), environment=[{"name": "LEVEL", "value": "debug"}])}
    plan = scene.plan(changed, "b", "1.8.0")
    assert run(scene.aws, plan).succeeded
    scene.ring()
    scene.hear_all()
    assert serves(scene.aws, scene.new["api"])
    pointer, same = scene.store.pointer(), scene.aws.tools().world.definitions.same
    assert pointer is not None
    assert (pointer.release, dict(pointer.services)) == (good.id, dict(good.services))
    assert scene.store.succeeded_before(good.services, same)
    assert not scene.store.succeeded_before(plan.target, same)
    assert scene.store.resolve("1.8.0").id == good.id
    scene.aws.ringing.clear()
    newest = {"api": scene.aws.define(4, image("c"))}
    assert run(scene.aws, scene.plan(newest, "c", "1.9.0")).succeeded
    scene.ring()
    scene.hear_all()
    pointer = scene.store.pointer()
    assert pointer is not None
    assert pointer.release == good.id, "not the one of that image which was taken back itself"


@TRIED
@given(
    st.lists(st.tuples(st.sampled_from(["d-1", "d-2", "d-3", "d-4"]), st.integers(0, 40)), max_size=8), st.booleans()
)
def test_events_may_come_twice_late_and_out_of_order(events: list[tuple[str, int]], by_hand: bool) -> None:
    """Two services go back one after the other; whatever is heard before, after the last word all is told once."""
    scene = Scene("api", "web")
    ids = {service: scene.aws.codedeploy.of(service)[0].id for service in ("api", "web")}
    if by_hand:
        for deployment in ids.values():
            scene.aws.codedeploy.stop_deployment(deployment, autoRollbackEnabled=True)
    else:
        scene.aws.ringing |= {"api-errors": "12 % failed", "web-errors": "12 % failed"}
    for deployment, seconds in events:
        scene.aws.sleep(seconds)
        if any(one.id == deployment for one in scene.aws.codedeploy.deployments):
            scene.hear(deployment)
    scene.wait()
    scene.hear_all()
    assert [record.version for record in scene.records()] == ["1.8.0"]
    assert set(scene.records()[0].deployments) == {"api", "web"}
    assert scene.store.pointer().version == "1.7.4"  # type: ignore[union-attr]
    assert left_behind(scene.aws) == []
    kept = dict(scene.aws.objects)
    scene.hear_all()
    assert scene.aws.objects == kept


@TRIED
@given(st.integers(1, 120), st.booleans(), st.randoms(use_true_random=False))
def test_wherever_an_update_is_killed_nothing_stays_held(calls: int, rings: bool, random: Any) -> None:
    scene = Scene()
    scene.aws.sleep(5000)
    newest = scene.aws.define(3, image("c"))
    counted = iter(range(calls))

    def kill(name: str) -> None:
        if next(counted, None) is None:
            raise Killed

    scene.aws.before_call = kill
    with contextlib.suppress(Killed):
        run(scene.aws, scene.plan({"api": newest}, "c", "1.9.0"))
    scene.aws.before_call = lambda name: None
    if rings:
        scene.aws.ringing["api-errors"] = "12 % failed"
    scene.wait()
    for _ in range(5):
        scene.aws.sleep(5000)
    events = [one.id for one in scene.aws.codedeploy.deployments] * 2
    random.shuffle(events)
    for deployment in events:
        scene.hear(deployment)
    if scene.aws.codedeploy.of("api")[1:]:  # before its deployment began, it is not CodeDeploy's to tell
        assert scene.aws.held == set()
    pointer, journal = scene.store.pointer(), scene.store.journal()
    assert pointer is not None
    if journal is None:
        definition = pointer.services["api"].task_definition
        assert serves(scene.aws, definition)
