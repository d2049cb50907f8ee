"""What has happened in this environment, in Pulumi's words and in ours."""

from __future__ import annotations

import sys

from rehearsal.stage.workspace import STAGING
from rehearsal.story.play import Play

WHY = "Pulumi remembers its updates, the environment its releases."


def play(play: Play) -> None:
    """Show both histories."""
    play.traffic.phase("history")
    lines = [line.text for line in play.pulumi.history(STAGING).lines]
    # Indented lines describe the machine that ran an update.
    told = [line for line in lines if line.strip() and not line.startswith(" ")]
    play.console.quote(told)
    play.console.command(f"./slipway history -s {STAGING}")
    asked = play.hand.run([sys.executable, "-m", "ops", "history", "--stack", STAGING], name="slipway-history")
    play.console.quote(asked.needed("the releases could not be listed").output.splitlines())
