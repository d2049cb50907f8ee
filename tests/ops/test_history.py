from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from click.testing import Result

from ops.history import history
from tests.ops.conftest import World


def test_newest_first_and_the_one_that_serves_is_marked(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    world.released(2, result="failed", cause="check /: answered 500, expected 200")
    shown = invoke(history, "-s", "staging").output.splitlines()
    assert [line.split()[:2] for line in shown[1:]] == [["1.2.0", "00000002"], ["●", "1.1.0"]]
    assert "check /: answered 500, expected 200" in shown[1]
    assert "1m05s" in shown[2]
    assert "ada" in shown[2]


def test_as_many_as_asked_for(world: World, invoke: Callable[..., Result]) -> None:
    for number in range(1, 6):
        world.released(number)
    found = json.loads(invoke(history, "-s", "staging", "-n", "2", "--json").output)
    assert [record["version"] for record in found] == ["1.5.0", "1.4.0"]


def test_json_says_what_serves(world: World, invoke: Callable[..., Result]) -> None:
    world.released(1)
    world.serves(world.released(2))
    found = json.loads(invoke(history, "-s", "staging", "--json").output)
    assert [(record["id"], record["serves"]) for record in found] == [("00000002", True), ("00000001", False)]


def test_before_the_first_release_it_says_how_to_make_one(world: World, invoke: Callable[..., Result]) -> None:
    assert "pulumi up -s staging" in invoke(history, "-s", "staging").output


def test_shows_what_codedeploy_took_back(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    world.released(2, result="taken back", cause="api: alarm errors rang")
    first = invoke(history, "-s", "staging").output.splitlines()[1]
    assert "taken back" in first
    assert "api: alarm errors rang" in first


def test_shows_what_a_release_changed_beside_its_image(world: World, invoke: Callable[..., Result]) -> None:
    """A variable, or a version of a secret: such a release has the version of the one before it."""
    arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/db-AbCdEf"
    one = replace(world.released(1), settings={"env": {"LEVEL": "info"}}, secrets={"DB": f"{arn}:::v1"})
    world.store.write(one)
    for number, changes in (
        (2, {"settings": {"env": {"LEVEL": "debug"}}}),
        (3, {"settings": {"env": {"LEVEL": "debug"}}, "secrets": {"DB": f"{arn}:::v2"}}),
        (4, {}),
    ):
        own = {"id": f"{number:08x}", "started": f"2026-01-{number:02d}T10:00:00Z", "version": "1.1.0"}
        world.store.write(replace(one, **{**own, **changes}))  # type: ignore[arg-type]
    shown = invoke(history, "-s", "staging").output
    assert "settings: env.LEVEL" in shown
    assert "secret DB: shop/db-AbCdEf v1 → shop/db-AbCdEf v2" in shown
    found = json.loads(invoke(history, "-s", "staging", "-n", "3", "--json").output)
    assert [record["changed"] for record in found] == [
        ["settings: env.LEVEL", "secret DB: shop/db-AbCdEf v2 → shop/db-AbCdEf v1"],
        ["secret DB: shop/db-AbCdEf v1 → shop/db-AbCdEf v2"],
        ["settings: env.LEVEL"],
    ]
