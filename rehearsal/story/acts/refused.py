"""What the acts of releases that fail have in common."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.story.play import Play
from rehearsal.story.rows import Row


def play_refused(play: Play, number: int, title: str, on_row: Callable[[Row], None] | None = None) -> None:
    """Deliver a change with a bug, see it stopped, prove that the old release serves, take the commit back."""
    version = play.change(number)
    update, note = play.release(number, version, title, on_row=on_row)
    play.expect_failure(update, note)
    play.traffic.phase(f"after {note.phase}")
    play.prove(play.serving)
    play.stage.application.revert()
