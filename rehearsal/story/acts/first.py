"""Release 1: the registry, then a whole environment, from nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rehearsal.stage.workspace import SHARED, STAGING
from rehearsal.story.play import Play
from rehearsal.story.rows import IMAGE, Row

WHY = (
    "The settings are the shipped ones. What a rehearsal needs otherwise is set as a person would set it; all of it is "
    "shown here."
)
CANARY = "canary 10% 5m, bake 10m"
#: The share of users that meets a canary first, and the seconds that its alarms count together.
SHARE, PERIOD = 0.1, 60

#: How the example's database is brought along. On a clock that runs fast, minutes are short.
MIGRATIONS = {
    "migrate.command": "python3 -m service.migrate up",
    "migrate.downgrade": "python3 -m service.migrate down",
    "migrate.timeout": "2h",
}


def play(play: Play) -> None:
    """Declare the registry, deliver release 1, let the traffic begin."""
    pulumi = play.pulumi
    for stack in (SHARED, STAGING):
        pulumi.begin(stack)
    _settings(play)

    play.kill.reach("shared")
    shared = pulumi.up(SHARED, "the registry", what="Declaring what environments share")
    shared.done.needed("the shared stack could not be made")
    play.console.good(f"registry: {shared.summary}")

    def watch(row: Row) -> None:
        if row.kind == IMAGE and row.status == "creating":
            play.kill.reach("build")

    update, note = play.release(1, play.change(1), "the first release", on_row=watch)
    play.expect_success(update, note)
    play.prove(note.version)
    with play.console.working("Counting resources"):
        play.notes.resources = {stack: pulumi.resources(stack) for stack in (SHARED, STAGING)}

    target = play.target()
    environment = play.stage.environment
    play.traffic.start(target, "steady", environment, play.stage.home.workspace)
    play.console.good(f"traffic has begun: {play.traffic.rate:g} requests per second, each sent once, until the end")
    play.kill.reach("traffic")


def _settings(play: Play) -> None:
    """Set what a rehearsal sets."""
    pulumi, key = play.pulumi, play.key
    pulumi.set(SHARED, key("protect"), "false")
    if play.base_image:
        pulumi.set(STAGING, key("base_image"), play.base_image)
    pulumi.set(STAGING, key("secrets.SIGNING_KEY"), f"{play.stage.project.name}/signing-key", path=True)
    for variable, name in play.stage.store_secrets.items():
        pulumi.set(STAGING, key(f"secrets.{variable}"), name, path=True)
    # A secret setting of the person's own, which the program does not read: it must be found nowhere in plain text.
    pulumi.set(STAGING, "rehearsal:token", play.stage.planted.setting, secret=True)
    speed, rate = play.stage.emulator.speed, play.traffic.rate
    if (expected := SHARE * rate * PERIOD / speed) < 2 * 20:
        play.console.say(
            f"At {speed:g} times the speed, a minute holds only {rate * PERIOD / speed:.0f} requests, a tenth of which "
            "a canary sees: the alarms may judge by fewer."
        )
        pulumi.set(STAGING, key("alarms.min_requests"), str(max(1, int(expected / 2))), path=True)
    if play.own_app:
        _describe(play, play.app_port, play.app_health, [play.app_health])
    elif play.stage.stores:
        known = play.stage.project.service_settings
        _describe(play, known["port"], known["health"], known["checks"], MIGRATIONS)
        pulumi.set(STAGING, key("session"), "4h")


def _describe(play: Play, port: int, health: str, checks: Sequence[str], more: Mapping[str, str] | None = None) -> None:
    """Describe the service as a whole: a stack's own `services` replace those of Pulumi.yaml."""
    service = play.key(f"services.{play.stage.project.service}")
    fields = {
        "build": play.stage.project.context,
        "port": str(port),
        "health": health,
        **{f"checks[{number}]": path for number, path in enumerate(checks)},
        **(more or {}),
    }
    for stack in (SHARED, STAGING):
        for name, value in fields.items():
            play.pulumi.set(stack, f"{service}.{name}", value, path=True)
