"""Whether the process that owns a lock still runs: asked of this machine, where it is its host."""

from __future__ import annotations

import enum
import os
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from delivery.locks import Lock

#: A process writes its lock after it started; clocks that were set meanwhile shift what /proc says about the start.
_TOLERANCE = timedelta(seconds=5)


class Life(enum.Enum):
    """What is known of a lock's owner."""

    GONE = "gone"
    """It ran on this machine, and does not any more."""
    ALIVE = "alive"
    """It runs, or may."""
    ELSEWHERE = "elsewhere"
    """It ran where this machine cannot look."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """life: what is known; why: in words."""

    life: Life
    why: str


class Machine(Protocol):
    """What a machine says of itself and its processes."""

    @property
    def host(self) -> str:
        """Its name."""

    def booted(self) -> datetime | None:
        """Since when it runs; None where it does not say."""

    def exists(self, pid: int) -> bool:
        """Whether there is such a process."""

    def process(self, pid: int) -> Process | None:
        """That process; None where it may not be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process. name: of its program; dead: ended, and not yet collected by its parent."""

    name: str
    started: datetime
    dead: bool


def judge(lock: Lock, machine: Machine) -> Verdict:
    """Say whether a lock's owner runs. In doubt it does."""
    if lock.host != machine.host:
        return Verdict(Life.ELSEWHERE, f"it ran on {lock.host}; this is {machine.host}")
    booted = machine.booted()
    if booted is not None and lock.at < booted - _TOLERANCE:
        # Names of machines repeat, in containers and on CI: an older lock may be that of a namesake that still runs.
        return Verdict(
            Life.ELSEWHERE, f"{machine.host} started after the lock was written, or is another one of this name"
        )
    if not machine.exists(lock.pid):
        return Verdict(Life.GONE, f"process {lock.pid} is gone")
    process = machine.process(lock.pid)
    if process is None:
        return Verdict(Life.ALIVE, f"process {lock.pid} runs, and cannot be looked at")
    if process.dead:
        return Verdict(Life.GONE, f"process {lock.pid} ({process.name}) has ended")
    later = process.started > lock.at + _TOLERANCE
    if later and not process.name.startswith("pulumi"):
        return Verdict(Life.GONE, f"process {lock.pid} is another program by now ({process.name})")
    if later:
        return Verdict(Life.ALIVE, f"process {lock.pid} is a {process.name} that seems to have started after the lock")
    return Verdict(Life.ALIVE, f"process {lock.pid} ({process.name}) runs")


class ThisMachine:
    """The machine that this runs on. Start times are known on Linux only; elsewhere a process that exists runs."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc

    @property
    def host(self) -> str:
        """Its name, as the engine writes it."""
        return socket.gethostname()

    def booted(self) -> datetime | None:
        """Since when it runs."""
        try:
            up = float((self._proc / "uptime").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return datetime.fromtimestamp(time.time() - up, UTC)

    def exists(self, pid: int) -> bool:
        """Whether there is such a process, of whatever user."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        return True

    def process(self, pid: int) -> Process | None:
        """That process, from `/proc/<pid>/stat`: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""
        booted = self.booted()
        try:
            name, _, rest = (self._proc / str(pid) / "stat").read_text().partition("(")[2].rpartition(")")
            fields = rest.split()
            ticks = int(fields[19])  # the 22nd field; the state, fields[0], is the third
        except (OSError, ValueError, IndexError):
            return None
        if booted is None:
            return None
        started = booted + timedelta(seconds=ticks / os.sysconf("SC_CLK_TCK"))
        return Process(name=name, started=started, dead=fields[0] in ("Z", "X", "x"))
