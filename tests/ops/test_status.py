from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from click.testing import Result

from delivery.records import Journal
from ops.status import status
from tests.ops.conftest import World


def test_says_what_serves(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    shown = invoke(status, "-s", "staging").output
    assert "staging serves 1.1.0 (release 00000001) since 2026-01-01 10:01 UTC." in shown
    assert "Under way" not in shown


def test_says_what_codedeploy_took_back(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    world.released(2, result="taken back", cause="api: alarm errors rang\nweb still runs 1.2.0")
    shown = invoke(status, "-s", "staging").output
    assert (
        "1.2.0 was taken back by CodeDeploy at 2026-01-02 10:01 UTC: api: alarm errors rang; web still runs 1.2.0; "
        "1.1.0 serves.\nThe next `pulumi up -s staging` releases what the program names"
    ) in shown
    found = json.loads(invoke(status, "-s", "staging", "--json").output)["taken_back"]
    assert (found["version"], found["at"]) == ("1.2.0", "2026-01-02T10:01:05Z")
    world.serves(world.released(3))
    assert "taken back" not in invoke(status, "-s", "staging").output


def test_says_which_services_serve_another_version(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    pointer = world.store.pointer()
    assert pointer is not None
    world.store.point(replace(pointer, versions={"api": "1.2.0"}))
    lines = invoke(status, "-s", "staging").output.splitlines()
    assert lines[0].startswith("staging serves 1.1.0 ")
    assert lines[1].startswith("  api: ")
    assert lines[1].endswith(" (1.2.0)")


def test_says_what_is_under_way_and_who_takes_it_up(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    world.store.note(Journal(step="shift", record=replace(world.released(2, result="cancelled"), finished="")))
    shown = invoke(status, "-s", "staging").output
    assert "Under way: 1.2.0 (release 00000002), by ada" in shown
    assert "at the step: shift" in shown
    assert "pulumi up -s staging" in shown
    found = json.loads(invoke(status, "-s", "staging", "--json").output)
    assert (found["serving"]["version"], found["under_way"]["step"]) == ("1.1.0", "shift")
