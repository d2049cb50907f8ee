"""Back to release 1: one command, no build, the same digest as then."""

from __future__ import annotations

import sys
import time

from rehearsal.console import duration
from rehearsal.errors import RehearsalError
from rehearsal.stage.application import FIRST_VERSION as VERSION
from rehearsal.stage.workspace import STAGING
from rehearsal.story.notes import ReleaseNote
from rehearsal.story.play import Play
from rehearsal.story.rows import Row

WHY = "The way back is itself a release: of the image that served then, with the checks and the canary of any other."
REASON = "rehearsal: customers miss the old greeting"


def play(play: Play) -> None:
    """Roll back, and prove by digest that it is the very release 1."""
    note = ReleaseNote(6, VERSION, "back to release 1", "rollback", time.time())
    play.traffic.phase(note.phase)

    def watch(row: Row) -> None:
        if row.progress:
            play.kill.reach("rollback")

    words = [sys.executable, "-m", "ops", "rollback", "--stack", STAGING, "--to", VERSION, "--reason", REASON, "--yes"]
    shown = f'./slipway rollback -s {STAGING} --to {VERSION} --reason "{REASON}" --yes'
    update = play.pulumi.watched(words, shown, "rollback", f"Back to {VERSION}", watch)
    play.note(note, update)
    play.expect_success(update, note)
    play.notes.rollback_seconds = round(update.done.seconds, 1)
    play.prove(VERSION)
    first = play.notes.release(1)
    if first is None or note.digest != first.digest:
        raise RehearsalError(
            f"the way back should run release 1's image {first.digest if first else '?'}, but runs {note.digest}.",
            f"its log is {update.done.log}.",
        )
    play.console.good(f"the same image as then, {note.digest[:19]}…, in {duration(update.done.seconds)}")
