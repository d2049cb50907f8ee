"""Recorded processes: told apart from later ones with the same number, and ended for certain.

A process number alone names nothing: the kernel gives it away again. Number and start time together do.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: prctl: a signal that the kernel sends to a process when its parent ends.
_PDEATHSIG = 1


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends; for `preexec_fn`. Does nothing but on Linux."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)


@dataclass(frozen=True)
class Recorded:
    """A process that was started by us, as it is written down to be found again."""

    pid: int
    started: int
    """Clock ticks since the machine's start, as the kernel tells them."""

    @classmethod
    def of(cls, pid: int) -> Recorded | None:
        """Look at a living process; None if there is no such one, or only its remains."""
        try:
            # The name, in brackets, may hold anything; what follows it is plain.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else cls(pid, int(fields[19]))

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return Recorded.of(self.pid) == self

    def end(self, grace: float = 10.0) -> bool:
        """Ask it to leave, kill it after `grace` seconds; return whether there was anything to end."""
        if not self.alive():
            return False
        for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
            if self._gone_within(patience):
                break
        return True

    def _gone_within(self, seconds: float) -> bool:
        limit = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > limit:
                return False
            # Our own children stay as remains until someone waits for them.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)
            time.sleep(0.02)
        return True


def detached(
    command: Sequence[str], *, log: str | Path = os.devnull, environment: Mapping[str, str] | None = None
) -> int:
    """Start a process that outlives us, in a session of its own, its output in `log`; return its number."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        command[0],
        list(command),
        dict(environment or os.environ),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
