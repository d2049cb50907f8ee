"""Time as AWS tells it.

Every answer of AWS carries a `Date` header. What a release waits for (a bake, an interval, a wait) is measured by it
and never by the local clock, which may be wrong. Only the pauses between two looks are local.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from delivery.errors import DeliveryError

#: Looks are this far apart by AWS's clock, when nothing changes; well within its API limits for one caller.
_AIM_SECONDS = 5.0
_SHORTEST_PAUSE = 0.25
_LONGEST_PAUSE = 5.0
#: The header counts whole seconds: a rate measured over less than this says nothing.
_WINDOW_SECONDS = 2.0


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
        self._first: tuple[datetime, float] | None = None
        self._rate = 1.0
        self.answers = 0
        """How many answers of AWS told the time: how many calls were made."""
        self._pause = _SHORTEST_PAUSE

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer's headers, with names in lower case. Answers may arrive out of order."""
        if "date" not in headers:
            return
        self.answers += 1
        said = parsedate_to_datetime(headers["date"]).astimezone(UTC)
        self._heard = max(said, self._heard or said)
        local = self._monotonic()
        if self._first is None:
            self._first = (said, local)
        elapsed = local - self._first[1]
        if elapsed >= _WINDOW_SECONDS:
            self._rate = max((self._heard - self._first[0]).total_seconds() / elapsed, 0.1)

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

    def wait(self, seconds: float) -> None:
        """Wait for so many seconds of the local clock."""
        self._sleep(seconds)

    def pause(self) -> None:
        """Wait before the next look: briefly after a change, longer while nothing happens."""
        self._sleep(self._pause)
        calm = min(max(_AIM_SECONDS / self._rate, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        self._pause = min(self._pause * 1.5, calm)

    def brisk(self) -> None:
        """Something changed: look again soon."""
        self._pause = _SHORTEST_PAUSE


def stamp(when: datetime) -> str:
    """Return a time as it is written down: ISO 8601 in UTC, whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(stamp: str) -> datetime:
    """Read a time that `Clock.stamp` wrote."""
    return datetime.fromisoformat(stamp)
