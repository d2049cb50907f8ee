"""Asking something of a release that is under way, perhaps on another machine, and hearing whether it follows."""

from __future__ import annotations

import enum

from delivery.clock import Clock
from delivery.control import Control
from delivery.errors import RecordError
from delivery.records import Journal, Record
from delivery.store import Store

#: A release looks every few seconds; it may be in the middle of a check, or of a call that is tried again.
HEARD_WITHIN_SECONDS = 30
_LOOK_SECONDS = 1.0


class Answer(enum.Enum):
    """What became of a wish."""

    HEARD = "heard"
    """The release follows it."""
    ENDED = "ended"
    """The release had ended before it could."""
    SILENT = "silent"
    """Nobody answers: no update runs this release any more, or it cannot reach the bucket."""


class Asking:
    """Speaks to the releases of one environment through its bucket."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def under_way(self) -> Journal | None:
        """The journal of the release that is under way; None where there is none, or only its ending is left to do."""
        journal = self._store.journal()
        return None if journal is None or journal.record.finished else journal

    def pending(self, release: str) -> Control | None:
        """What was wished of a release already; a wish that cannot be read is none, and may be replaced."""
        try:
            return self._store.control(release)
        except RecordError:
            return None

    def ask(self, control: Control) -> Answer:
        """Write a wish down, and wait until it is heard."""
        self._store.wish(control)
        for _ in range(HEARD_WITHIN_SECONDS):
            self._clock.wait(_LOOK_SECONDS)
            journal = self.under_way()
            if journal is None or journal.record.id != control.release:
                self._store.withdraw(control.release)
                return Answer.ENDED
            if control.told in (journal.step, *journal.record.overrides):
                return Answer.HEARD
        return Answer.SILENT

    def wait_for_end(self, record: Record, within_seconds: int) -> Record | None:
        """Wait until a release is written down, and return it; None where it is not, within so many seconds."""
        for _ in range(within_seconds):
            found = self._store.find(record.key)
            if found is not None:
                return found
            self._clock.wait(_LOOK_SECONDS)
        return None
