"""Release 3: its health check is green, its users would get errors; the checks find it before anybody does."""

from __future__ import annotations

from rehearsal.story.acts.refused import play_refused
from rehearsal.story.play import Play
from rehearsal.story.rows import Row

WHY = "The checks ask it on the test listener while it waits, with all its tasks up and not one user on it."


def play(play: Play) -> None:
    """Deliver a release that answers 500 at `/`."""

    def watch(row: Row) -> None:
        if row.progress:
            play.kill.reach("refusal")

    play_refused(play, 3, "healthy, but answers 500 to users", watch)
