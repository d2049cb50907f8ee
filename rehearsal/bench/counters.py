"""What the traffic saw, counted: by phase, by version, by kind of failure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from rehearsal.bench.request import Seen

#: What answers without `X-Version`, and requests without an answer, are counted under.
NO_VERSION = "none"


@dataclass(frozen=True)
class Count:
    """All requests that were sent, in order, and the sums over them."""

    requests: Sequence[Seen] = field(default=())
    sent: int = 0
    """How many the traffic says it sent; those of which nothing is known are `lost`."""
    withheld: float = 0.0
    """Seconds in which the machine was not run (`rehearsal.machine`); 0 where the log does not say."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the traffic's log, of one target after the other. One that was cut off counts what it holds."""
        requests, sent, withheld, told = list[Seen](), 0, 0.0, 0
        for line in path.read_text().splitlines() if path.exists() else ():
            try:
                if line.startswith("{"):
                    last = json.loads(line)
                    sent, withheld = sent + int(last["sent"]), withheld + float(last.get("withheld", 0))
                    told = len(requests)
                else:
                    requests.append(Seen.parse(line))
            except (ValueError, TypeError):
                continue
        requests.sort(key=lambda seen: seen.sent)
        return cls(requests, sent + len(requests) - told, withheld)

    @property
    def lost(self) -> int:
        """Requests that were sent and of which nothing was written down: anything but 0 makes the count worthless."""
        return self.sent - len(self.requests)

    @property
    def failures(self) -> list[Seen]:
        """The requests that a user would complain about."""
        return [seen for seen in self.requests if seen.problem]

    def failed(self, *, but_version: str | None = None) -> int:
        """How many failed, without those that the given version itself answered."""
        return sum(1 for seen in self.failures if but_version is None or seen.version != but_version) + self.lost

    def late(self, limit: float) -> int:
        """How many were answered well after `limit` seconds of the wall, most of them while the machine was not run."""
        return sum(1 for seen in self.requests if not seen.problem and seen.milliseconds > limit * 1000)

    def failed_by(self, version: str) -> int:
        """How many of the failures that version itself answered."""
        return sum(1 for seen in self.failures if seen.version == version)

    def kinds(self) -> dict[str, int]:
        """Failures by kind."""
        return dict(sorted(Counter(seen.problem for seen in self.failures).items()))

    def served(self) -> dict[str, dict[str, int]]:
        """Phase → version → how many requests it answered."""
        found: dict[str, Counter[str]] = {}
        for seen in self.requests:
            found.setdefault(seen.phase, Counter())[seen.version or NO_VERSION] += 1
        return {phase: dict(sorted(versions.items())) for phase, versions in found.items()}

    def by(self, version: str) -> int:
        """How many requests a version answered."""
        return sum(1 for seen in self.requests if seen.version == version)

    def rates(self) -> dict[str, float]:
        """Phase → requests per second that were really sent in it."""
        found: dict[str, list[float]] = {}
        for seen in self.requests:
            found.setdefault(seen.phase, []).append(seen.sent)
        return {
            phase: round((len(times) - 1) / (times[-1] - times[0]), 1)
            for phase, times in found.items()
            if times[-1] - times[0] >= 1
        }

    def between(self, start: float, end: float) -> Count:
        """The requests that were sent from `start` to `end` (seconds since the epoch)."""
        part = [seen for seen in self.requests if start <= seen.sent < end]
        return Count(part, len(part))

    def percentile(self, share: float) -> float:
        """Milliseconds in which that share of the requests was answered; 0 where there were none."""
        times = sorted(seen.milliseconds for seen in self.requests)
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0
