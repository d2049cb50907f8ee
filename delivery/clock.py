"""Time as AWS tells it.

Every answer of AWS carries a `Date` header. What a release waits for (a bake, an interval, a wait) is measured by it
and never by the local clock, which may be wrong. Only the pauses between two looks are local.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from delivery.errors import DeliveryError

#: Looks are this far apart by AWS's clock, when nothing changes; well within its API limits for one caller.
_AIM_SECONDS = 5.0
_SHORTEST_PAUSE = 0.25
_LONGEST_PAUSE = 5.0
#: The header counts whole seconds: a rate measured over less than this says nothing.
_WINDOW_SECONDS = 2.0
#: Before a moment at which something is due, and for as long as it is late, looks are close to each other.
_EARLY_SECONDS = 0.5
_LATE_SECONDS = 10.0
_NEAR_PAUSE = 0.5
#: Between two whole seconds the local clock tells the time, where both run alike.
_ALIKE = 0.1


class Clock:
    """AWS's clock, as heard from its answers, and the pauses between two looks.

    sleep, monotonic: the local clock; replaced in tests.
    """

    def __init__(
        self, sleep: Callable[[float], object] = time.sleep, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._sleep = sleep
        self._monotonic = monotonic
        self._heard: datetime | None = None
        self._heard_at = 0.0
        self._first: tuple[float, float] | None = None
        self._rate = 1.0
        self._ahead = 0.0
        self._due: datetime | None = None
        self.answers = 0
        """How many answers of AWS told the time: how many calls were made."""
        self._pause = _SHORTEST_PAUSE

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer's headers, with names in lower case. Answers may arrive out of order."""
        if "date" not in headers:
            return
        self.answers += 1
        said, at = _read(headers["date"])
        if self._heard is None or at > self._heard_at:
            self._heard, self._heard_at = said, at
        local = self._monotonic()
        ahead = at - local
        if self._first is None:
            self._first, self._ahead = (at, local), ahead
        # What was said was true when it was said, and is cut to the second: the latest beginning of a second counts.
        self._ahead = max(self._ahead, ahead)
        elapsed = local - self._first[1]
        if elapsed >= _WINDOW_SECONDS:
            self._rate = max((self._heard_at - self._first[0]) / elapsed, 0.1)

    def now(self) -> datetime:
        """The time of AWS's latest answer, in UTC, to the second."""
        if self._heard is None:
            raise DeliveryError("AWS has not told the time yet", "this is a mistake in Slipway; please report it")
        return self._heard

    def stamp(self) -> str:
        """`now` as it is written down: ISO 8601 in UTC."""
        return stamp(self.now())

    def since(self, moment: datetime) -> float:
        """Seconds of AWS's time since `moment`."""
        return (self.now() - moment).total_seconds()

    def reached(self, moment: datetime) -> bool:
        """Whether it is that time: told by AWS, or, between its whole seconds, by the local clock."""
        if self.now() >= moment:
            return True
        return abs(self._rate - 1) < _ALIKE and self._monotonic() + self._ahead >= moment.timestamp()

    def expect(self, moment: datetime | None) -> None:
        """Something is due at that time: pauses end shortly before it, and are short until it has come."""
        self._due = moment

    def wait(self, seconds: float) -> None:
        """Wait for so many seconds of the local clock."""
        self._sleep(seconds)

    def pause(self) -> None:
        """Wait before the next look: briefly after a change, longer while nothing happens."""
        self._sleep(min(self._pause, self._until_due()))
        calm = min(max(_AIM_SECONDS / self._rate, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        self._pause = min(self._pause * 1.5, calm)

    def _until_due(self) -> float:
        """How long a pause may be, for what is due."""
        if self._due is None or self._heard is None:
            return _LONGEST_PAUSE
        left = (self._due - self._heard).total_seconds() / self._rate
        if left < -_LATE_SECONDS:
            return _LONGEST_PAUSE
        return max(left - _EARLY_SECONDS, _SHORTEST_PAUSE) if left > _EARLY_SECONDS + _NEAR_PAUSE else _NEAR_PAUSE

    def brisk(self) -> None:
        """Something changed: look again soon."""
        self._pause = _SHORTEST_PAUSE


def stamp(when: datetime) -> str:
    """Return a time as it is written down: ISO 8601 in UTC, whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1024)
def _read(header: str) -> tuple[datetime, float]:
    """Read a Date header, as a time and in seconds of the epoch; many answers bear the same."""
    said = parsedate_to_datetime(header).astimezone(UTC)
    return said, said.timestamp()


def moment(stamp: str) -> datetime:
    """Read a time that `Clock.stamp` wrote."""
    return datetime.fromisoformat(stamp)
