"""Back to release 1: one command, no build, the same digest as then."""

from __future__ import annotations

import time

from rehearsal.console import duration
from rehearsal.errors import RehearsalError
from rehearsal.stage.application import FIRST_VERSION as VERSION
from rehearsal.story.notes import ReleaseNote
from rehearsal.story.play import Play
from rehearsal.story.rows import Row

WHY = "The way back is itself a release: of the image that served then, with the checks and the canary of any other."
REASON = "rehearsal: customers miss the old greeting"


def play(play: Play) -> None:
    """Roll back, and prove by digest that it is the very release 1."""
    note = ReleaseNote(6, VERSION, "back to release 1", "rollback", time.time())

    def watch(row: Row) -> None:
        if row.progress:
            play.kill.reach("rollback")

    update = play.rollback(note, REASON, on_row=watch)
    play.notes.rollback_seconds = round(update.done.seconds, 1)
    first = play.notes.release(1)
    if first is None or note.digest != first.digest:
        raise RehearsalError(
            f"the way back should run release 1's image {first.digest if first else '?'}, but runs {note.digest}.",
            f"its log is {update.done.log}.",
        )
    play.console.good(f"the same image as then, {note.digest[:19]}…, in {duration(update.done.seconds)}")
