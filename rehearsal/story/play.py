"""A performance: the stage, who tells it, the traffic, and what is noted; and what several acts do alike."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from rehearsal.bench.request import Seen, Target, ask
from rehearsal.bench.traffic import Traffic
from rehearsal.console import Console, duration
from rehearsal.errors import RehearsalError
from rehearsal.killpoints import KillPoints
from rehearsal.stage.application import FIRST_VERSION, change
from rehearsal.stage.stage import Stage
from rehearsal.stage.workspace import STAGING
from rehearsal.story.notes import Notes, ReleaseNote
from rehearsal.story.noticed import noticed
from rehearsal.story.pulumi import Pulumi, Update
from rehearsal.story.rows import Row

#: Requests by which it is proved who serves.
PROOF = 20
#: Seconds that a proof's request may take.
LIMIT = 2.0
#: Why the story goes on after it has gone back.
FORWARD = "rehearsal: on to the next release"


@dataclass
class Play:
    """What acts work with.

    base_image: to set; empty where the Dockerfile's own can be pulled. own_app: whether another application than the
    example is delivered, about which nothing is known but its health path.
    """

    stage: Stage
    console: Console
    kill: KillPoints
    traffic: Traffic
    base_image: str = ""
    own_app: bool = False
    app_port: int = 8000
    app_health: str = "/health"
    notes: Notes = field(default_factory=Notes)
    serving: str = ""
    """The version that serves in staging, as far as the story knows."""
    changed: int = 1
    """The release that the application's folder is at, `coming` its version."""
    coming: str = FIRST_VERSION
    held: bool = False
    """Whether going back has left a hold, and the setting `release`."""
    environments: list[str] = field(default_factory=lambda: [STAGING])
    """The stacks of environments that there are, in the order in which they were made."""
    users: str = STAGING
    """The environment that users are in: traffic and proofs ask there."""

    def __post_init__(self) -> None:
        """Take one hand for all commands, so that their logs are numbered in order."""
        self.hand = self.stage.hand
        self.pulumi = Pulumi(self.hand, self.console)

    def key(self, name: str) -> str:
        """Return a setting's key with the project's prefix."""
        return f"{self.stage.project.name}:{name}"

    # What users see

    def target(self) -> Target:
        """Where users reach the service, on this machine."""
        url = str(self.pulumi.outputs(self.users)["urls"][self.stage.project.service])
        path = self.app_health if self.own_app else "/"
        return Target("127.0.0.1", self.stage.emulator.port, urlsplit(url).netloc, path)

    def look(self, count: int = 1) -> list[Seen]:
        """Ask as a user does, one request after the other."""
        target = self.target()

        async def all_of_them() -> list[Seen]:
            return [await ask(target, "proof", LIMIT) for _ in range(count)]

        return asyncio.run(all_of_them())

    def prove(self, version: str) -> None:
        """Show that this version serves users, all of them; raises RehearsalError if it does not."""
        with self.console.working("Asking as users do"):
            seen = self.look(PROOF)
        right = sum(1 for one in seen if not one.problem and (self.own_app or one.version == version))
        if right != PROOF:
            found = sorted({one.problem or one.version or "no version" for one in seen})
            raise RehearsalError(
                f"{version} should serve all users, but only {right} of {PROOF} requests say so: {', '.join(found)}.",
                f"the logs are in {self.stage.home.logs}.",
            )
        self.console.good(f"{version} serves: {right} of {PROOF} requests")

    # Releases

    def change(self, number: int) -> str:
        """Bring the application's folder to release `number`, if it is not there; return its version."""
        if self.changed != number:
            self.changed = number
            if self.own_app:
                self.coming = self.stage.application.touch(f"1.{number - 1}.0")
            else:
                made = change(number)
                self.console.say(f"In the application: “{made.subject}”. {made.story}")
                self.coming = self.stage.application.release(made)
        return self.coming

    def release(
        self, number: int, version: str, title: str, *, on_row: Callable[[Row], None] | None = None
    ) -> tuple[Update, ReleaseNote]:
        """Deliver the application as it lies there to staging, and note how that went."""
        note = ReleaseNote(number, version, title, f"release {number}", time.time())
        self.traffic.phase(note.phase)
        update = self.pulumi.up(STAGING, f"{version}: {title}", what=f"Release {number}: {version}", on_row=on_row)
        self.note(note, update)
        return update, note

    def rollback(
        self,
        note: ReleaseNote,
        reason: str,
        *options: str,
        on_row: Callable[[Row], None] | None = None,
    ) -> Update:
        """Go back to the note's version as a person does, and see it serve; `options` are more words of the command."""
        self.traffic.phase(note.phase)
        words = ["rollback", "--stack", STAGING, "--to", note.version, "--reason", reason, *options, "--yes"]
        more = " ".join([*options, "--yes"])
        shown = f'./slipway rollback -s {STAGING} --to {note.version} --reason "{reason}" {more}'
        what = f"Back to {note.version}"
        update = self.pulumi.watched([sys.executable, "-m", "ops", *words], shown, "rollback", what, on_row)
        self.note(note, update)
        self.expect_success(update, note)
        self.held = True
        self.prove(note.version)
        return update

    def forward(self) -> None:
        """Let new releases in again where the story has gone back before, as a person does."""
        if not self.held:
            return
        words = ["hold", "--stack", STAGING, "--lift", "--reason", FORWARD]
        shown = f'./slipway hold -s {STAGING} --lift --reason "{FORWARD}"'
        self.console.command(shown)
        lifted = self.hand.run([sys.executable, "-m", "ops", *words], name="hold", shown=shown)
        lifted.needed("the hold could not be lifted")
        self.pulumi.remove(STAGING, self.key("release"))
        self.held = False

    def note(self, note: ReleaseNote, update: Update) -> dict[str, Any]:
        """Complete a release's note with what the update and the release's own record say; return the record."""
        note.ended, note.moments = time.time(), update.moments
        note.seen = self.traffic.running and note.stack == self.users
        with self.console.working("Reading the release's record"):
            records = self.records(note.stack)
        record = records[0] if records and records[0]["version"] == note.version else {}
        note.result = record.get("result", "succeeded" if update.succeeded else "failed")
        note.cause = record.get("cause") or ("" if update.succeeded else " ".join(update.told[:1]))
        served = record.get("services", {}).get(self.stage.project.service, {})
        note.calls = int(record.get("calls", 0))
        if deployment := record.get("deployments", {}).get(self.stage.project.service):
            note.noticed = noticed(self.stage, deployment, note.moments)
        note.digest = served.get("image", "").rpartition("@")[2]
        note.seconds = {name: {"emulated": value} for name, value in record.get("seconds", {}).items()}
        note.seconds = {**note.seconds, "update": {"wall": round(update.done.seconds, 1)}}
        if update.build_seconds is not None:
            note.seconds = {"build": {"wall": update.build_seconds}, **note.seconds}
        self.notes.releases.append(note)
        return record

    def expect_success(self, update: Update, note: ReleaseNote) -> None:
        """Go on if the release succeeded; raise RehearsalError with what it said if not."""
        if not update.succeeded:
            failed = f"release {note.number} ({note.version}) should have succeeded"
            if update.told:
                raise RehearsalError(f"{failed}: {' '.join(update.told)}", f"all it said is in {update.done.log}.")
            update.done.needed(failed)
        if note.stack == STAGING:
            self.serving = note.version
        self.console.good(f"{note.version} is delivered in {duration(update.done.seconds)}: {update.summary}")
        self.console.quote(update.told)

    def expect_failure(self, update: Update, note: ReleaseNote) -> None:
        """Go on if the release was stopped, showing why; raise RehearsalError if it was not."""
        if update.succeeded:
            raise RehearsalError(
                f"release {note.number} ({note.version}) carries a bug and should have been stopped, but went through.",
                f"its log is {update.done.log}.",
            )
        self.console.refused(f"{note.version} is stopped, `pulumi up` ends with {update.done.code}. Why, in one read:")
        self.console.quote(update.told or update.done.last(6))

    def records(self, stack: str = STAGING) -> list[dict[str, Any]]:
        """Return the records of an environment's releases, the latest first, as `./slipway history --json` tells."""
        words = [sys.executable, "-m", "ops", "history", "--stack", stack, "--json", "--number", "50"]
        asked = self.hand.run(words, name="slipway-history", apart=True, shown=f"./slipway history -s {stack} --json")
        found: list[dict[str, Any]] = json.loads(asked.needed("the releases' records could not be read").output)
        return found
