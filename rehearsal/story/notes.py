"""What is noted while the story is played: the material of the report. Numbers are measured, never supposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.stage.workspace import STAGING
from rehearsal.story.pulumi import Moment


@dataclass
class ReleaseNote:
    """One release of the story, as it went."""

    number: int
    version: str
    title: str
    phase: str
    """What its requests are counted under."""
    started: float
    ended: float = 0.0
    result: str = ""
    cause: str = ""
    digest: str = ""
    seconds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Phase → `wall` or `emulated` → seconds."""
    calls: int = 0
    """How many calls to AWS the release made."""
    noticed: float | None = None
    """Seconds of the wall from the end of its shift until its row said so; None where nothing was shifted."""
    moments: Sequence[Moment] = ()
    stack: str = STAGING
    """Where it was released."""
    seen: bool = True
    """Whether users were there meanwhile."""


@dataclass(frozen=True)
class WayNote:
    """How long users waited for a release that a person asked for, in seconds of the wall.

    Each ends with the last answer of what served before.
    """

    name: str
    """`promote`, `cold`, `warm` or `now`."""
    command: float
    """From the typed command."""
    release: float
    """From the release's first step, which the engine takes a while to come to."""
    container: float = 0.0
    """How much of it new tasks took to start and to become healthy; 0 where none had to."""

    @property
    def ours(self) -> float:
        """From the typed command, without that."""
        return max(0.0, self.command - self.container)


@dataclass
class SceneNote:
    """One act, and how long it took on the wall."""

    name: str
    title: str
    seconds: float


@dataclass
class Notes:
    """Everything that is noted."""

    releases: list[ReleaseNote] = field(default_factory=list)
    scenes: list[SceneNote] = field(default_factory=list)
    resources: dict[str, int] = field(default_factory=dict)
    rollback_seconds: float | None = None
    rollback_warm_seconds: float | None = None
    """From the decision until the last answer of the version that was taken back; None where it was not played."""
    ways: list[WayNote] = field(default_factory=list)
    """How long it took people to promote and to go back in production."""
    same_digest: bool | None = None
    """Whether staging and production ran the very same images; None where that was not played."""
    last_preview_changes: int | None = None
    toolchain: Sequence[Mapping[str, Any]] = ()
    ignored: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    """What acts have proved beside releases, a sentence each."""
    problem: str = ""
    """Why the story could not be played to its end; empty where it was."""

    def release(self, number: int) -> ReleaseNote | None:
        """Return the note about one release; None where it was not played."""
        return next((note for note in self.releases if note.number == number), None)
