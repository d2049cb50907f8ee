"""Production: takes what staging has proved, is broken by a setting and by an image, and is taken back each time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.bench.request import LIMIT
from rehearsal.command import Finished
from rehearsal.errors import RehearsalError
from rehearsal.stage.workspace import PRODUCTION, STAGING
from rehearsal.story import rows
from rehearsal.story.notes import ReleaseNote, WayNote
from rehearsal.story.noticed import clock
from rehearsal.story.play import Play
from rehearsal.story.pulumi import Update
from rehearsal.story.ways import arrived, way

WHY = (
    "Production builds nothing: it takes the very images that staging has proved. What breaks it here passes every "
    "check: a setting that came too early, then a release that nobody wants. People go back, in three ways."
)
#: One alarm's period is as long as a bake must be; the old tasks go soon after, or stay for a while.
COLD, WARM = "all at once, bake 1m, warm 1m", "all at once, bake 1m, warm 8h"
EDITION = "black-friday"
#: A release that nobody has made.
UNKNOWN = "9.9.9"
#: Seconds of the wall until the old tasks must be gone, beside what the setting says.
PATIENCE = 240.0


def play(play: Play) -> None:
    """Promote; break by configuration and go back cold and warm; break by image and go back at once."""
    play.forward()
    good = play.serving
    dressed = f"{good}+{EDITION}"
    _begin(play)
    _refused(play, "promote", "--version", UNKNOWN, says=f"{UNKNOWN} does not serve in {STAGING}: {good} does")
    first = _first(play, good)

    changed = _configure(play, good, dressed)
    unwanted = _unwanted(play)
    _until_cold(play)
    cold = _back(play, 44, good, "cold back", f"rehearsal: {EDITION} is next week", cold=True)
    _held(play, unwanted)

    # Back to tasks that are still warm would be a re-route: no release whose own old tasks are kept.
    _until_cold(play)
    play.pulumi.set(PRODUCTION, play.key("rollout"), WARM)
    again = _back(play, 45, dressed, "dressed up again", "rehearsal: it is today after all", "--to", changed["id"])
    warm = _back(play, 46, good, "warm back", "rehearsal: it is not", cold=False)
    play.pulumi.remove(PRODUCTION, play.key("env.EDITION"), path=True)

    _say(play, "hold", "--lift", "--reason", "rehearsal: on to the next release")
    promoted = _promote(play, 47, unwanted)
    now = _now(play, good)
    _adopt(play)

    staged = {record["version"]: _images(record) for record in reversed(play.records()) if record["version"]}
    ran = {good: [first, changed, cold, again, warm, now], unwanted: [promoted]}
    play.notes.same_digest = same_digest(staged, ran)
    if not play.notes.same_digest:
        raise RehearsalError(
            "production should have run the very images of staging, and did not.",
            f"`./slipway history -s {PRODUCTION} --json` names them.",
        )
    play.notes.findings.append(
        f"production ran {good} under two configurations and {unwanted}: each by the digest that staging had proved"
    )
    _show(play)


def same_digest(staged: Mapping[str, Mapping[str, str]], ran: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
    """Whether every release that ran in production had the images that staging had under that version.

    staged: version → service → image. ran: version → records.
    """
    return all(
        version in staged and all(_images(record) == staged[version] for record in records)
        for version, records in ran.items()
    )


def _images(record: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(served["image"]) for name, served in record["services"].items()}


# Making it


def _begin(play: Play) -> None:
    """Make the stack, with the shipped settings and what a rehearsal needs otherwise."""
    pulumi, key = play.pulumi, play.key
    play.console.command(f"pulumi stack init {PRODUCTION}")
    pulumi.begin(PRODUCTION)
    play.environments.append(PRODUCTION)
    pulumi.set(PRODUCTION, key("protect"), "false")
    pulumi.set(PRODUCTION, key("rollout"), COLD)
    pulumi.set(PRODUCTION, key("alarms.datapoints"), "1", path=True)
    # One slow moment of a busy machine must not ring; what takes longer fails as a request.
    pulumi.set(PRODUCTION, key("alarms.latency_seconds"), f"{LIMIT:g}", path=True)
    pulumi.set(PRODUCTION, key("secrets.SIGNING_KEY"), f"{play.stage.project.name}/signing-key", path=True)
    for variable, name in play.stage.store_secrets.items():
        pulumi.set(PRODUCTION, key(f"secrets.{variable}"), name, path=True)


def _first(play: Play, good: str) -> dict[str, Any]:
    """Promote what staging serves into an environment that is not there yet, and let users in."""
    note = ReleaseNote(41, good, "promoted from staging", "promote 1", time.time(), stack=PRODUCTION)
    update = _watched(play, f"Promoting {good}", "promote")
    record = _done(play, note, update)
    play.users = PRODUCTION
    play.prove(good)
    with play.console.working("Counting resources"):
        play.notes.resources = {**play.notes.resources, PRODUCTION: play.pulumi.resources(PRODUCTION)}
    play.traffic.move(play.target(), "production", play.stage.environment, play.stage.home.workspace)
    play.console.good("users are in production now")
    _say(play, "status")
    _say(play, "diff")
    before = _traces(play)
    _refused(play, "rollback", "--to", UNKNOWN, "--reason", "rehearsal: nobody made it", says=f"{UNKNOWN}: no release")
    _refused(play, "rollback", says="--reason", code=2)
    _untouched(play, before)
    return record


def _configure(play: Play, good: str, dressed: str) -> dict[str, Any]:
    """Change a setting and nothing else: a release of its own, that nothing objects to."""
    play.pulumi.set(PRODUCTION, play.key("env.EDITION"), EDITION, path=True)
    note = ReleaseNote(42, good, "other settings, same image", "configuration", time.time(), stack=PRODUCTION)
    play.traffic.phase(note.phase)
    message = f"{EDITION}, as agreed"
    update = play.pulumi.up(PRODUCTION, message, what=f"{good} with another setting")
    record = _done(play, note, update, dressed)
    play.prove(dressed)
    return record


def _unwanted(play: Play) -> str:
    """Let staging prove another release: it is healthy, passes its checks, and nobody will want it in production."""
    version = play.change(2) if play.changed < 2 else play.stage.application.touch()
    play.pulumi.set(STAGING, play.key("rollout"), COLD)
    play.pulumi.set(STAGING, play.key("alarms.datapoints"), "1", path=True)
    update, note = play.release(43, version, "in staging, meanwhile")
    play.expect_success(update, note)
    return version


# Going back


def _until_cold(play: Play) -> None:
    """Wait until nothing is warm any more: going back has to start tasks then."""
    end = time.monotonic() + PATIENCE
    with play.console.working("Waiting until the old tasks are gone"):
        while (serving := _status(play)["serving"]) is None or serving["warm"]:
            if time.monotonic() > end:
                raise RehearsalError(f"the old tasks are kept for more than {PATIENCE:.0f} s.", "see its status.")
            time.sleep(1)


def _back(
    play: Play, number: int, version: str, title: str, reason: str, *options: str, cold: bool | None = None
) -> dict[str, Any]:
    """Go back with `./slipway rollback`; measure it where `cold` says whether tasks must start."""
    note = ReleaseNote(number, version.partition("+")[0], title, title, time.time(), stack=PRODUCTION)
    play.traffic.phase(note.phase)
    update = _watched(play, f"Back to {version}", "rollback", *options, "--reason", reason)
    record = _done(play, note, update, version)
    play.prove(version)
    if cold is None:
        return record
    if cold == any("re-routed" in line for line in update.told):
        wanted = "tasks had to start" if cold else "traffic had to be re-routed"
        raise RehearsalError(
            f"on the way back {wanted}, and that is not what was done.", f"its log: {update.done.log}."
        )
    measured = _measured(play, "cold" if cold else "warm", update, record, version, starts=cold)
    if not cold:
        play.notes.rollback_warm_seconds = measured.release
    return record


def _held(play: Play, unwanted: str) -> None:
    """Who has gone back is left in peace: by our command, and by Pulumi's."""
    before = _traces(play)
    _refused(play, "promote", says="is held")
    _untouched(play, before)
    play.pulumi.set(PRODUCTION, play.key("release"), unwanted)
    update = play.pulumi.up(PRODUCTION, f"{unwanted}, nobody told me", what=f"Releasing {unwanted}")
    if update.succeeded or play.records(PRODUCTION)[0]["result"] != "refused":
        raise RehearsalError("a held environment should refuse a release.", f"its log is {update.done.log}.")
    play.console.refused(f"{unwanted} is refused: the environment is held")
    play.console.quote(update.told)
    play.pulumi.remove(PRODUCTION, play.key("release"))
    before = _traces(play)
    says = f"release {unwanted} ("
    _refused(play, "rollback", "--to", unwanted, "--reason", "rehearsal: it never ran", says=says)
    _untouched(play, before)


def _promote(play: Play, number: int, version: str) -> dict[str, Any]:
    """Promote under traffic, and measure when users have it."""
    note = ReleaseNote(number, version, "promoted from staging", "promote 2", time.time(), stack=PRODUCTION)
    play.traffic.phase(note.phase)
    settings = play.stage.home.workspace / f"Pulumi.{PRODUCTION}.yaml"
    before = settings.read_text()
    update = _watched(play, f"Promoting {version}", "promote")
    record = _done(play, note, update)
    play.prove(version)
    _measured(play, "promote", update, record, version, starts=True)
    _nothing_elsewhere(play, before == settings.read_text())
    return record


def _nothing_elsewhere(play: Play, same: bool) -> None:
    """See that whoever has another checkout, in which nothing was changed, is proposed nothing."""
    if not same:
        raise RehearsalError("promoting should leave the stack's settings as they are.", "compare them.")
    done = play.pulumi.preview(PRODUCTION, "--expect-no-changes", what="Comparing, as somebody else does")
    done.needed("after a promotion by somebody else, a checkout should propose no change")
    play.console.good(f"a checkout without any change of its own: {rows.summary(done.lines)}")


def _now(play: Play, version: str) -> dict[str, Any]:
    """Go back past everything, to the tasks that are warm."""
    note = ReleaseNote(48, version, "back at once", "back at once", time.time(), stack=PRODUCTION)
    play.traffic.phase(note.phase)
    update = _watched(play, f"Back to {version}", "rollback", "--now", "--reason", "rehearsal: nobody wants this one")
    record = _noted(play, note, update)
    update.done.needed(f"{version} should be back at once")
    play.console.quote(update.done.last(8))
    play.prove(version)
    _measured(play, "now", update, record, version, starts=False)
    return record


def _adopt(play: Play) -> None:
    """Let Pulumi know what was done past it; after that there is nothing left to do."""
    preview = play.pulumi.preview(PRODUCTION, what="Asking what the next update would do")
    lines = preview.needed("the preview after `--now` failed").lines
    told = [line.text.strip() for line in lines if "was taken back by hand" in line.text]
    if not told:
        raise RehearsalError("the preview should say who went back by hand.", f"its log is {preview.log}.")
    play.console.quote(told[:1])
    before = play.records(PRODUCTION)
    update = play.pulumi.up(PRODUCTION, "what serves, into the state", what="Taking it into the state")
    update.done.needed("what was brought past the engine should be taken into the state")
    if play.records(PRODUCTION) != before:
        raise RehearsalError("taking what serves into the state is no release.", f"its log is {update.done.log}.")
    play.console.good(f"taken into the state: {update.summary}")
    done = play.pulumi.preview(PRODUCTION, "--expect-no-changes", what="Comparing")
    done.needed("after that, nothing should be left to do")
    play.console.good(f"no changes: {rows.summary(done.lines)}")


# What they have in common


def _words(verb: str, options: Sequence[str]) -> tuple[list[str], str]:
    """Return the command, and how a person types it."""
    where = [STAGING, PRODUCTION] if verb == "diff" else ["--stack", PRODUCTION]
    shown = ["-s", PRODUCTION] if verb != "diff" else where
    quoted = [f'"{word}"' if " " in word else word for word in options]
    return [sys.executable, "-m", "ops", verb, *where, *options], " ".join(["./slipway", verb, *shown, *quoted])


def _watched(play: Play, what: str, verb: str, *options: str) -> Update:
    words, shown = _words(verb, [*options, "--yes"])
    return play.pulumi.watched(words, shown, verb, what, None)


def _done(play: Play, note: ReleaseNote, update: Update, answers: str = "") -> dict[str, Any]:
    """Note a release that went well, under the version that users read; return its record."""
    record = _noted(play, note, update)
    note.version = answers or note.version
    play.expect_success(update, note)
    return record


def _noted(play: Play, note: ReleaseNote, update: Update) -> dict[str, Any]:
    """Note a release; return its record. Raises RehearsalError where there is none."""
    record = play.note(note, update)
    if not record:
        raise RehearsalError(f"{note.version}: nothing was written down about it.", f"its log is {update.done.log}.")
    return record


def _measured(
    play: Play, name: str, update: Update, record: Mapping[str, Any], version: str, *, starts: bool
) -> WayNote:
    typed = update.done.started
    moment = arrived(play.traffic.seen().requests, version, typed)
    found = way(name, typed, record, moment, clock(play.stage.emulator.endpoint), starts=starts)
    play.notes.ways.append(found)
    play.console.good(
        f"all users had {version} {found.command} s after the command, {found.release} s after the release's first step"
        + (f"; new tasks took {found.container} s of it" if starts else "; no task had to start")
    )
    return found


def _say(play: Play, verb: str, *options: str) -> Finished:
    """Type a verb, and show what it says."""
    words, shown = _words(verb, options)
    play.console.command(shown)
    done = play.hand.run(words, name=f"slipway-{verb}", shown=shown).needed(f"{verb} should have worked")
    play.console.quote(done.output.splitlines())
    return done


def _status(play: Play) -> dict[str, Any]:
    words, shown = _words("status", ["--json"])
    asked = play.hand.run(words, name="slipway-status", apart=True, shown=shown)
    found: dict[str, Any] = json.loads(asked.needed("the status could not be read").output)
    return found


def _refused(play: Play, verb: str, *options: str, says: str, code: int = 1) -> None:
    """Type what must be refused; see the reason and the way out."""
    words, shown = _words(verb, [*options, "--yes"])
    play.console.command(shown)
    done = play.hand.run(words, name=f"{verb}-refused", shown=shown)
    way_out = code == 2 or "Fix:" in done.output
    if done.code != code or says not in done.output or not way_out:
        raise RehearsalError(
            f"`{shown}` should be refused with {code}, and say “{says}” and a way out.", f"its log is {done.log}."
        )
    play.console.refused(f"refused, exit code {code}")
    play.console.quote(done.output.splitlines())


def _traces(play: Play) -> dict[str, str]:
    """Return what an act that is half done would leave: in the stack's settings, in the environment's bucket."""
    settings = play.stage.home.workspace / f"Pulumi.{PRODUCTION}.yaml"
    found = {settings.name: settings.read_text()}
    s3 = play.stage.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        if f"-{PRODUCTION}-" in bucket["Name"]:
            entries = s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
            found |= {f"{bucket['Name']}/{entry['Key']}": entry["ETag"] for entry in entries}
    return found


def _untouched(play: Play, before: Mapping[str, str]) -> None:
    """Raise RehearsalError where what was refused has left anything."""
    after = _traces(play)
    other = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if other:
        raise RehearsalError(f"what is refused must leave nothing, but has: {', '.join(other)}.", "see its log.")
    play.console.good("nothing of it was left: settings, records and holds are as before")


def _show(play: Play) -> None:
    """Show where production is at the end."""
    for verb in ("status", "diff", "history"):
        _say(play, verb)
