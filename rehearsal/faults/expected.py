"""What a cell should come to."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class End(enum.Enum):
    """How a release may end that a fault has met."""

    DELIVERED = "delivered"
    """The update ended well; the new version serves."""
    TAKEN_BACK = "taken back"
    """The update failed; what served before serves, and the record says why."""
    INTERRUPTED = "interrupted"
    """The update ended without an end of the release: whoever comes next takes it up."""


DELIVERED = frozenset({End.DELIVERED})
TAKEN_BACK = frozenset({End.TAKEN_BACK})
INTERRUPTED = frozenset({End.INTERRUPTED})
EITHER = DELIVERED | TAKEN_BACK


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What should be seen of a cell.

    ends: how the release may end. cause: a regular expression that its record, or where there is none the update, must
    hold when it was taken back. resumed: the next update goes on with the very release, where one was interrupted: one
    record, one deployment. forces: seconds after the fault in which users' requests may fail because of the fault
    itself; why: the reason, in words. any_code: the update may end with an error although it delivered. settles:
    nothing moves any more when the update has ended well; else AWS, or who acted by hand, may have the last word.
    """

    ends: frozenset[End]
    cause: str = ""
    resumed: bool = False
    forces: float = 0.0
    why: str = ""
    any_code: bool = False
    settles: bool = True
