"""Everything is removed again, by Pulumi."""

from __future__ import annotations

from rehearsal.stage.workspace import SHARED
from rehearsal.story.play import Play

WHY = "What was declared can be removed: environments, then what they share."


def play(play: Play) -> None:
    """Destroy all stacks, the last one first."""
    play.traffic.stop()
    for stack in (*reversed(play.environments), SHARED):
        update = play.pulumi.destroy(stack)
        update.done.needed(f"{stack} could not be removed")
        play.console.good(f"{stack}: {update.summary}")
