"""The traffic's process, as the story holds it: started, told which phase begins, ended."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from rehearsal.bench.counters import Count
from rehearsal.bench.request import LIMIT, Target
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.processes import Notebook

NAME = "traffic"
#: Seconds that it has to answer for the last requests.
PATIENCE = 10.0


class Traffic:
    """Steady traffic to one host name, by way of a port of this machine. limit: seconds for an answer."""

    def __init__(self, home: Home, notebook: Notebook, rate: float, limit: float = LIMIT) -> None:
        self.home = home
        self.rate = rate
        self.limit = limit
        self._notebook = notebook
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self._child is not None

    def start(self, target: Target, phase: str, env: Mapping[str, str], folder: Path, *, more: bool = False) -> None:
        """Begin. more: keep what was seen before, and go on counting."""
        words = [sys.executable, "-m", "rehearsal.bench", "--port", str(target.port), "--host", target.host]
        words += ["--path", target.path, "--phase", phase, "--rate", str(self.rate), "--out", str(self.home.traffic)]
        words += ["--limit", str(self.limit), *(["--append"] if more else [])]
        with (self.home.logs / "traffic.log").open("w") as log:
            self._child = self._notebook.start(
                NAME, words, env=env, cwd=folder, stdin=subprocess.PIPE, stdout=log, stderr=log
            )

    def phase(self, name: str) -> None:
        """Say which phase begins; nothing happens when there is no traffic."""
        if self._child is None or self._child.stdin is None:
            return
        try:
            self._child.stdin.write(f"{name}\n".encode())
            self._child.stdin.flush()
        except OSError:
            raise RehearsalError(
                "the traffic has stopped by itself, so nobody counts what users see.",
                f"{self.home.logs / 'traffic.log'} says why; then start again.",
            ) from None

    def move(self, target: Target, phase: str, env: Mapping[str, str], folder: Path) -> None:
        """Let users go elsewhere, from one request to the next."""
        self.stop()
        self.start(target, phase, env, folder, more=True)

    def stop(self) -> Count:
        """End it and return what it saw."""
        if self._child is not None:
            with contextlib.suppress(OSError):
                if self._child.stdin:
                    self._child.stdin.close()
            try:
                self._child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._notebook.end(NAME)
            self._child = None
        return self.seen()

    def seen(self) -> Count:
        """What it has seen so far."""
        return Count.read(self.home.traffic)
