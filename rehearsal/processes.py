"""What a rehearsal has started, written down so that the next one can end what a killed one left.

A process is known by its number and its start time: the number alone is given away again. What our own children start
is found by a variable in its environment that names the rehearsal's home.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from rehearsal.home import MARK, Home

NOTE = "processes.json"
#: Seconds that a process has to leave before it is killed.
GRACE = 15.0


@dataclass(frozen=True)
class Process:
    """A process that runs, or ran."""

    pid: int
    started: int
    """Clock ticks since the machine's start, as the kernel tells them."""
    what: str = ""

    @classmethod
    def of(cls, pid: int, what: str = "") -> Process | None:
        """Look at a living process; None if there is no such one, or only its remains."""
        try:
            # The name, in brackets, may hold anything; what follows it is plain.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else cls(pid, int(fields[19]), what)

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return Process.of(self.pid, self.what) == self

    def end(self, grace: float = GRACE) -> bool:
        """Ask it to leave and kill it after `grace` seconds; return whether there was anything to end."""
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


class Notebook:
    """The processes of one rehearsal: started, noted, ended."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def start(
        self,
        what: str,
        words: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: int | IO[Any] = subprocess.DEVNULL,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own, so that Ctrl-C reaches only us, and write it down."""
        child = subprocess.Popen(
            [str(word) for word in words],
            env={**env, MARK: str(self.home.root)},
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        self.note(child.pid, what)
        return child

    def note(self, pid: int, what: str) -> None:
        """Write down a process that somebody else started for us."""
        if found := Process.of(pid, what):
            self._write([*self.running(), found])

    def running(self) -> list[Process]:
        """The noted processes that still run, in the order in which they were started."""
        noted = self.home.read(NOTE) or []
        return [process for process in (Process(**entry) for entry in noted) if process.alive()]

    def end(self, what: str) -> None:
        """End the processes noted under that name."""
        for process in self.running():
            if process.what == what:
                process.end()
        self._write(self.running())

    def end_all(self) -> list[str]:
        """End everything that was started, last first, then what these have started; return what was ended."""
        ended = [process.what for process in reversed(self.running()) if process.end()]
        if children := sum(process.end(grace=3.0) for process in strays(self.home)):
            ended.append(f"{children} process{'' if children == 1 else 'es'} that these had started")
        (self.home.root / NOTE).unlink(missing_ok=True)
        return ended

    def _write(self, processes: Sequence[Process]) -> None:
        self.home.write(NOTE, [asdict(process) for process in processes])


def strays(home: Home) -> Iterator[Process]:
    """Every process whose environment carries the mark of this home, but for ourselves and those we descend from."""
    mark = f"{MARK}={home.root}".encode()
    spared = set(_ancestry())
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in spared:
            continue
        try:
            environment = (entry / "environ").read_bytes()
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in environment.split(b"\0") and (found := Process.of(int(entry.name), _name(words))):
            yield found


def _name(words: list[bytes]) -> str:
    return " ".join(Path(word.decode(errors="replace")).name for word in words[:3] if word) or "a process"


def _ancestry() -> Iterator[int]:
    """Our own process, its parent, and so on up."""
    pid = os.getpid()
    while pid > 0:
        yield pid
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            return
