from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from rich.console import Console

from delivery.errors import NoSuchRelease
from delivery.histories import folder_of
from delivery.records import Record, Served
from delivery.schema import Schema
from delivery.update import Update
from ops import history as verb
from ops.history import history
from tests.ops.conftest import REGISTRY, World


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


def test_a_thousand_releases_cost_no_more_calls_than_ten(world: World, invoke: Callable[..., Result]) -> None:
    record = world.released(1)
    for number in range(1000):
        hours, minutes = divmod(number, 60)
        one = replace(
            record, id=f"{number:08x}", started=f"2026-02-{1 + hours // 24:02d}T{hours % 24:02d}:{minutes:02d}:00Z"
        )
        world.store.write(one)
    world.serves(one)
    world.bucket.calls.clear()
    shown = invoke(history, "-s", "staging").output.splitlines()
    assert len(shown) == 11
    assert shown[1].split()[2] == f"{999:08x}"
    # A listing has a thousand names, and there is one more; then the pointer, ten records, and ten to compare with.
    assert sorted(world.bucket.calls) == ["get_object"] * 21 + ["list_objects_v2"] * 2


def test_one_that_cannot_be_read_is_named_and_hides_no_other(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    broken = world.released(2)
    world.bucket.objects[broken.key] = b"{"
    found = invoke(history, "-s", "staging")
    assert found.exit_code == 0
    assert "1.1.0" in found.stdout
    assert f"Warning: s3://bucket/{broken.key}: not JSON" in found.stderr
    assert "Fix:     the bucket keeps earlier versions of every document" in found.stderr
    assert [one["version"] for one in json.loads(invoke(history, "-s", "staging", "--json").stdout)] == ["1.1.0"]


def test_phases_show_where_there_is_room(
    world: World, invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = world.released(1)
    world.store.write(replace(record, seconds={"provision": 41.0, "migrate": 5.0, "checks": 0.0, "total": 65.0}))
    assert "migration 5s · start 41s" in invoke(history, "-s", "staging").output
    monkeypatch.setattr(verb, "console", lambda: Console(width=100))
    assert "start 41s" not in invoke(history, "-s", "staging").output


def test_square_brackets_are_words_and_no_colours(world: World, invoke: Callable[..., Result]) -> None:
    world.released(1, result="failed", cause="[red] is not [bold]")
    assert "[red] is not [bold]" in invoke(history, "-s", "staging").output


def whole(world: World) -> Record:
    """A release of which everything is known."""
    old = world.released(1)
    record = replace(
        world.released(2, schema=Schema(revision="0002", known=("0001", "0002"))),
        before=old.services,
        before_version=old.version,
        before_release=old.id,
        why="faster checkout",
        seconds={"gates": 2.0, "migrate": 5.0, "provision": 41.0, "total": 65.0},
        deployments={"api": "d-2"},
        settings={"rollout": "all at once", "env": {"MODE": "fast"}, "scale": {}},
        overrides=("an alarm rang", "bake skipped by ada: seen enough"),
        update=Update(project="shop", stack="staging", host="runner-3", run="https://ci/7"),
        watched={"api": ("api-errors",)},
        warm_until="2026-01-02T11:01:05Z",
        calls=93,
    )
    world.store.write(record)
    return record


def test_one_release_is_told_whole(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(whole(world))
    shown = invoke(history, "-s", "staging", "--of", "1.2.0")
    assert shown.exit_code == 0
    assert shown.output.splitlines() == [
        "1.2.0 (release 00000002) in staging: succeeded; it serves",
        "  came from    build, commit c2",
        "  who          arn:aws:sts::111122223333:assumed-role/deploy/ada",
        "  why          faster checkout",
        "  before it    1.1.0 (release 00000001)",
        "  when         2026-01-02 10:00:00 to 2026-01-02 10:01:05 UTC, 1m05s by AWS's clock",
        "  phases       gates     2s",
        "               migration 5s",
        "               start     41s",
        "  overridden   an alarm rang",
        "               bake skipped by ada: seen enough",
        "  warm until   2026-01-02 11:01:05 UTC, as planned when it ended",
        "  AWS calls    93",
        "  ran          https://ci/7",
        "               on runner-3",
        "  api",
        f"    image      {REGISTRY}/api@sha256:{'2' * 64}",
        "               arn:aws:ecs:td/api:2",
        f"    before     {REGISTRY}/api@sha256:{'1' * 64}",
        "               arn:aws:ecs:td/api:1",
        "    deployment d-2",
        "    schema     0002, knows 0001, 0002",
        "    watched by api-errors",
        "  settings (hash abc)",
        "    env.MODE: fast",
        "    rollout: all at once",
        "  record       s3://bucket/releases/20260102T100000Z-00000002.json",
        "  pulumi       no update there names it: it was killed, or the state was moved or is another's",
    ]


def test_one_release_for_programs(world: World, invoke: Callable[..., Result]) -> None:
    record = whole(world)
    found = json.loads(invoke(history, "-s", "staging", "--of", record.id, "--json").stdout)
    assert found.pop("record") == f"s3://bucket/{record.key}"
    assert (found.pop("serves"), found.pop("pulumi")) == (False, None)
    assert found == json.loads(json.dumps(record.stored()))


def test_one_release_names_its_update_in_pulumis_history(world: World, invoke: Callable[..., Result]) -> None:
    record = whole(world)
    folder = Path("state") / folder_of("shop", "staging")
    folder.mkdir(parents=True)
    released = {"type": "slipway:index:Release", "outputs": {"releaseId": record.id}}
    state = {"checkpoint": {"latest": {"resources": [released]}}}
    told = {"message": "ship 1.2.0", "startTime": 1767348000, "endTime": 1767348070, "result": "succeeded"}
    (folder / "staging-1767348070000000000.checkpoint.json").write_text(json.dumps(state))
    (folder / "staging-1767348070000000000.history.json").write_text(json.dumps(told))
    shown = invoke(history, "-s", "staging", "--of", record.id).output.splitlines()
    assert shown[-1] == (
        '  pulumi       update staging-1767348070000000000: "ship 1.2.0", succeeded, '
        "2026-01-02 10:00:00 to 2026-01-02 10:01:10 UTC, by its machine's clock"
    )
    found = json.loads(invoke(history, "-s", "staging", "--of", record.id, "--json").stdout)["pulumi"]
    assert (found["message"], found["started"]) == ("ship 1.2.0", "2026-01-02T10:00:00Z")


def test_a_state_that_pulumi_hosts_is_not_read_and_the_way_is_told(
    world: World, invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.pulumi.com")
    shown = invoke(history, "-s", "staging", "--of", whole(world).id).output.splitlines()
    assert shown[-1] == (
        "  pulumi       staging: the state is kept at https://api.pulumi.com; its history is not read here: "
        "`pulumi stack history -s staging`"
    )


def test_an_interrupted_one_that_failed_is_told_too(world: World, invoke: Callable[..., Result]) -> None:
    record = world.released(1, result="cancelled", cause="interrupted while: shift\nnobody came back")
    world.store.write(replace(record, finished="", commit="", seconds={}, results={"api": "failed"}))
    shown = invoke(history, "-s", "staging", "--of", record.id).output
    assert "  when         since 2026-01-01 10:00:00 UTC; not finished" in shown
    assert "  cause        interrupted while: shift\n               nobody came back" in shown
    assert "  by service   api: failed" in shown


def test_an_unknown_release_is_refused(world: World, invoke: Callable[..., Result]) -> None:
    world.released(1)
    assert isinstance(invoke(history, "-s", "staging", "--of", "9.9.9").exception, NoSuchRelease)


def test_two_releases_are_compared(world: World, invoke: Callable[..., Result]) -> None:
    old = replace(whole(world), id="00000003", version="1.3.0", started="2026-01-03T10:00:00Z")
    new = replace(
        old,
        id="00000004",
        version="1.4.0",
        started="2026-01-04T10:00:00Z",
        services={"api": Served(image=f"{REGISTRY}/api@sha256:{'4' * 64}", task_definition="arn:aws:ecs:td/api:4")},
        schemas={"api": Schema(revision="0003", known=("0003",))},
        settings={"rollout": "all at once", "env": {"MODE": "safe", "NEW": "[1]"}, "scale": {"api": 2}},
        settings_hash="def",
        why="another reason",
    )
    world.store.write(old)
    world.store.write(new)
    shown = invoke(history, "-s", "staging", "--diff", "1.3.0", "1.4.0")
    assert shown.exit_code == 0
    assert [line.split() for line in shown.output.splitlines()] == [
        ["1.3.0", "(00000003)", "1.4.0", "(00000004)"],
        ["version", "1.3.0", "1.4.0"],
        ["image.api", f"sha256:{'2' * 12}", f"sha256:{'4' * 12}"],
        ["task_definition.api", "api:2", "api:4"],
        ["schema.api", "0002", "0003"],
        ["settings.env.MODE", "fast", "safe"],
        ["settings.env.NEW", "(not", "there)", "[1]"],
        ["settings.scale.api", "(not", "there)", "2"],
    ]
    assert "\x1b" not in shown.output
    found = json.loads(invoke(history, "-s", "staging", "--diff", "1.3.0", "1.4.0", "--json").stdout)
    assert found["same"] is False
    assert found["after"] == {"id": "00000004", "version": "1.4.0"}
    assert {"what": "settings.scale.api", "before": None, "after": 2} in found["differences"]


def test_differences_are_coloured_on_a_terminal(
    world: World, invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.released(1)
    world.released(2)
    monkeypatch.setattr(
        verb, "console", lambda: Console(force_terminal=True, color_system="standard", width=100, _environ={})
    )
    assert "\x1b[31m" in invoke(history, "-s", "staging", "--diff", "1.1.0", "1.2.0").output


def test_settings_that_differ_where_they_are_masked_are_not_called_equal(
    world: World, invoke: Callable[..., Result]
) -> None:
    record = world.released(1)
    masked = replace(record, id="00000002", started="2026-01-02T10:00:00Z", settings_hash="def")
    world.store.write(masked)
    shown = invoke(history, "-s", "staging", "--diff", record.id, masked.id).output
    assert shown == "Settings differ in something that is masked in the records: their hashes are not the same.\n"
    same = invoke(history, "-s", "staging", "--diff", record.id, record.id).output
    assert same == "Nothing differs between 1.1.0 (00000001) and 1.1.0 (00000001).\n"


def test_one_and_two_at_once_is_called_wrongly(world: World, invoke: Callable[..., Result]) -> None:
    assert invoke(history, "-s", "staging", "--of", "1", "--diff", "1", "2").exit_code == 2
    assert invoke(history, "-s", "staging", "--diff", "1").exit_code == 2
    assert "./slipway history -s production --diff 1.7.4 1.8.0" in invoke(history, "--help").output
