"""Time as this machine had it: what a hypervisor withheld does not count.

A rented machine is not always run. While its host gives the processors to others, every process on it stands still: for
half a second, for five. A user who waited then did not wait for Slipway, and a limit of two seconds that ends in such a
gap says nothing about a release. Linux counts these gaps (`steal`, https://docs.kernel.org/filesystems/proc.html, 1.7).
Where nothing is counted (no hypervisor, no Linux), this clock is the wall's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

#: What the kernel counts in is hundredths of a second; a shorter look would be all noise.
_SHORTEST_LOOK = 0.05

Ticks = Callable[[], tuple[int, int]]


def processor_ticks() -> tuple[int, int]:
    """Return the ticks that the processors ran for us since the machine started, and those that were withheld."""
    try:
        with Path("/proc/stat").open() as stat:
            user, nice, system, _idle, _waiting, irq, softirq, steal, *_ = map(int, stat.readline().split()[1:])
    except (OSError, ValueError):
        return 0, 0
    return user + nice + system + irq + softirq, steal


class MachineClock:
    """Seconds of the machine, from an arbitrary start, as `time.monotonic` gives those of the wall.

    While work waited for the processors, a second counts for as much of it as they were granted: half of it where they
    ran half of the time. An idle second counts in full.

    least: share of the processors that must have been withheld for anything to be taken off. Whoever measures what may
    have slept, which no processor makes faster, takes off only the times when almost nothing ran. ticks, wall: for
    tests.
    """

    def __init__(
        self, least: float = 0.0, ticks: Ticks = processor_ticks, wall: Callable[[], float] = time.monotonic
    ) -> None:
        self._least, self._ticks, self._wall = least, ticks, wall
        self._seen, self._at = ticks(), wall()
        self.withheld = 0.0
        """Seconds of the wall that did not count."""

    def now(self) -> float:
        """The time. Asking often costs little: the kernel is asked every 50 ms at most."""
        at = self._wall()
        if at - self._at >= _SHORTEST_LOOK:
            seen = self._ticks()
            ran, stolen = (new - old for new, old in zip(seen, self._seen, strict=True))
            share = stolen / (stolen + max(ran, 0)) if stolen > 0 else 0.0
            if share >= self._least:
                self.withheld += (at - self._at) * share
            self._seen, self._at = seen, at
        return at - self.withheld
