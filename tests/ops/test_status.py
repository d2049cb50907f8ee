from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from click.testing import Result

from delivery.hold import Hold
from delivery.locks import folder_of
from delivery.records import Journal
from ops.status import status
from tests.delivery.fake_codedeploy import Deployment
from tests.ops.conftest import World


def test_says_what_serves(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    shown = invoke(status, "-s", "staging").output
    assert "staging serves 1.1.0 (release 00000001) since 2026-01-01 10:01 UTC." in shown
    assert "Under way" not in shown


def test_says_who_holds_it(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    hold = Hold(version="1.1.0", images={}, who="ada", why="slow", since="2026-01-02T03:04:05Z")
    world.store.keep(hold)
    said = "It is held at 1.1.0 by ada since 2026-01-02 03:04 UTC: slow. `./slipway hold -s staging --lift --reason …`"
    assert said in invoke(status, "-s", "staging").output
    world.store.keep(hold.lifted("ada", "mended", "2026-01-02T03:05:05Z"))
    assert "held" not in invoke(status, "-s", "staging").output


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


def deployed(world: World, step: str, percent: int, status_: str = "InProgress") -> str:
    """Let CodeDeploy have a deployment of the service api; return its id."""
    world.aws.add_service("api", "arn:aws:ecs:td/api:1")
    made = Deployment(
        id="d-2",
        service="api",
        definition="arn:aws:ecs:td/api:2",
        description="",
        at_once=False,
        watched=(),
        since=world.aws.now,
        status=status_,
        step=step,
        percent=percent,
        shifted_at=world.aws.now if step == "warm" else None,
    )
    world.aws.codedeploy.deployments.append(made)
    return made.id


def test_says_who_released_it_and_how_long_one_can_go_back_at_once(world: World, invoke: Callable[..., Result]) -> None:
    record = replace(
        world.released(2),
        deployments={"api": deployed(world, "warm", 100)},
        before_version="1.1.0",
        before_release="00000001",
        warm_until="2026-01-02T11:01:05Z",
        why="faster checkout",
    )
    world.store.write(record)
    world.serves(record)
    shown = invoke(status, "-s", "staging").output
    assert "since 2026-01-02 10:01 UTC. It was released by ada: faster checkout.\n" in shown
    assert (
        "Warm: 1.1.0 is kept until 2026-01-02 11:01 UTC. Back in seconds: `./slipway rollback -s staging --reason …`.\n"
    ) in shown
    serving = json.loads(invoke(status, "-s", "staging", "--json").stdout)["serving"]
    assert (serving["warm"], serving["warm_until"], serving["before"]) == (True, "2026-01-02T11:01:05Z", "1.1.0")
    assert (serving["commit"], serving["since"], serving["why"]) == ("c2", "2026-01-02T10:01:05Z", "faster checkout")

    world.aws.codedeploy.deployments[0].status = "Succeeded"
    assert "Warm" not in invoke(status, "-s", "staging").output
    assert json.loads(invoke(status, "-s", "staging", "--json").stdout)["serving"]["warm"] is False


def test_who_has_gone_back_is_told_how_to_go_forward_again(world: World, invoke: Callable[..., Result]) -> None:
    made = deployed(world, "warm", 100)
    record = replace(
        world.released(2), source="pin", deployments={"api": made}, before_version="1.3.0", before_release="00000003"
    )
    world.store.write(record)
    world.serves(record)
    assert (
        "Warm: 1.3.0 is kept. Back in seconds: `./slipway rollback -s staging --to 00000003 --reason …`.\n"
    ) in invoke(status, "-s", "staging").output


def test_what_people_brought_past_slipway_is_gone_back_to_with_aws_alone(
    world: World, invoke: Callable[..., Result]
) -> None:
    made = deployed(world, "warm", 100)
    record = replace(world.released(2), deployments={"api": made}, warm_until="2026-01-02T11:01:05Z")
    world.store.write(record)
    world.serves(record)
    assert (
        "Warm: what served before is kept until 2026-01-02 11:01 UTC. Back in seconds: "
        f"`aws deploy stop-deployment --deployment-id {made} --auto-rollback-enabled`.\n"
    ) in invoke(status, "-s", "staging").output


@pytest.mark.parametrize(
    ("step", "percent", "line", "phase"),
    [
        ("install", 0, "  api: 0% of users have it; the new tasks start, 2/2 tasks", "preparing"),
        ("shift", 10, "  api: 10% of users have it; traffic moves", "shifting"),
        ("warm", 100, "  api: 100% of users have it; all traffic has moved, and is watched", "shifted"),
    ],
)
def test_says_how_far_it_is(
    world: World, invoke: Callable[..., Result], step: str, percent: int, line: str, phase: str
) -> None:
    world.serves(world.released(1))
    deployment = deployed(world, step, percent)
    world.aws.services["api"].sets.append(
        world.aws.services["api"].task_set("arn:aws:ecs:td/api:2", "green", 7, "ACTIVE")
    )
    world.aws.codedeploy.deployments[0].green = "ecs-svc/7"
    release = replace(world.released(2, result="cancelled"), finished="", deployments={"api": deployment})
    world.store.note(Journal(step="shift", record=release))
    assert line in invoke(status, "-s", "staging").output.splitlines()
    under_way = json.loads(invoke(status, "-s", "staging", "--json").stdout)["under_way"]
    assert under_way["services"]["api"]["phase"] == phase
    assert (under_way["release"], under_way["finished"]) == (release.id, False)


def test_a_deployment_that_codedeploy_has_forgotten_keeps_nothing_warm(
    world: World, invoke: Callable[..., Result]
) -> None:
    record = replace(world.released(2), deployments={"api": "d-2"})
    world.store.write(record)
    world.serves(record)

    def forgotten(name: str) -> None:
        raise ClientError({"Error": {"Code": "DeploymentDoesNotExistException", "Message": "gone"}}, name)

    world.aws.before_call = forgotten
    found = json.loads(invoke(status, "-s", "staging", "--json").stdout)
    assert (found["serving"]["warm"], found["unknown"]) == (False, [])


def test_what_is_left_to_do_is_not_called_under_way(world: World, invoke: Callable[..., Result]) -> None:
    record = world.released(1)
    world.serves(record)
    world.store.note(Journal(step="resume autoscaling", record=record, held=("service/a/b",)))
    shown = invoke(status, "-s", "staging").output
    assert "Under way" not in shown
    assert "To be done by the next update: resume autoscaling (left by 1.1.0, release 00000001)." in shown


def test_says_which_alarms_ring(world: World, invoke: Callable[..., Result]) -> None:
    record = replace(world.released(1), watched={"api": ("api-errors", "api-latency", "api-gone")})
    world.store.write(record)
    world.serves(record)
    since = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    world.aws.alarms = {
        "api-errors": {"StateValue": "ALARM", "StateReason": "12 % failed", "StateUpdatedTimestamp": since}
    }
    world.aws.no_alarms = {"api-gone"}
    shown = invoke(status, "-s", "staging").output
    assert "Alarm api-errors rings since 2026-01-02 03:04 UTC: 12 % failed\n" in shown
    assert "Alarm api-gone does not exist.\n" in shown
    found = json.loads(invoke(status, "-s", "staging", "--json").stdout)["alarms"]
    assert found == {
        "watching": ["api-errors", "api-gone", "api-latency"],
        "ringing": ["api-errors"],
        "missing": ["api-gone"],
    }
    world.aws.alarms, world.aws.no_alarms = {}, set()
    assert "None of 3 alarms rings." in invoke(status, "-s", "staging").output


def test_says_why_the_last_one_failed_until_one_succeeds(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    world.released(2, result="refused", cause="api: GET /health: answered 500\nlast lines of its log")
    shown = invoke(status, "-s", "staging").output
    assert "Last failure: 1.2.0 refused at 2026-01-02 10:01 UTC: api: GET /health: answered 500\n" in shown
    assert "`./slipway history -s staging --of 00000002`" in shown
    failed = json.loads(invoke(status, "-s", "staging", "--json").stdout)["failed"]
    assert (failed["result"], failed["record"]) == ("refused", "00000002")
    world.serves(world.released(3))
    assert "Last failure" not in invoke(status, "-s", "staging").output


def test_says_who_holds_the_lock(world: World, invoke: Callable[..., Result]) -> None:
    world.serves(world.released(1))
    folder = Path("state") / folder_of("shop", "staging")
    folder.mkdir(parents=True)
    held = {"pid": 77, "username": "ada", "hostname": "build-7", "timestamp": "2026-01-02T03:04:05Z"}
    (folder / "a.json").write_text(json.dumps(held))
    shown = invoke(status, "-s", "staging").output
    assert "Locked by ada@build-7, process 77, since 2026-01-02 03:04 UTC.\n" in shown
    assert "`./slipway unlock -s staging`" in shown
    assert json.loads(invoke(status, "-s", "staging", "--json").stdout)["locks"] == [
        {"user": "ada", "host": "build-7", "pid": 77, "since": "2026-01-02T03:04:05+00:00"}
    ]


def test_what_cannot_be_seen_is_named_and_hides_nothing(
    world: World, invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = replace(world.released(1), watched={"api": ("api-errors",)}, deployments={"api": "d-9"})
    world.store.write(record)
    world.serves(record)
    broken = world.released(2)
    world.bucket.objects[broken.key] = b"{"
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.pulumi.com")

    def refuse(name: str) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, name)

    world.aws.before_call = refuse
    found = invoke(status, "-s", "staging")
    assert found.exit_code == 0
    assert "staging serves 1.1.0" in found.stdout
    assert "Not known: whether the old tasks are still warm: get_deployment: AccessDeniedException" in found.stdout
    assert "Not known: which alarms ring: describe_alarms: AccessDeniedException: not authorized." in found.stdout
    assert "Not known: who holds Pulumi's lock: staging: the state is kept at https://api.pulumi.com" in found.stdout
    assert f"Warning: s3://bucket/{broken.key}: not JSON" in found.stderr
    stored = json.loads(invoke(status, "-s", "staging", "--json").stdout)
    assert (stored["alarms"], stored["locks"], stored["serving"]["warm"]) == (None, None, None)
    assert len(stored["unknown"]) == 3
