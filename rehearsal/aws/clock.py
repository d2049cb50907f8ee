"""The emulated clock: what every wait of the emulated AWS and every `Date` header is measured by."""

from __future__ import annotations

import time as wall_time
from email.utils import formatdate
from typing import Any, Protocol


class Clock(Protocol):
    """Tells and spends emulated time. `speed` is emulated seconds per second of the wall."""

    speed: float

    def now(self) -> float:
        """Emulated seconds since the epoch."""
        ...

    def wall(self, seconds: float) -> float:
        """How long `seconds` of emulated time take on the wall, in seconds."""
        ...


class EmulatedClock:
    """Starts at the true time and runs `speed` times as fast, unmoved by changes of the machine's own clock."""

    def __init__(self, speed: float = 1.0) -> None:
        if not 0 < speed <= 10_000:
            raise ValueError(f"speed: more than 0 and at most 10000, got {speed}")
        self.speed = speed
        self._start = wall_time.time()
        self._started = wall_time.monotonic()

    def now(self) -> float:
        """Emulated seconds since the epoch."""
        return self._start + (wall_time.monotonic() - self._started) * self.speed

    def wall(self, seconds: float) -> float:
        """How long `seconds` of emulated time take on the wall."""
        return seconds / self.speed


class ManualClock:
    """A clock that only moves when told to; for tests."""

    def __init__(self, start: float = 1_700_000_000.0, speed: float = 1.0) -> None:
        self.speed = speed
        self._now = start

    def now(self) -> float:
        """Emulated seconds since the epoch."""
        return self._now

    def wall(self, seconds: float) -> float:
        """How long `seconds` of emulated time take on the wall."""
        return seconds / self.speed

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self._now += seconds


def http_date(clock: Clock) -> bytes:
    """The value of a `Date` header now."""
    return formatdate(clock.now(), usegmt=True).encode("ascii")


class ClockedTime:
    """Stands in for the `time` module inside one MiniStack service: the current time is emulated, the rest passes
    through.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self) -> float:
        """Emulated seconds since the epoch."""
        return self._clock.now()

    def gmtime(self, seconds: float | None = None) -> wall_time.struct_time:
        """As `time.gmtime`, by default of the emulated time."""
        return wall_time.gmtime(self._clock.now() if seconds is None else seconds)

    def strftime(self, form: str, moment: wall_time.struct_time | None = None) -> str:
        """As `time.strftime`, by default of the emulated time."""
        return wall_time.strftime(form, self.gmtime() if moment is None else moment)

    def __getattr__(self, name: str) -> Any:
        return getattr(wall_time, name)
