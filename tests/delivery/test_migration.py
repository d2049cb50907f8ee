"""Migrations in a small AWS: before traffic, once, followed, stopped in time; and what going back makes of them."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from delivery.ending import Outcome
from delivery.plan import Migration, ReleasePlan
from delivery.removal import Removal
from delivery.schema import UNKNOWN
from delivery.stop import Stop
from tests.delivery.fake_clients import AwsError, Killed
from tests.delivery.fake_tasks import FakeTask, Script, tells
from tests.delivery.fakes import BUCKET, FakeAws, image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves, the_record, world
from tests.examples import examples

UP, DOWN = ("python", "-m", "service.migrate", "up"), ("python", "-m", "service.migrate", "down")
HOW = Migration(command=UP, downgrade=DOWN)


def plan(definition: str, digit: str, version: str = "1.8.0", how: Migration = HOW, **changes: Any) -> ReleasePlan:
    return release_plan(service_plan(definition, image(digit), migration=how), version=version, **changes)


def back(definition: str, how: Migration = HOW, **changes: Any) -> ReleasePlan:
    """Going back to 1.7.4."""
    return plan(definition, "a", "1.7.4", how, source="pin", **changes)


def two_releases() -> tuple[FakeAws, str, str]:
    """1.7.4, which knows 0001, served here; 1.8.0, which came with 0002, serves."""
    aws, old, new = world()
    aws.tasks.scripts = [Script([tells("0001", "0001")]), Script([tells("0002", "0001", "0002")])]
    assert run(aws, plan(old, "a", "1.7.4")).succeeded
    assert run(aws, plan(new, "b")).succeeded
    assert aws.tasks.commands == [list(UP), list(UP)]
    aws.sleep(5000)
    aws.heard.clear()
    return aws, old, new


def schemas(outcome: Outcome) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {name: (one.revision, one.known) for name, one in outcome.record.schemas.items()}


def test_it_runs_before_any_traffic_and_is_written_down() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script(["to 0002", "password=hunter2", tells("0002", "0001", "0002")])]
    began: list[int] = []
    aws.before_call = lambda name: began.append(len(aws.codedeploy.deployments)) if name == "run_task" else None
    outcome = run(aws, plan(new, "b"))
    assert outcome.succeeded
    assert began == [0]
    (task,) = aws.tasks.all
    assert task.wish["taskDefinition"] == new
    assert task.wish["launchType"] == "FARGATE"
    assert task.wish["overrides"] == {"containerOverrides": [{"name": "api", "command": list(UP)}]}
    assert task.wish["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["subnet-1"],
        "securityGroups": ["sg-1"],
        "assignPublicIp": "ENABLED",
    }
    assert task.wish["startedBy"] == f"slipway-migration/{outcome.record.id}/up/api"
    assert len(task.wish["clientToken"]) <= 64
    told = [line for line in aws.heard if line.startswith("note: api")]
    assert told == ["note: api: to 0002", "note: api: password=***", "note: api: schema 0002"]
    assert "0% 0/15m migration" in aws.heard
    record = the_record(aws)
    assert record["schemas"] == {"api": {"revision": "0002", "known": ["0001", "0002"]}}
    assert list(record["seconds"])[:3] == ["gates", "migrate", "provision"]
    assert left_behind(aws) == []


def test_without_a_migration_nothing_is_run_and_nothing_measured() -> None:
    aws, _, new = world()
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert aws.tasks.all == []
    assert "migrate" not in outcome.record.seconds


def test_one_that_fails_refuses_with_its_last_words_and_nothing_moves() -> None:
    aws, old, new = world()
    lines = [f"line {number}" for number in range(9)]
    aws.tasks.scripts = [Script([*lines, "column is there already"], code=3, seconds=12)]
    outcome = run(aws, plan(new, "b"))
    assert outcome.record.result == "refused"
    assert outcome.record.cause == (
        "api: its migration failed: Essential container exited (container api exited with 3); "
        "last lines of its log: line 5 | line 6 | line 7 | line 8 | column is there already"
    )
    assert outcome.fix == "mend the migration and run the update again; traffic has not moved"
    assert schemas(outcome) == {"api": (UNKNOWN, ())}
    assert serves(aws, old)
    assert aws.codedeploy.deployments == []
    assert left_behind(aws) == []


def test_one_that_fails_and_tells_where_it_stopped_is_believed() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script([tells("0001", "0001", "0002")], code=1)]
    assert schemas(run(aws, plan(new, "b"))) == {"api": ("0001", ("0001", "0002"))}


def test_one_that_never_began_has_changed_nothing() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script(starts=False)]
    outcome = run(aws, plan(new, "b"))
    assert outcome.record.cause == "api: its migration failed: CannotPullContainerError: not found"
    assert schemas(outcome) == {}


def test_one_that_cannot_be_started_says_why() -> None:
    aws, _, new = world()
    aws.tasks.failures = [{"reason": "RESOURCE:ENI", "detail": "no address left"}]
    outcome = run(aws, plan(new, "b"))
    assert outcome.record.cause == "api: its migration could not be started: RESOURCE:ENI no address left"
    assert (outcome.record.result, schemas(outcome)) == ("refused", {})


def test_one_that_takes_too_long_is_stopped() -> None:
    aws, old, new = world()
    aws.tasks.scripts = [Script(["waiting for a lock", "never"], seconds=9000)]
    outcome = run(aws, plan(new, "b", how=replace(HOW, timeout_minutes=2)))
    assert outcome.record.cause == (
        "api: its migration took longer than 2 minutes and was stopped; last lines of its log: waiting for a lock"
    )
    assert "services.api.migrate.timeout" in outcome.fix
    assert aws.tasks.all[0].stopped is not None
    assert 120 < outcome.record.seconds["migrate"] < 180
    assert "0% stopping the migration" in aws.heard
    assert serves(aws, old)


def test_cancel_stops_it_at_once_and_waits_for_its_end() -> None:
    aws, old, new = world()
    aws.tasks.scripts = [Script(seconds=60)]
    stop = Stop()
    told_to_stop: list[bool] = []

    def cancel(name: str) -> None:
        if aws.tasks.all and aws.now > aws.tasks.all[0].created + 4 and not stop.asked:
            stop.ask()
            told_to_stop.append(aws.tasks.all[0].stopped is not None)

    aws.after_call = cancel
    outcome = run(aws, plan(new, "b"), stop)
    assert told_to_stop == [True]
    assert outcome.record.result == "cancelled"
    assert outcome.record.cause == "the update was cancelled, and the migration of api stopped in its middle"
    assert not aws.tasks.all[0].running(aws.now)
    assert schemas(outcome) == {"api": (UNKNOWN, ())}
    assert serves(aws, old)


def test_one_that_was_stopped_politely_is_not_done() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script(["half"], seconds=60)]

    def meddle(name: str) -> None:
        if aws.tasks.all and aws.now > aws.tasks.all[0].created + 10:
            aws.tasks.stop(aws.tasks.all[0].arn)

    aws.before_call = meddle
    described = FakeTask.described

    def politely(task: FakeTask, now: float) -> dict[str, Any]:
        shown = described(task, now)
        if "exitCode" in shown["containers"][0]:
            shown["containers"][0]["exitCode"] = 0
        return shown

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeTask, "described", politely)
        outcome = run(aws, plan(new, "b"))
    assert outcome.record.cause.startswith("api: its migration failed: stopped")


def test_a_log_that_comes_late_is_waited_for() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script([tells("0002", "0002")], seconds=1, late=20)]
    assert schemas(run(aws, plan(new, "b"))) == {"api": ("0002", ("0002",))}


def test_one_that_tells_no_schema_is_done_and_warned_about() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script(["done"])]
    outcome = run(aws, plan(new, "b"))
    assert outcome.succeeded
    assert schemas(outcome) == {"api": (UNKNOWN, ())}
    assert any("warning: api: the migration ended well and told no schema" in line for line in aws.heard)


def test_a_log_that_cannot_be_read_stops_nothing() -> None:
    aws, _, new = world()

    def refuse(name: str) -> None:
        if name == "get_log_events":
            raise AwsError("AccessDeniedException", "not authorized", "GetLogEvents")

    aws.before_call = refuse
    assert run(aws, plan(new, "b")).succeeded
    warnings = [line for line in aws.heard if "log cannot be read" in line]
    assert warnings == [
        "warning: api: the migration's log cannot be read: GetLogEvents: AccessDeniedException: not authorized"
    ]


def test_of_a_flood_the_log_is_named() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script([*(f"row {number}" for number in range(300)), tells("1", "1")], seconds=4)]
    run(aws, plan(new, "b"))
    told = [line for line in aws.heard if line.startswith("note: api:")]
    assert told[199:202] == [
        "note: api: row 199",
        "note: api: … more in log group /api, stream ecs/api/t-1",
        "note: api: schema 1",
    ]


def test_what_is_there_already_is_not_done_again() -> None:
    aws, _, new = world()
    aws.answer = lambda definition, request: {"status": 500 if definition == new else 200}
    assert run(aws, plan(new, "b")).record.result == "refused"
    aws.answer = lambda definition, request: {"status": 200}
    outcome = run(aws, plan(new, "b"))
    assert outcome.succeeded
    assert len(aws.tasks.all) == 1
    assert "note: api: schema 0002 is there already" in aws.heard
    assert schemas(outcome) == {"api": ("0002", ("0001", "0002"))}


def test_where_all_is_as_it_was_nothing_is_run_or_written() -> None:
    aws, _, new = two_releases()
    count = len(list(aws.documents("releases/")))
    outcome = run(aws, plan(new, "b"))
    assert outcome.succeeded
    assert (len(aws.tasks.all), len(list(aws.documents("releases/")))) == (2, count)


def test_after_one_that_failed_it_is_done_again_under_another_token() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script(code=1, lines=["no"]), Script()]
    run(aws, plan(new, "b"))
    assert run(aws, plan(new, "b")).succeeded
    assert len({task.wish["clientToken"] for task in aws.tasks.all}) == 2


def test_services_migrate_one_after_the_other() -> None:
    aws, old, new = world()
    aws.add_service("web", old)
    services = [service_plan(new, image("b"), name=name, migration=HOW) for name in ("api", "web")]
    assert run(aws, release_plan(*services)).succeeded
    first, second = aws.tasks.all
    assert second.created >= first.ends
    assert "0% 0/15m migration · web" in aws.heard


def test_another_migration_of_the_environment_is_waited_for() -> None:
    aws, _, new = world()
    newest = aws.define(3, image("c"))
    aws.tasks.scripts = [Script(seconds=90), Script([tells("0003", "0003")])]

    def kill(name: str) -> None:
        if aws.tasks.all:
            raise Killed

    aws.after_call = kill
    with pytest.raises(Killed):
        run(aws, plan(new, "b"))
    aws.after_call = lambda name: None
    outcome = run(aws, plan(newest, "c", "1.9.0"))
    assert outcome.succeeded
    first, second = aws.tasks.all
    assert second.created >= first.ends
    assert "0% waiting for migration t-1" in aws.heard
    interrupted, _ = sorted(aws.documents("releases/"), key=lambda record: str(record["version"]))
    assert interrupted["schemas"] == {"api": {"revision": UNKNOWN, "known": []}}


def test_another_migration_that_does_not_end_is_named() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script(seconds=90_000)]
    aws.after_call = lambda name: (_ for _ in ()).throw(Killed) if name == "run_task" else None
    with pytest.raises(Killed):
        run(aws, plan(new, "b"))
    aws.after_call = lambda name: None
    outcome = run(aws, plan(aws.define(3, image("c")), "c", "1.9.0"))
    assert outcome.record.cause == "api: another migration of this environment still runs: task t-1"
    assert (outcome.record.result, len(aws.tasks.all)) == ("refused", 1)


@pytest.mark.parametrize("moment", range(12, 40))
def test_a_kill_at_any_call_starts_no_second_one(moment: int) -> None:
    aws, _, new = world()

    def kill(name: str) -> None:
        if len(aws.calls) >= moment:
            raise Killed

    aws.after_call = kill
    with pytest.raises(Killed):
        run(aws, plan(new, "b"))
    aws.after_call = lambda name: None
    aws.sleep(moment % 3 * 20)
    outcome = run(aws, plan(new, "b"))
    assert outcome.succeeded
    assert len(aws.tasks.all) == 1
    assert schemas(outcome) == {"api": ("0002", ("0001", "0002"))}


@examples(25)
@given(
    pauses=some.lists(some.tuples(some.integers(1, 45), some.integers(0, 90)), max_size=4),
    seconds=some.integers(1, 60),
    newer=some.booleans(),
)
def test_however_often_it_is_killed_no_two_run_at_once(
    pauses: list[tuple[int, int]], seconds: int, newer: bool
) -> None:
    aws, _, new = world()
    newest = aws.define(3, image("c"))
    aws.tasks.scripts = [Script(seconds=seconds)]
    for turn, (calls, wait) in enumerate(pauses):
        limit = len(aws.calls) + calls

        def kill(name: str, limit: int = limit) -> None:
            if len(aws.calls) >= limit:
                raise Killed

        aws.after_call = kill
        with contextlib.suppress(Killed):
            run(aws, plan(newest, "c", "1.9.0") if newer and turn % 2 else plan(new, "b"))
        aws.sleep(wait)
    aws.after_call = lambda name: None
    assert run(aws, plan(new, "b")).succeeded
    for earlier, later in pairwise(aws.tasks.all):
        assert later.created >= earlier.ends
    if not newer:
        assert len(aws.tasks.all) == 1


def test_one_that_was_started_under_another_number_of_its_definition_is_adopted() -> None:
    aws, _, new = world()
    listed = aws.tasks.listed
    aws.after_call = lambda name: (_ for _ in ()).throw(Killed) if name == "run_task" else None
    with pytest.raises(Killed):
        run(aws, plan(new, "b"))
    aws.after_call = lambda name: None
    # ECS does not show the task yet, and the program registered the same content again.
    aws.tasks.listed = lambda family, status: []  # type: ignore[method-assign]
    again = plan(aws.define(3, image("b")), "b")
    aws.objects["journal.json"] = aws.objects["journal.json"].replace(b"/api:2", b"/api:3")
    assert run(aws, again).succeeded
    assert len(aws.tasks.all) == 1
    aws.tasks.listed = listed  # type: ignore[method-assign]


def test_tasks_that_died_for_want_of_the_schema_are_no_reason_to_give_up() -> None:
    aws, old, _ = world()
    service = aws.services["api"]
    service.primary["runningCount"] = 0
    task = {"startedBy": "ecs-svc/1", "stopCode": "EssentialContainerExited", "containers": []}
    begun = aws.tasks.run

    def start(wish: dict[str, Any]) -> dict[str, Any]:
        moment = datetime.fromtimestamp(aws.now, UTC)
        aws.stopped_tasks = [{**task, "taskArn": f"t/{number}", "stoppedAt": moment} for number in range(9)]
        return begun(wish)

    aws.tasks.run = start  # type: ignore[method-assign]

    def recover(name: str) -> None:
        if aws.tasks.all and aws.now > aws.tasks.all[0].ends + 30:
            service.primary["runningCount"] = 2

    aws.before_call = recover
    assert run(aws, plan(old, "a")).succeeded


def test_going_back_migrates_nothing_and_is_told_what_it_meets() -> None:
    aws, old, _ = two_releases()
    outcome = run(aws, back(old))
    assert outcome.succeeded
    assert len(aws.tasks.all) == 2
    said = "api: the database is at schema 0002, and 1.7.4 knows no later one than 0001"
    assert f"warning: {said}" in aws.heard
    assert outcome.record.overrides == (said,)
    assert schemas(outcome) == {"api": ("0002", ("0001",))}


def test_going_back_is_refused_where_the_settings_say_so() -> None:
    aws, old, new = two_releases()
    outcome = run(aws, back(old, replace(HOW, ahead="refuse")))
    assert outcome.record.result == "refused"
    assert outcome.record.cause == "api: the database is at schema 0002, and 1.7.4 knows no later one than 0001"
    assert outcome.fix == (
        "undo the newer migrations on the way: `./slipway rollback --downgrade …`; "
        "or, where the older release works with the newer schema, set `schema_ahead` to warn"
    )
    assert serves(aws, new)
    assert schemas(run(aws, plan(new, "b"))) == {"api": ("0002", ("0001", "0002"))}


@pytest.mark.parametrize("ahead", ["warn", "refuse"])
def test_the_newer_image_undoes_its_schema_before_the_shift_back(ahead: str) -> None:
    aws, old, new = two_releases()
    aws.tasks.scripts = [Script(["down to 0001", tells("0001", "0001", "0002")])]
    outcome = run(aws, back(old, replace(HOW, ahead=ahead), downgrade=True))
    assert outcome.succeeded
    assert serves(aws, old)
    task = aws.tasks.all[-1]
    assert task.wish["taskDefinition"] == new
    assert aws.tasks.commands[-1] == [*DOWN, "0001"]
    assert "note: api: schema 0002 → 0001, undone by 1.8.0" in aws.heard
    assert "warning: api: what serves was made for schema 0002, until 1.7.4 does" in aws.heard
    assert schemas(outcome) == {"api": ("0001", ("0001",))}


def test_going_forward_again_after_that_migrates_again() -> None:
    aws, old, new = two_releases()
    aws.tasks.scripts = [Script([tells("0001", "0001", "0002")]), Script()]
    run(aws, back(old, downgrade=True))
    outcome = run(aws, plan(new, "b", source="pin"))
    assert outcome.succeeded
    assert aws.tasks.commands[-1] == list(UP)
    assert "note: api: schema 0001 → 0002" in aws.heard
    assert schemas(outcome) == {"api": ("0002", ("0001", "0002"))}


def test_a_downgrade_that_was_interrupted_goes_on_without_being_asked_for_again() -> None:
    aws, old, _ = two_releases()
    aws.tasks.scripts = [Script([tells("0001", "0001", "0002")], seconds=40)]
    aws.after_call = lambda name: (_ for _ in ()).throw(Killed) if name == "run_task" else None
    with pytest.raises(Killed):
        run(aws, back(old, downgrade=True))
    aws.after_call = lambda name: None
    outcome = run(aws, back(old))
    assert outcome.succeeded
    assert len(aws.tasks.all) == 3
    assert schemas(outcome) == {"api": ("0001", ("0001",))}


def test_a_downgrade_that_ends_elsewhere_is_refused_and_what_it_told_is_kept() -> None:
    aws, old, new = two_releases()
    aws.tasks.scripts = [Script([tells("0002", "0001", "0002")])]
    outcome = run(aws, back(old, downgrade=True))
    assert outcome.record.cause == ("api: the database should be back at schema 0001, and its migration says 0002")
    assert schemas(outcome) == {"api": ("0002", ("0001",))}
    assert serves(aws, new)


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        ("command", "knows no later one than 0001, and api has no command that undoes it"),
        ("definition", "api: no image that knows schema 0002 can be started, so nothing can undo it"),
        ("records", "api: the database is at schema 0002, and what 1.7.4 knows was never written down, so nothing"),
    ],
)
def test_a_downgrade_that_cannot_be_is_refused_before_anything(spoil: str, cause: str) -> None:
    aws, old, new = two_releases()
    how = replace(HOW, downgrade=()) if spoil == "command" else HOW
    if spoil == "definition":
        aws.definitions[new]["status"] = "INACTIVE"
    if spoil == "records":
        first = min(key for key in aws.objects if key.startswith("releases/"))
        aws.objects[first] = aws.objects[first].replace(b'"schemas": {', b'"was": {')
    outcome = run(aws, back(old, how, downgrade=True))
    assert cause in outcome.record.cause
    assert "without --downgrade" in outcome.fix
    assert (outcome.record.result, len(aws.tasks.all)) == ("refused", 2)
    assert serves(aws, new)


def test_going_back_to_a_release_from_before_migrations_is_only_warned() -> None:
    aws, old, new = world()
    assert run(aws, release_plan(service_plan(old, image("a")), version="1.7.4")).succeeded
    assert run(aws, plan(new, "b")).succeeded
    outcome = run(aws, back(old, replace(HOW, ahead="refuse")))
    assert outcome.succeeded
    assert outcome.record.overrides == (
        "api: the database is at schema 0002, and what 1.7.4 knows was never written down",
    )


def test_going_back_after_a_migration_that_failed_is_only_warned() -> None:
    aws, old, _ = two_releases()
    newest = aws.define(3, image("c"))
    aws.tasks.scripts = [Script(["boom"], code=1)]
    run(aws, plan(newest, "c", "1.9.0"))
    outcome = run(aws, back(old))
    assert outcome.succeeded
    assert outcome.record.overrides == ("api: its last migration did not tell what schema the database is at",)


def test_the_first_migration_of_an_image_that_served_without_runs() -> None:
    aws, old, _ = world()
    assert run(aws, release_plan(service_plan(old, image("a")), version="1.7.4")).succeeded
    outcome = run(aws, plan(old, "a", "1.7.4"))
    assert outcome.succeeded
    assert len(aws.tasks.all) == 1
    assert schemas(outcome) == {"api": ("0002", ("0001", "0002"))}
    assert len(list(aws.documents("releases/"))) == 2


def test_an_older_image_that_never_served_is_held_to_what_it_tells() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script([tells("0003", "0001", "0002")])]
    outcome = run(aws, plan(new, "b", how=replace(HOW, ahead="refuse")))
    assert outcome.record.cause == "api: the database is at schema 0003, and 1.8.0 knows no later one than 0002"


def test_removing_an_environment_stops_a_migration_that_still_runs() -> None:
    aws, _, new = world()
    aws.tasks.scripts = [Script(seconds=9000)]
    aws.after_call = lambda name: (_ for _ in ()).throw(Killed) if name == "run_task" else None
    with pytest.raises(Killed):
        run(aws, plan(new, "b"))
    aws.after_call = lambda name: None
    Removal(plan(new, "b").services, BUCKET, aws.tools()).run()
    assert aws.tasks.all[0].stopped is not None
