"""The acts, in the order of the story. An act is a name, a sentence on what it shows, what must be played before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rehearsal.story.acts import (
    branch,
    broken,
    by_hand,
    canary,
    delivery,
    doctor,
    first,
    github,
    history,
    isolation,
    last_preview,
    late_alarm,
    leave,
    migrations,
    preview,
    production,
    pull_request,
    rollback,
    several,
    slow,
    state,
    tear_down,
    unhealthy,
    warm_back,
)
from rehearsal.story.play import Play


@dataclass(frozen=True)
class Act:
    """One act of the story."""

    name: str
    title: str
    why: str
    """What a viewer should know before it begins."""
    play: Callable[[Play], None]
    needs: tuple[str, ...] = ()
    """Acts that must have been played before."""
    bug: bool = False
    """Whether it needs a bug in the application, which only the example has."""
    encore: bool = False
    """Whether it is played only where it is asked for by name."""
    stores: bool = False
    """Whether the application needs its Postgres and its Redis."""
    github: bool = False
    """Whether it is played alone, on a stage with an emulated GitHub and without containers, and tidies up itself."""
    tasks: bool = False
    """Whether there are containers on such a stage nevertheless."""
    iam: bool = False
    """Whether the emulated AWS enforces signatures and policies."""
    bare: bool = False
    """Whether it is played alone, on a stage without containers, and tidies up itself."""

    @property
    def apart(self) -> bool:
        """Whether it is played alone."""
        return self.github or self.bare


ACTS: Sequence[Act] = (
    Act("first", "Release 1: from nothing to a running service", first.WHY, first.play),
    Act("preview", "A change, before it is made", preview.WHY, preview.play, ("first",)),
    Act("canary", "Release 2: a canary under steady traffic", canary.WHY, canary.play, ("first",)),
    Act("broken", "Release 3: healthy, but broken for users", broken.WHY, broken.play, ("first", "canary"), bug=True),
    Act("unhealthy", "Release 4: never healthy", unhealthy.WHY, unhealthy.play, ("first", "canary"), bug=True),
    Act("slow", "Release 5: slow under real traffic", slow.WHY, slow.play, ("first", "canary"), bug=True),
    Act("history", "What has happened here", history.WHY, history.play, ("first",)),
    Act("rollback", "Back to release 1", rollback.WHY, rollback.play, ("first", "canary")),
    Act(
        "late-alarm", "An alarm rings late", late_alarm.WHY, late_alarm.play, ("first", "canary"), bug=True, encore=True
    ),
    Act("warm-back", "Back to warm tasks", warm_back.WHY, warm_back.play, ("first", "canary"), bug=True, encore=True),
    Act(
        "migrations",
        "Releases with a schema",
        migrations.WHY,
        migrations.play,
        ("first",),
        bug=True,
        encore=True,
        stores=True,
    ),
    Act("by-hand", "A person who watches", by_hand.WHY, by_hand.play, ("first", "canary"), bug=True, encore=True),
    Act("several", "Three services as one", several.WHY, several.play, ("first", "canary"), bug=True, encore=True),
    Act("branch", "An environment for a branch", branch.WHY, branch.play, ("first",), bug=True, encore=True),
    Act(
        "production",
        "Production: promote, break, go back",
        production.WHY,
        production.play,
        ("first",),
        bug=True,
        encore=True,
    ),
    Act("doctor", "What people break by hand", doctor.WHY, doctor.play, ("first",), encore=True),
    Act("leave", "Leaving, and coming back", leave.WHY, leave.play, ("first", "canary"), bug=True, encore=True),
    Act("github", "The repository on GitHub, as code", github.WHY, github.play, encore=True, github=True),
    Act("isolation", "Who may do what", isolation.WHY, isolation.play, encore=True, github=True, iam=True),
    Act("state", "The state, lost and found", state.WHY, state.play, encore=True, bare=True),
    Act(
        "pull-request",
        "From a pull request to production, and back",
        pull_request.WHY,
        pull_request.play,
        encore=True,
        github=True,
    ),
    Act(
        "delivery",
        "Delivered by the workflows' own steps",
        delivery.WHY,
        delivery.play,
        bug=True,
        encore=True,
        github=True,
        tasks=True,
        iam=True,
    ),
    Act("last-preview", "Nothing is left to do", last_preview.WHY, last_preview.play, ("first",)),
    Act("tear-down", "The end: nothing remains", tear_down.WHY, tear_down.play, ("first",)),
)

NAMES = tuple(act.name for act in ACTS)


def chosen(names: Sequence[str], *, own_app: bool = False) -> list[Act]:
    """Return the acts of these names with all that they need, in the story's order; the story where none is named."""
    wanted = set(names or (act.name for act in ACTS if not act.encore))
    while more := {need for act in ACTS if act.name in wanted for need in act.needs} - wanted:
        wanted |= more
    return [act for act in ACTS if act.name in wanted and not (own_app and act.bug)]
