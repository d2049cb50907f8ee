from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from click.testing import Result

from delivery.errors import DeliveryError
from ops.rollback import rollback
from tests.ops.conftest import World

Invoke = Callable[..., Result]
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
        ("9.9.9", "no release in s3://bucket has this id"),
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
