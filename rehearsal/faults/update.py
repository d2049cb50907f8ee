"""A `pulumi up` that is under way, in a thread of its own, so that something can happen to it meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

from rehearsal.command import Finished, Hand
from rehearsal.faults.seen import Ended
from rehearsal.faults.sight import descendants, words
from rehearsal.stage.workspace import STAGING
from rehearsal.story import rows

#: Seconds that a person would still wait for an update.
LIMIT = 150.0
#: What the toolchain keeps for the next update; it belongs to no update.
_KEEPER = "keeper"


class Update:
    """One update of the environment."""

    def __init__(self, hand: Hand, name: str, message: str) -> None:
        self._hand = hand
        self._name = name
        self._words = ["pulumi", "up", "--yes", "--skip-preview", "--stack", STAGING, "--message", message]
        self._done: Finished | None = None
        self._problem: BaseException | None = None
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.pid = 0
        """Of the command: Pulumi's command line and its engine are this one process."""

    def start(self) -> Update:
        """Begin; returns once the process runs."""
        self._thread.start()
        self._running.wait(20)
        return self

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    def wait(self, limit: float = LIMIT) -> Ended:
        """Wait for its end; one that does not come is made, and told."""
        began = time.monotonic()
        self._thread.join(limit)
        late = not self.over
        if late:
            self.kill()
            self._thread.join(30)
        if self._problem:
            raise self._problem
        if self._done is None:
            return Ended(code=-9, seconds=time.monotonic() - began, told=["it did not end even when it was killed"])
        told = rows.diagnostics(self._done.lines) or self._done.last(4)
        if late:
            told = [f"it had not ended after {limit:.0f} s, and was killed", *told]
        return Ended(code=self._done.code, seconds=round(self._done.seconds, 1), told=told)

    def interrupt(self) -> None:
        """Ctrl-C, as a terminal sends it: SIGINT to the foreground group, whose leader the command is."""
        # Group 0 would be our own.
        if self.pid > 1:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGINT)

    def kill(self) -> None:
        """Kill the command and all that it has started, as the end of a CI runner does; not what is kept warm."""
        family = descendants(self.pid) if self.pid > 1 else []
        kept = {pid for pid in family if _KEEPER in words(pid)}
        kept |= {pid for keeper in kept for pid in descendants(keeper)}
        for pid in (self.pid, *(pid for pid in family if pid not in kept)):
            _kill(pid)

    def kill_alone(self) -> None:
        """Kill the one process that is command line and engine; its plugins live on."""
        _kill(self.pid)

    def plugin(self) -> int:
        """The process of Slipway's provider; 0 where there is none (yet)."""
        for pid in descendants(self.pid) if self.pid > 1 else ():
            said = words(pid)
            if "-m" in said and "plugin" in said:
                return pid
        return 0

    def kill_plugin(self) -> bool:
        """Kill Slipway's provider; False where there is none."""
        pid = self.plugin()
        if pid:
            _kill(pid)
        return pid > 0

    def _run(self) -> None:
        try:
            self._done = self._hand.run(self._words, name=self._name, on_start=self._note)
        except BaseException as error:
            self._problem = error
        finally:
            self._running.set()

    def _note(self) -> None:
        self.pid = next((one.pid for one in reversed(self._hand.notebook.running()) if one.what == self._name), 0)
        self._running.set()


def _kill(pid: int) -> None:
    if pid > 1:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
