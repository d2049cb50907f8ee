"""Back while the old tasks are still warm: traffic is re-routed, no task starts."""

from __future__ import annotations

import time

from rehearsal.errors import RehearsalError
from rehearsal.stage.application import FIRST_VERSION as VERSION
from rehearsal.story.notes import ReleaseNote
from rehearsal.story.play import Play

WHY = "The tasks of the release before are kept for a while. Going back to them changes a listener, nothing more."
REASON = "rehearsal: the new greeting is too warm"


def play(play: Play) -> None:
    """Roll back to the kept tasks; measure from the release's first step to the last answer of the newer version."""
    taken = play.serving
    note = ReleaseNote(24, VERSION, "back to the warm tasks", "warm back", time.time())
    update = play.rollback(note, REASON)
    if not any("re-routed" in line for line in update.told):
        raise RehearsalError("the way back should have been a re-route.", f"its log is {update.done.log}.")
    decided = update.moments[0].at
    answered = [seen.sent for seen in play.traffic.seen().requests if seen.version == taken]
    play.notes.rollback_warm_seconds = round(max(answered) - decided, 1)
    play.console.good(f"{play.notes.rollback_warm_seconds} s from the decision until all users had {VERSION}")
