"""A change is previewed: what would happen, before it does."""

from __future__ import annotations

from rehearsal.errors import RehearsalError
from rehearsal.stage.workspace import STAGING
from rehearsal.story import rows
from rehearsal.story.play import Play

WHY = "The application has changed. What would an update do? This is what a pull request shows."


def play(play: Play) -> None:
    """Preview release 2."""
    play.change(2)
    play.traffic.phase("preview")
    done = play.pulumi.preview(STAGING, what="Looking at what would change")
    done.needed("the preview failed")
    changing = [
        row
        for row in rows.last_of_each(done.lines)
        if row.status in ("update", "replace", "create", "create replacement")
    ]
    if not any(row.kind == rows.RELEASE for row in changing):
        raise RehearsalError("the preview of a change does not show a release.", f"its log is {done.log}.")
    play.console.good(f"it would: {rows.summary(done.lines)}")
    play.console.quote([f"{row.status:<8} {row.kind} {row.name}" for row in changing] + rows.diagnostics(done.lines))
