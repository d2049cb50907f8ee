"""Release 5: all checks pass; under real traffic it is slow, and its alarm takes it back."""

from __future__ import annotations

from rehearsal.story.acts.refused import play_refused
from rehearsal.story.play import Play

WHY = "No check finds this one. A tenth of the users do, their latency rings an alarm, and CodeDeploy takes it back."


def play(play: Play) -> None:
    """Deliver a release that slows down the more it is asked."""
    play_refused(play, 5, "slow under real traffic")
