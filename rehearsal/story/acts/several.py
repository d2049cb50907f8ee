"""Several services and a worker: they are released as one, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.stage.workspace import SHARED, STAGING
from rehearsal.story.play import Play

WHY = (
    "A second service with a port of its own, and a worker without one. All new tasks start side by side and are "
    "checked before any user moves; if one service fails, nobody moves."
)
#: The second service: its name, the port for users, and the one for checks.
SECOND, DOOR, SIDE_DOOR = "desk", 8081, 8082
WORKER = "ticker"
#: A worker and the services one after the other take longer than an hour's session, at worst.
SESSION = "2h"


def play(play: Play) -> None:
    """Add two services, release all, then one release of which one service's check fails."""
    play.forward()
    service = play.stage.project.service
    known = dict(play.stage.project.service_settings)
    second = known | {"listener": DOOR, "test_listener": SIDE_DOOR}
    worker = {"build": known["build"], "command": "python3 -m http.server 9000"}
    play.pulumi.set(STAGING, play.key("session"), SESSION)
    _describe(play, {service: known, SECOND: second, WORKER: worker}, (SHARED, STAGING))
    with play.console.working("Declaring where the new images go"):
        play.pulumi.up(SHARED, "two more repositories", what="Declaring").done.needed("the registry could not grow")

    version = play.stage.application.touch()
    update, note = play.release(31, version, "two more services")
    play.expect_success(update, note)
    play.serving = version
    before = _serving(play)
    if set(before) != {service, SECOND, WORKER}:
        raise RehearsalError(f"three services should serve, not {sorted(before)}.", f"its log is {update.done.log}.")
    play.console.good(f"{', '.join(sorted(before))}: all of them run {version}")

    wrong = second | {"checks": ["/health", "/nobody-knows-this-page"]}
    _describe(play, {service: known, SECOND: wrong, WORKER: worker}, (STAGING,))
    refused = play.stage.application.touch()
    update, note = play.release(32, refused, f"{SECOND} answers a check wrongly")
    play.expect_failure(update, note)
    if note.result != "refused" or SECOND not in note.cause:
        raise RehearsalError(
            f"{refused} should be refused for {SECOND}, not {note.result}: {note.cause}",
            f"its log is {update.done.log}.",
        )
    if (after := _serving(play)) != before:
        raise RehearsalError(f"what ran before should run: {before}, not {after}.", f"its log is {update.done.log}.")
    play.console.good(f"{service} had passed its checks, and stays at {version} with the others")
    _describe(play, {service: known, SECOND: second, WORKER: worker}, (STAGING,))


def _describe(play: Play, services: Mapping[str, Mapping[str, Any]], stacks: Sequence[str]) -> None:
    """Describe all services; a stack's own `services` replace those of Pulumi.yaml."""
    for stack in stacks:
        for name, fields in services.items():
            for field, value in fields.items():
                path = play.key(f"services.{name}.{field}")
                if isinstance(value, list):
                    for number, one in enumerate(value):
                        play.pulumi.set(stack, f"{path}[{number}]", str(one), path=True)
                else:
                    play.pulumi.set(stack, path, str(value), path=True)


def _serving(play: Play) -> dict[str, str]:
    """Return what each service runs: its task definition, as ECS says."""
    ecs = play.stage.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    arns = ecs.list_services(cluster=cluster)["serviceArns"]
    found: dict[str, str] = {}
    for one in ecs.describe_services(cluster=cluster, services=arns)["services"]:
        sets = [each for each in one.get("taskSets") or [] if each.get("status") == "PRIMARY"] or [one]
        name = one["serviceName"].removeprefix(f"{play.stage.project.name}-{STAGING}-")
        found[name] = str(sets[0]["taskDefinition"]).rpartition("/")[2]
    return found
