"""A last preview: the state is true, and nothing is left to do."""

from __future__ import annotations

from rehearsal.errors import RehearsalError
from rehearsal.stage.workspace import STAGING
from rehearsal.story import rows
from rehearsal.story.play import Play

WHY = "After all that, the world is compared with the state, resource by resource."


def play(play: Play) -> None:
    """Refresh and compare; raise RehearsalError if anything would change."""
    play.traffic.phase("last preview")
    done = play.pulumi.preview(STAGING, "--refresh", "--expect-no-changes", what="Comparing state and world")
    changing = [
        row
        for row in rows.last_of_each(done.lines)
        if row.status.split()[0] in ("update", "replace", "create", "delete")
    ]
    play.notes.last_preview_changes = len(changing)
    if done.code != 0 or changing:
        said = [f"{row.status} {row.kind} {row.name} {row.said}" for row in changing] or done.last(5)
        raise RehearsalError(
            "the last preview should propose nothing, but does:\n  " + "\n  ".join(said), f"its log is {done.log}."
        )
    play.console.good(f"no changes: {rows.summary(done.lines)}")
