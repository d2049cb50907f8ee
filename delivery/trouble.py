"""What keeps a target's tasks from coming up, by ECS's words, and when waiting is of no use. Pure functions.

    crash      containers end by themselves, again and again
    pull       the image cannot be pulled
    secret     a secret cannot be read
    placement  AWS has no place for the tasks

The words: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

#: So many tasks that failed are a loop: waiting an hour for it helps nobody.
MANY_FAILED = 3
#: What ECS says so often is no accident: it has tried again already, with the same result.
TWICE = 2

_PULL = re.compile(r"CannotPull\w*Error|CannotPullECR\w*|ecr registry auth|registry auth from", re.IGNORECASE)
_SECRET = re.compile(
    r"secrets ?manager|from asm|from ssm|retrieve(?:d)? secret|fetch(?:ing)? secret|ssm parameter", re.IGNORECASE
)
_PLACEMENT = re.compile(r"unable to place a task|RESOURCE:\w+", re.IGNORECASE)
#: Words after which another attempt brings nothing else: what is asked for is not there, or too much.
_NO_HOPE = re.compile(
    r"not found|NotFound|does not exist|can't find|cannot find|manifest unknown|did not contain json key|"
    r"no matching manifest|does not contain descriptor matching platform|invalid reference|RepositoryNotFound|"
    r"reached the limit|limit on the number|RESOURCE:\w+|No Container Instances were found",
    re.IGNORECASE,
)


class Trouble(enum.Enum):
    """What kind of trouble a target's tasks have."""

    CRASH = "crash"
    PULL = "pull"
    SECRET = "secret"  # noqa: S105 - a kind of trouble
    PLACEMENT = "placement"

    @property
    def words(self) -> str:
        """What it means for the target, as the end of a sentence that begins with its name."""
        return {
            Trouble.CRASH: "does not come up",
            Trouble.PULL: "cannot start: its image cannot be pulled",
            Trouble.SECRET: "cannot start: a secret that it needs cannot be read",
            Trouble.PLACEMENT: "cannot start: AWS has no place for its tasks",
        }[self]

    @property
    def fix(self) -> str:
        """What to do about it."""
        return {
            Trouble.CRASH: "make its container start and stay, then run the update again",
            Trouble.PULL: "see that the image is in the registry, is built for the setting `architecture`, and that "
            "the tasks reach the registry (setting `nat`), then run the update again",
            Trouble.SECRET: "see that each secret in the setting `secrets` exists in this account and region, with "
            "the key that is asked for, then run the update again",
            Trouble.PLACEMENT: "ask for fewer or smaller tasks (settings `scale` and `services`) or raise the "
            "account's Fargate quota; where AWS is short of room, run the update again later",
        }[self]


@dataclass(frozen=True, slots=True)
class Report:
    """One time that ECS said what is wrong. hopeless: its words leave no hope that another attempt ends otherwise."""

    trouble: Trouble
    hopeless: bool


def of_task(words: str) -> Report:
    """What ECS's words about a task that failed mean."""
    for trouble, pattern in ((Trouble.SECRET, _SECRET), (Trouble.PULL, _PULL), (Trouble.PLACEMENT, _PLACEMENT)):
        if pattern.search(words):
            return Report(trouble, bool(_NO_HOPE.search(words)))
    return Report(Trouble.CRASH, False)


def of_event(message: str) -> Report | None:
    """What an event of a service means; None where it reports nothing that keeps tasks from starting."""
    return Report(Trouble.PLACEMENT, bool(_NO_HOPE.search(message))) if _PLACEMENT.search(message) else None


def verdict(reports: Sequence[Report], enough_crashes: int = MANY_FAILED) -> Trouble | None:
    """The trouble that there is no use in waiting out; None as long as there is hope.

    What never began to run ends the wait when it was reported twice, or once without hope; tasks that fail in whatever
    way when there are `enough_crashes`.
    """
    for trouble in (Trouble.SECRET, Trouble.PULL, Trouble.PLACEMENT):
        said = [report for report in reports if report.trouble == trouble]
        if len(said) >= TWICE or any(report.hopeless for report in said):
            return trouble
    failed = [report for report in reports if report.trouble != Trouble.PLACEMENT]
    return Trouble.CRASH if len(failed) >= enough_crashes else None
