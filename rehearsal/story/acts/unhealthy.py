"""Release 4: it starts, and never becomes healthy."""

from __future__ import annotations

from rehearsal.story.acts.refused import play_refused
from rehearsal.story.play import Play

WHY = "Its new tasks are watched by the load balancer. They never answer as they should, so they never get a user."


def play(play: Play) -> None:
    """Deliver a release that waits for something that nobody has deployed."""
    play_refused(play, 4, "never becomes healthy")
