"""The load balancers' registrations: each target's state, and the requests that it works on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from rehearsal.aws.clock import Clock

_START_ALLOWANCE = 15.0  # wall seconds in which a new target's failures do not count: its start is real


@dataclass(frozen=True)
class Thresholds:
    """How many answers in a row change a target's state."""

    healthy: int = 5
    unhealthy: int = 2


@dataclass
class Target:
    """One registration: an address and port in a group. `state` is AWS's word for it."""

    group: str
    address: str
    port: int
    state: str = "initial"
    reason: str = "Elb.RegistrationInProgress"
    streak: int = 0
    next_probe: float = 0.0
    probing: bool = False
    in_flight: int = 0
    drain_until: float = 0.0
    since: float = field(default_factory=time.monotonic)

    def observe(self, good: bool, thresholds: Thresholds, reason: str = "Target.FailedHealthChecks") -> None:
        """Take one probe's result into account."""
        if self.state == "draining":
            return
        if self.state == "initial" and not good and time.monotonic() - self.since < _START_ALLOWANCE:
            return
        wanted = "healthy" if good else "unhealthy"
        if self.state == wanted:
            self.streak = 0
            return
        self.streak += 1
        needed = thresholds.healthy if good else thresholds.unhealthy
        if good and self.state in ("initial", "unused"):
            needed = 1
        if self.streak >= needed:
            self.state, self.streak = wanted, 0
            self.reason = "" if good else reason


@dataclass
class Targets:
    """Every registration of the account, with its state and the requests it works on."""

    clock: Clock
    _targets: dict[str, list[Target]] = field(default_factory=dict)
    _turn: dict[str, int] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def sync(self, group: str, registered: Iterable[tuple[str, int]], delay: float = 300.0) -> None:
        """Bring a group's registrations up to date; those that are gone drain for up to `delay` emulated seconds."""
        wanted = list(dict.fromkeys(registered))
        with self._lock:
            kept = self._targets.setdefault(group, [])
            present = {(target.address, target.port): target for target in kept if target.state != "draining"}
            for key, target in present.items():
                if key not in wanted:
                    target.state, target.reason = "draining", "Target.DeregistrationInProgress"
                    target.drain_until = self.clock.now() + delay
            kept.extend(Target(group, *key) for key in wanted if key not in present)
            self._forget_drained(group)

    def of(self, group: str) -> list[Target]:
        """The group's targets, those that drain included."""
        with self._lock:
            self._forget_drained(group)
            return list(self._targets.get(group, ()))

    def groups(self) -> list[str]:
        """The groups that have or had targets."""
        with self._lock:
            return list(self._targets)

    def forget(self, group: str) -> None:
        """The group is gone."""
        with self._lock:
            self._targets.pop(group, None)

    def take(self, group: str) -> Target | None:
        """A target for one request: healthy ones in turn; where there is none, unhealthy ones, as AWS fails open."""
        with self._lock:
            targets = self._targets.get(group, [])
            able = [t for t in targets if t.state == "healthy"] or [t for t in targets if t.state == "unhealthy"]
            if not able:
                return None
            turn = self._turn[group] = self._turn.get(group, -1) + 1
            target = able[turn % len(able)]
            target.in_flight += 1
            return target

    def give_back(self, target: Target) -> None:
        """The request has ended."""
        with self._lock:
            target.in_flight -= 1

    def serves(self, address: str) -> bool:
        """Whether a registration of this address exists still, draining ones included."""
        return any(target.address == address for group in self.groups() for target in self.of(group))

    def _forget_drained(self, group: str) -> None:
        now = self.clock.now()
        self._targets[group] = [
            target
            for target in self._targets.get(group, [])
            if target.state != "draining" or (target.in_flight > 0 and now < target.drain_until)
        ]
