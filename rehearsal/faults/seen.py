"""What was seen of one cell. Plain values: they go into the report, and tests make them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Serving:
    """Who serves users.

    version: what the PRIMARY tasks were started as. share: of production traffic that their target group has, in
    percent. running, desired: of them.
    """

    version: str
    share: int
    running: int
    desired: int


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How an update ended. code: negative where a signal ended it. told: what it said of the release, or at its end."""

    code: int
    seconds: float
    told: Sequence[str] = ()
    unlocked: bool = False
    """Whether the stack was locked before it, as an update that was killed leaves it, and a person unlocked it."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A CodeDeploy deployment. release: what its mark says; empty where it bears none of ours."""

    id: str
    creator: str
    release: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A request of a user that failed. after: seconds since the fault struck; negative before."""

    after: float
    problem: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything that was seen of one cell.

    version: what the cell releases; before: what served before it. reached: whether the stage came. first: the
    update that the fault met; serving: who served when it had ended; interrupted: the release that the journal
    named then. next, after: the update after the fault, and who served then. drift: what a preview with a refresh
    would still change. records: of this version, oldest first. pointer: the version that the environment says it
    serves. left: what was left over, one sentence each. wrong: what the fault itself saw that should not be. notes:
    what happened on the way, in words.
    """

    version: str
    before: str
    reached: bool
    first: Ended
    serving: Serving | None = None
    interrupted: str = ""
    next: Ended | None = None
    after: Serving | None = None
    drift: Sequence[str] = ()
    records: Sequence[Mapping[str, Any]] = ()
    pointer: str = ""
    deployments: Sequence[Deployment] = ()
    requests: int = 0
    lost: int = 0
    failures: Sequence[Failure] = ()
    left: Sequence[str] = ()
    wrong: Sequence[str] = ()
    notes: Sequence[str] = ()
