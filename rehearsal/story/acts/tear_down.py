"""Everything is removed again, by Pulumi."""

from __future__ import annotations

from rehearsal.stage.workspace import SHARED, STAGING
from rehearsal.story.play import Play

WHY = "What was declared can be removed: the environment, then what environments share."


def play(play: Play) -> None:
    """Destroy both stacks."""
    play.traffic.stop()
    for stack in (STAGING, SHARED):
        update = play.pulumi.destroy(stack)
        update.done.needed(f"{stack} could not be removed")
        play.console.good(f"{stack}: {update.summary}")
