from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from delivery.errors import DeliveryError
from delivery.schema import UNKNOWN, Schema
from ops.hold import hold
from ops.rollback import rollback
from tests.delivery.fake_clients import ACCOUNT
from tests.delivery.fakes import image, release_plan, service_plan
from tests.delivery.scene import run, serves
from tests.ops.conftest import World
from tests.ops.environment import Environment, outcome_of

Invoke = Callable[..., Result]
WHO = f"bob (arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci)"
WHY = ("-s", "staging", "--reason", "slow")


@pytest.fixture
def three(world: World) -> World:
    """1.1.0 and 1.2.0 succeeded, 1.3.0 serves, 1.4.0 failed."""
    world.released(1)
    world.released(2)
    world.serves(world.released(3))
    world.released(4, result="failed", cause="alarm rang")
    return world


def refusal(result: Result) -> DeliveryError:
    assert isinstance(result.exception, DeliveryError)
    return result.exception


def test_goes_to_the_last_good_release_that_does_not_serve(three: World, invoke: Invoke) -> None:
    shown = invoke(rollback, *WHY, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert three.called == [
        ["config", "set", "release", "1.2.0", "-s", "staging"],
        ["up", "--yes", "--skip-preview", "-s", "staging", "-m", "rollback to 1.2.0 (00000002): slow"],
    ]
    assert three.environment == {"SLIPWAY_REASON": "slow"}
    assert f"sha256:{'3' * 12} → sha256:{'2' * 12}" in shown.output
    assert "pulumi config rm release -s staging" in shown.output


def test_goes_to_what_really_served_before_where_that_is_another_release(three: World, invoke: Invoke) -> None:
    serving = three.store.resolve("1.3.0")
    three.store.write(replace(serving, before_release="00000001", before_version="1.1.0"))
    invoke(rollback, *WHY, "--yes")
    assert three.called[0] == ["config", "set", "release", "1.1.0", "-s", "staging"]


def test_goes_to_the_release_that_is_named(three: World, invoke: Invoke) -> None:
    invoke(rollback, *WHY, "--yes", "--to", "1.1.0")
    assert three.called[0] == ["config", "set", "release", "1.1.0", "-s", "staging"]


def test_an_ambiguous_version_is_set_by_its_id(world: World, invoke: Invoke) -> None:
    world.released(1, version="2.0.0")
    world.released(2, version="2.0.0")
    world.serves(world.released(3))
    invoke(rollback, *WHY, "--yes", "--to", "00000001")
    assert world.called[0] == ["config", "set", "release", "00000001", "-s", "staging"]


def test_asks_and_takes_no_for_an_answer(three: World, invoke: Invoke) -> None:
    shown = invoke(rollback, *WHY, typed="n\n")
    assert "Go back to 1.2.0 in staging?" in shown.output
    assert shown.exit_code == 1
    assert three.called == []


def test_a_dry_run_changes_nothing(three: World, invoke: Invoke) -> None:
    shown = invoke(rollback, *WHY, "--dry-run")
    assert "Back to 1.2.0" in shown.output
    assert three.called == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("1.4.0", "never succeeded: failed: alarm rang"),
        ("1.3.0", "1.3.0 is what serves already"),
        ("9.9.9", "has this id, version or digest"),
    ],
)
def test_refuses_with_the_reason_and_the_way_out(three: World, invoke: Invoke, wanted: str, said: str) -> None:
    error = refusal(invoke(rollback, *WHY, "--yes", "--to", wanted))
    assert said in error.message
    assert "./slipway history" in error.fix
    assert three.called == []


def test_refuses_a_release_whose_image_is_gone(three: World, invoke: Invoke) -> None:
    three.registry.gone.add(f"sha256:{'2' * 64}")
    error = refusal(invoke(rollback, *WHY, "--yes"))
    assert "the image of api is gone" in error.message
    assert "(c2)" in error.fix
    assert three.called == []


def test_refuses_where_there_is_nothing_to_go_back_to(world: World, invoke: Invoke) -> None:
    world.serves(world.released(1))
    assert "no earlier release" in refusal(invoke(rollback, *WHY, "--yes")).message


@pytest.mark.parametrize("reason", [(), ("--reason", " ")])
def test_needs_a_reason(three: World, invoke: Invoke, reason: tuple[str, ...]) -> None:
    shown = invoke(rollback, "-s", "staging", "--yes", *reason)
    assert shown.exit_code == 2
    assert "--reason" in shown.output
    assert three.called == []


def test_a_failed_update_is_a_failure(three: World, invoke: Invoke) -> None:
    three.exit_code = 255
    assert "still serves" in refusal(invoke(rollback, *WHY, "--yes")).message


def schemas(world: World, older: Schema | None, newer: Schema) -> None:
    """1.1.0 brought one schema and 1.2.0, which serves, another."""
    world.released(1, schema=older)
    world.serves(world.released(2, schema=newer))


FIRST = Schema(revision="0001", known=("0001",))
SECOND = Schema(revision="0002", known=("0001", "0002"))


@pytest.mark.parametrize(
    ("older", "newer", "said"),
    [
        (FIRST, FIRST, "api: the database is at schema 0001, which 1.1.0 was made for"),
        (FIRST, SECOND, "api: the database stays at schema 0002, which 1.1.0 does not know: it knows 0001"),
        (SECOND, FIRST, "api: the database goes from schema 0001 to 0002"),
        (None, SECOND, "api: the database stays at schema 0002; it is not known whether 1.1.0 works with it"),
        (FIRST, Schema(revision=UNKNOWN), "stays at a schema that its last migration did not tell; it is not known"),
    ],
)
def test_says_what_the_older_release_meets_in_the_database(
    world: World, invoke: Invoke, older: Schema | None, newer: Schema, said: str
) -> None:
    schemas(world, older, newer)
    shown = invoke(rollback, *WHY, "--yes")
    assert said in shown.output
    assert world.environment == {"SLIPWAY_REASON": "slow"}


def test_says_nothing_of_databases_where_none_was_ever_migrated(three: World, invoke: Invoke) -> None:
    assert "database" not in invoke(rollback, *WHY, "--dry-run").output


def test_hands_the_wish_to_undo_the_schema_to_the_update(world: World, invoke: Invoke) -> None:
    schemas(world, FIRST, SECOND)
    shown = invoke(rollback, *WHY, "--yes", "--downgrade")
    assert "api: the database goes back from schema 0002 to 0001 before the shift" in shown.output
    assert world.environment == {"SLIPWAY_REASON": "slow", "SLIPWAY_DOWNGRADE": "1"}


def test_refuses_to_undo_what_was_not_written_down(world: World, invoke: Invoke) -> None:
    schemas(world, None, SECOND)
    error = refusal(invoke(rollback, *WHY, "--yes", "--downgrade"))
    assert error.message == (
        "api: it was not written down what the database is at or what 1.1.0 knows, so nothing can be undone"
    )
    assert "without --downgrade" in error.fix
    assert world.called == []


def test_refuses_a_schema_that_is_ahead_where_the_settings_say_so(world: World, invoke: Invoke) -> None:
    schemas(world, FIRST, SECOND)
    file = Path("Pulumi.staging.yaml")
    file.write_text(file.read_text() + "  shop:schema_ahead: refuse\n")
    error = refusal(invoke(rollback, *WHY, "--yes"))
    assert error.message == "api: the database is at schema 0002, and 1.1.0 knows no later one than 0001"
    assert "./slipway rollback --downgrade" in error.fix
    assert "schema_ahead" in error.fix
    assert world.called == []
    assert invoke(rollback, *WHY, "--yes", "--downgrade").exit_code == 0


def test_never_chooses_by_itself_what_codedeploy_took_back(three: World, invoke: Invoke) -> None:
    three.released(5)
    three.released(6, result="taken back", version="1.5.0")
    record = three.store.latest(1)[0]
    assert record.result == "taken back"
    three.store.write(replace(record, services=three.store.resolve("00000005").services))
    invoke(rollback, *WHY, "--yes")
    assert three.called[0] == ["config", "set", "release", "1.2.0", "-s", "staging"]


def test_holds_the_environment_there(three: World, invoke: Invoke) -> None:
    shown = invoke(rollback, *WHY, "--yes")
    hold = three.store.hold()
    assert hold is not None
    assert (hold.version, hold.why) == ("1.2.0", "slow")
    assert list(hold.images) == ["api"]
    assert "`./slipway hold -s staging --lift --reason …` lifts it" in shown.output


def test_an_environment_that_builds_keeps_the_name_in_its_settings(three: World, invoke: Invoke) -> None:
    invoke(rollback, *WHY, "--yes")
    assert "shop:release: 1.2.0" in Path("Pulumi.staging.yaml").read_text()


def test_one_that_takes_follows_what_serves_and_keeps_its_settings(three: World, invoke: Invoke) -> None:
    file = Path("Pulumi.staging.yaml")
    Path("Pulumi.qa.yaml").write_text(file.read_text())
    file.write_text("# ours\n" + file.read_text() + "  shop:source: qa\n")
    before = file.read_text()
    shown = invoke(rollback, *WHY, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert file.read_text() == before
    assert "pulumi config rm" not in shown.output


def test_a_failed_update_leaves_settings_and_holds_as_they_were(three: World, invoke: Invoke) -> None:
    before = Path("Pulumi.staging.yaml").read_text()
    three.exit_code = 255
    assert "1.2.0 does not serve; what served before still serves" in refusal(invoke(rollback, *WHY, "--yes")).message
    assert Path("Pulumi.staging.yaml").read_text() == before
    assert three.store.hold() is None


def test_an_update_that_failed_after_the_release_served_says_so(three: World, invoke: Invoke) -> None:
    three.exit_code = 255
    three.on_update = lambda: three.serves(three.store.resolve("1.2.0"))
    assert "1.2.0 serves all the same" in refusal(invoke(rollback, *WHY, "--yes")).message
    assert three.store.hold() is not None


def test_one_whose_task_definition_was_gone_serves_by_its_images(three: World, invoke: Invoke) -> None:
    three.exit_code = 255
    served = three.store.resolve("1.2.0")
    again = {"api": replace(served.services["api"], task_definition="arn:aws:ecs:td/api:9")}
    three.on_update = lambda: three.serves(replace(served, id="00000009", services=again))
    assert "1.2.0 serves all the same" in refusal(invoke(rollback, *WHY, "--yes")).message
    assert three.store.hold() is not None


def test_one_that_has_the_images_of_what_serves_has_to_come_first(three: World, invoke: Invoke) -> None:
    other = {"api": replace(three.store.resolve("1.3.0").services["api"], task_definition="arn:aws:ecs:td/api:9")}
    three.store.write(replace(three.released(4), services=other))
    three.serves(three.store.resolve("00000004"))
    three.exit_code = 255
    words = ("--to", "00000003", "--yes")
    assert "1.3.0 does not serve; what served before still" in refusal(invoke(rollback, *WHY, *words)).message
    assert three.store.hold() is None


def test_who_edits_the_settings_meanwhile_keeps_the_edit(three: World, invoke: Invoke) -> None:
    three.exit_code = 255
    three.on_update = lambda: Path("Pulumi.staging.yaml").write_text("mine")  # type: ignore[assignment]
    invoke(rollback, *WHY, "--yes")
    assert Path("Pulumi.staging.yaml").read_text() == "mine"


def test_who_has_gone_back_goes_further_back_and_not_forward_again(three: World, invoke: Invoke) -> None:
    back = three.released(5, version="1.2.0")
    three.store.write(replace(back, services=three.store.resolve("00000002").services))
    three.serves(three.store.resolve("00000005"))
    invoke(rollback, *WHY, "--yes")
    assert three.called[0] == ["config", "set", "release", "1.1.0", "-s", "staging"]


def test_gates_warn_and_a_hold_is_replaced(three: World, invoke: Invoke) -> None:
    file = Path("Pulumi.staging.yaml")
    file.write_text(file.read_text() + "  shop:gates: {freeze: [Fri - Fri]}\n")
    assert invoke(hold, *WHY[:2], "--reason", "wait").exit_code == 0
    shown = invoke(rollback, *WHY, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "warning: gate freeze: staging is frozen until" in shown.output
    assert "warning: staging is held at 1.3.0 by " in shown.output
    found = three.store.hold()
    assert found is not None
    assert (found.version, found.why) == ("1.2.0", "slow")


def test_tells_programs_on_stdout_and_all_else_on_stderr(three: World, invoke: Invoke) -> None:
    shown = invoke(rollback, *WHY, "--yes", "--json")
    found = json.loads(shown.stdout)
    assert (found["version"], found["result"], found["health"]) == ("1.2.0", "succeeded", [])
    assert json.loads(invoke(rollback, *WHY, "--json", "--dry-run", "--to", "1.1.0").stdout)["result"] == "dry run"


def test_looks_how_it_is_afterwards(three: World, invoke: Invoke) -> None:
    target = three.store.resolve("1.2.0").services["api"]
    three.aws.define(2, target.image)
    three.aws.definitions[target.task_definition] = three.aws.definitions.popitem()[1]
    three.aws.add_service("api", target.task_definition)
    three.store.lay_ground([service_plan(target.task_definition, target.image)])
    three.aws.ringing["api-errors"] = "40 % failed"
    began = three.aws.now
    error = refusal(invoke(rollback, *WHY, "--yes"))
    assert error.message == "1.2.0 serves staging, but not all is well: alarm api-errors rings: 40 % failed"
    assert 180 <= three.aws.now - began < 240
    three.serves(three.store.resolve("1.3.0"))
    three.aws.before_call = lambda _: three.aws.ringing.clear() if three.aws.now - began > 300 else None
    assert invoke(rollback, *WHY, "--yes").exit_code == 0


@pytest.mark.parametrize("to", [(), ("--to", "1.7.4")])
def test_stopping_what_is_under_way_is_all_where_what_is_wanted_serves(
    environment: Environment, to: tuple[str, ...]
) -> None:
    aws = environment.aws
    assert run(aws, release_plan(service_plan(environment.old, image("a")), version="1.7.4")).succeeded
    words = ("--reason", "payments fail", "--yes", "--json", *to)
    outcome, shown = environment.beside(lambda: environment.step == "bake", rollback, *words)
    assert shown.exit_code == 0, shown.exception
    assert outcome.record.cause == f"aborted by {WHO}: payments fail"
    found = outcome_of(shown)
    assert (found["version"], found["stopped"], found["health"]) == ("1.7.4", outcome.record.id, [])
    assert serves(aws, environment.old)
    refused = run(aws, environment.plan)
    assert refused.record.cause.startswith(f"staging is held at 1.7.4 by {WHO} since ")
    assert environment.engine == []


def test_what_is_under_way_is_stopped_first_and_then_goes_further_back(environment: Environment) -> None:
    aws, oldest = environment.aws, environment.aws.define(7, image("c"))
    for definition, digit, version in ((oldest, "c", "1.6.0"), (environment.old, "a", "1.7.4")):
        assert run(aws, release_plan(service_plan(definition, image(digit)), version=version)).succeeded
    words = ("--reason", "payments fail", "--yes", "--to", "1.6.0")
    outcome, shown = environment.beside(lambda: environment.step == "bake", rollback, *words)
    assert shown.exit_code == 0, shown.exception
    assert outcome.record.result == "cancelled"
    assert "it is stopped first" in shown.output
    assert environment.engine[0][:3] == ["config", "set", "release"]


def test_a_dry_run_stops_nothing(environment: Environment) -> None:
    aws = environment.aws
    assert run(aws, release_plan(service_plan(environment.old, image("a")), version="1.7.4")).succeeded
    environment.killed_at(lambda: environment.step == "bake")
    shown = environment.type(rollback, "--reason", "x", "--dry-run")
    assert "It is stopped, and 1.7.4 has all traffic again." in shown.output
    assert "stop_deployment" not in aws.calls


def test_other_settings_and_secrets_of_the_same_image_are_a_release_to_go_back_to(world: World, invoke: Invoke) -> None:
    """Such a release has the version of the one before it, so its id names it."""
    arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/db-AbCdEf"
    one = world.released(1)
    world.store.write(replace(one, settings={"env": {"LEVEL": "info"}}, secrets={"DB": f"{arn}:::v1"}))
    other = replace(
        world.released(2),
        version=one.version,
        services={"api": replace(one.services["api"], task_definition="arn:aws:ecs:td/api:2")},
        settings={"env": {"LEVEL": "debug"}},
        secrets={"DB": f"{arn}:::v2"},
    )
    world.store.write(other)
    world.serves(other)
    shown = invoke(rollback, *WHY, "--yes").output
    assert world.called[0] == ["config", "set", "release", "00000001", "-s", "staging"]
    assert "  api: the same image\n  settings: env.LEVEL\n  secret DB: shop/db-AbCdEf v2 → shop/db-AbCdEf v1\n" in shown
