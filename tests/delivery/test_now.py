"""Back at once: in seconds while the tasks are warm, by one deployment else; written down, held, and adopted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from delivery.errors import Refused
from delivery.hold import Hold
from delivery.now import OVERRIDE, Now
from delivery.records import Record
from delivery.store import Store
from delivery.warden.warden import Warden, Watched
from tests.delivery.fake_clients import AwsError, FakeClients, Killed
from tests.delivery.fakes import BUCKET, FakeAws, image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves, world
from tests.delivery.test_workers import finish_rolling, worker
from tests.delivery.test_workers import world as with_a_worker


def store(aws: FakeAws) -> Store:
    return Store(aws.tools().aws.s3, BUCKET)


def plan(definition: str, digit: str, version: str, names: tuple[str, ...] = ("api",), source: str = "build") -> Any:
    services = [service_plan(definition, image(digit), name=name) for name in names]
    return release_plan(*services, version=version, source=source)


def released(*names: str) -> tuple[FakeAws, str, str]:
    """1.7.4 was released, then 1.8.0, and the tasks of 1.7.4 are warm."""
    aws, old, new = world()
    for name in names:
        if name != "api":
            aws.add_service(name, old)
    there = ("api", *names) if "api" not in names else names
    assert run(aws, plan(old, "a", "1.7.4", there)).succeeded
    assert run(aws, plan(new, "b", "1.8.0", there)).succeeded
    return aws, old, new


def back(aws: FakeAws, to: str = "1.7.4") -> Record:
    found = store(aws)
    ground = found.ground()
    assert ground is not None
    return Now("staging", found, aws.tools(), ground).run(found.resolve(to), "payments fail", "bob")


@pytest.mark.parametrize("names", [(), ("web",), ("web", "docs")])
def test_warm_tasks_get_all_traffic_in_seconds(names: tuple[str, ...]) -> None:
    aws, old, _ = released(*names)
    began, made = aws.now, len(aws.codedeploy.deployments)
    routed = len(aws.traffic)
    record = back(aws)
    assert all(serves(aws, old, name) for name in ("api", *names))
    assert "create_deployment" not in aws.calls[aws.calls.index("stop_deployment") :]
    rollbacks = aws.codedeploy.deployments[made:]
    assert {one.undoes for one in rollbacks} == {one.id for one in aws.codedeploy.deployments[:made] if one.undone_by}
    # The fake's rollback takes eighteen seconds by itself; all stops went out together, in the first of them.
    stops = [place for place, name in enumerate(aws.calls) if name == "stop_deployment"]
    assert len(stops) == len(names) + 1
    assert aws.traffic[routed][0] - began < 25
    assert record.result == "succeeded"


def test_what_was_done_is_written_down_and_held() -> None:
    aws, old, new = released()
    record = back(aws)
    assert (record.version, record.source, record.who, record.why) == ("1.7.4", "now", "bob", "payments fail")
    assert record.overrides == (OVERRIDE,)
    assert record.services["api"].task_definition == old
    assert record.before["api"].task_definition == new
    assert record.deployments == {}
    pointer = store(aws).pointer()
    assert pointer is not None
    assert (pointer.version, pointer.release, pointer.images) == ("1.7.4", record.id, {"api": image("a")})
    hold = store(aws).hold()
    assert hold is not None
    assert (hold.version, hold.images, hold.who, hold.why) == ("1.7.4", {"api": image("a")}, "bob", "payments fail")
    assert left_behind(aws) == []


def test_it_is_written_down_as_it_ran() -> None:
    """The next update leaves it alone by that: what was declared is what is declared still."""
    aws, old, new = world()
    one, other = (
        replace(
            plan(definition, digit, version),
            services=(service_plan(definition, image(digit), declared=f"d{version}"),),
            secrets={"DB": f"arn:{version}"},
        )
        for definition, digit, version in ((old, "a", "1.7.4"), (new, "b", "1.8.0"))
    )
    assert run(aws, one).succeeded
    assert run(aws, other).succeeded
    record = back(aws)
    assert (record.services["api"].task_definition, record.secrets) == (old, {"DB": "arn:1.7.4"})
    assert record.declared == {"api": "d1.8.0"}


def test_the_warden_adds_no_record_of_its_own() -> None:
    aws, _, _ = released()
    watched = [Watched(name="api", application="api", cluster="shop-staging", service="api")]

    def hear() -> None:
        for one in list(aws.codedeploy.deployments):
            Warden(FakeClients(aws), aws.clock, BUCKET, watched).hear("api", one.id)  # type: ignore[arg-type]

    back(aws)
    aws.sleep(100)
    hear()
    assert [one["result"] for one in aws.documents("releases/")] == ["succeeded"] * 3


def test_cold_tasks_come_by_one_deployment_that_no_alarm_stops() -> None:
    aws, old, _ = released()
    aws.sleep(5000)
    aws.ringing["api-errors"] = "40 % failed"
    record = back(aws)
    assert record.result == "succeeded"
    assert serves(aws, old)
    last = aws.codedeploy.deployments[-1]
    assert (last.definition, last.at_once, last.watched) == (old, True, ())
    assert record.deployments == {"api": last.id}
    assert [share for _, _, definition, share in aws.traffic if definition == old][-1] == 100


def test_progress_is_told_in_seconds() -> None:
    aws, _, _ = released()
    aws.sleep(5000)
    heard = len(aws.heard)
    back(aws)
    told = aws.heard[heard:]
    assert told[0].endswith("s api: tasks of 1.7.4 start")
    assert told[-1].endswith("s api: 1.7.4 has all traffic")
    assert all(line.split("s ")[0].isdigit() for line in told)


def test_a_release_before_the_one_that_is_kept() -> None:
    aws, old, new = released()
    assert run(aws, plan(aws.define(3, image("c")), "c", "1.9.0")).succeeded
    assert back(aws).result == "succeeded"
    assert serves(aws, old)
    assert new not in [one["taskDefinition"] for one in aws.services["api"].sets]


def test_what_is_under_way_of_something_else_is_stopped_first() -> None:
    aws, old, _ = released()
    aws.sleep(5000)
    newest = aws.define(3, image("c"))

    def kill(_: str) -> None:
        if aws.met(newest):
            raise Killed

    aws.after_call = kill
    with pytest.raises(Killed):
        run(aws, plan(newest, "c", "1.9.0"))
    aws.after_call = lambda _: None
    assert back(aws).result == "succeeded"
    assert serves(aws, old)
    assert left_behind(aws) == []


def test_a_service_that_the_release_did_not_know_stays() -> None:
    aws, old, new = released()
    aws.add_service("web", new)
    services = [service_plan(new, image("b"), name=name) for name in ("api", "web")]
    assert run(aws, release_plan(*services, version="1.8.1")).succeeded
    record = back(aws)
    assert serves(aws, old)
    assert serves(aws, new, "web")
    assert {name: served.digest[-1] for name, served in record.services.items()} == {"api": "a", "web": "b"}


def test_workers_follow_at_the_same_time() -> None:
    aws, old, new = with_a_worker()
    finish_rolling(aws, "COMPLETED")
    for definition, digit, version in ((old, "a", "1.7.4"), (new, "b", "1.8.0")):
        services = service_plan(definition, image(digit)), worker(definition, image(digit))
        assert run(aws, release_plan(*services, version=version)).succeeded
    asked = len(aws.calls)
    record = back(aws)
    assert record.result == "succeeded", record.cause
    assert [aws.services[name].primary["taskDefinition"] for name in ("api", "jobs")] == [old, old]
    assert {"stop_deployment", "update_service"} <= set(aws.calls[asked:])
    assert record.before["jobs"].task_definition == new
    assert any(line.endswith("jobs: all tasks are of api:1") for line in aws.heard)


def test_a_task_definition_that_starts_nothing_is_refused_before_anything_moves() -> None:
    aws, old, new = released()
    aws.sleep(5000)
    aws.definitions[old]["status"] = "INACTIVE"
    with pytest.raises(Refused, match="task definition api:1 is not active and starts no task") as error:
        back(aws)
    assert "without --now" in error.value.fix
    assert serves(aws, new)
    assert store(aws).hold() is None
    assert left_behind(aws) == []


def test_warm_tasks_of_one_that_starts_nothing_will_do() -> None:
    aws, old, _ = released()
    aws.definitions[old]["status"] = "INACTIVE"
    assert back(aws).result == "succeeded"
    assert serves(aws, old)


def test_one_service_that_fails_stops_no_other_and_is_told() -> None:
    aws, old, new = released("web")
    aws.sleep(5000)

    def fail(name: str) -> None:
        if name == "create_deployment" and sum(one.status == "InProgress" for one in aws.codedeploy.deployments):
            raise AwsError("InvalidRevisionException", "no", "CreateDeployment")

    aws.before_call = fail
    record = back(aws)
    assert record.result == "failed"
    assert record.cause == "CreateDeployment: InvalidRevisionException: no"
    assert sorted(record.results.values()) == ["failed", "succeeded"]
    assert serves(aws, old) != serves(aws, old, "web")
    pointer = store(aws).pointer()
    assert pointer is not None
    (arrived,) = [name for name, result in record.results.items() if result == "succeeded"]
    assert (pointer.version, pointer.versions) == ("1.8.0", {arrived: "1.7.4"})
    assert new in {served.task_definition for served in pointer.services.values()}
    assert left_behind(aws) == []


def test_who_was_killed_can_come_again() -> None:
    aws, old, _ = released()
    aws.sleep(5000)

    def kill(name: str) -> None:
        if name == "put_object" and aws.codedeploy.deployments[-1].step == "warm":
            raise Killed

    aws.before_call = kill
    with pytest.raises(Killed):
        back(aws)
    aws.before_call = lambda _: None
    deployments = len(aws.codedeploy.deployments)
    assert back(aws).result == "succeeded"
    assert serves(aws, old)
    assert len(aws.codedeploy.deployments) == deployments
    assert left_behind(aws) == []


def test_the_next_update_adopts_it_and_the_one_that_builds_is_refused() -> None:
    aws, old, new = released()
    record = back(aws)
    aws.sleep(100)
    again = aws.define(3, image("a"))
    deployments = len(aws.codedeploy.deployments)
    outcome = run(aws, plan(again, "a", "1.7.4", source="pin"))
    assert (outcome.succeeded, outcome.record.id) == (True, record.id)
    assert len(aws.codedeploy.deployments) == deployments
    refused = run(aws, plan(new, "b", "1.8.0"))
    assert refused.record.cause.startswith("staging is held at 1.7.4 by bob since ")
    assert refused.record.cause.endswith(": payments fail")
    assert serves(aws, old)


def test_a_hold_survives_its_own_words() -> None:
    hold = Hold(version="1.7.4", images={"api": "x"}, who="ada", why="ä", since="2026-01-02T03:04:05Z")
    assert Hold.from_json(hold.to_json(), "here") == hold
