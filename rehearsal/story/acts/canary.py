"""Release 2: a tenth of the users meet it first."""

from __future__ import annotations

from rehearsal.stage.workspace import STAGING
from rehearsal.story.acts.first import CANARY
from rehearsal.story.play import Play
from rehearsal.story.rows import Row

WHY = "A tenth of the traffic for five minutes, then all of it, then ten minutes under watch. Nobody may notice."


def play(play: Play) -> None:
    """Deliver a good change as a canary."""
    version = play.change(2)
    play.pulumi.set(STAGING, play.key("rollout"), CANARY)

    def watch(row: Row) -> None:
        if row.progress and not row.progress.startswith(("0%", "100%")):
            play.kill.reach("shift")

    update, note = play.release(2, version, "a good change, as a canary", on_row=watch)
    play.expect_success(update, note)
    play.prove(version)
