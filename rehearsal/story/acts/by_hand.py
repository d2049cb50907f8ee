"""A person who watches: ends a bake early, and takes a release back in its canary."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field

from rehearsal.command import Finished
from rehearsal.errors import RehearsalError
from rehearsal.stage.workspace import STAGING
from rehearsal.story.play import Play
from rehearsal.story.rows import Row

WHY = "The update runs somewhere; a person at another machine has seen enough, or has seen something terrible."


@dataclass
class Watcher:
    """Types one verb on a machine of its own as soon as the release's row begins so."""

    play: Play
    begins: str
    verb: str
    reason: str
    done: list[Finished] = field(default_factory=list)
    _typing: threading.Thread | None = None

    def watch(self, row: Row) -> None:
        """Look at a row."""
        if self._typing is None and row.progress.startswith(self.begins):
            self._typing = threading.Thread(target=self._type)
            self._typing.start()

    def _type(self) -> None:
        words = [sys.executable, "-m", "ops", self.verb, "--stack", STAGING, "--reason", self.reason, "--yes"]
        shown = f'./slipway {self.verb} -s {STAGING} --reason "{self.reason}" --yes'
        self.done.append(self.play.hand.run(words, name=self.verb, shown=shown))

    def needed(self) -> Finished:
        """Wait for the verb's end; raise RehearsalError where it was not typed, or failed."""
        if self._typing is None:
            raise RehearsalError(f"no row said “{self.begins}”, so {self.verb} was not typed.", "its log says more.")
        self._typing.join()
        return self.done[0].needed(f"{self.verb} should have worked")


def play(play: Play) -> None:
    """Skip the bake of one release, abort the next."""
    play.forward()
    version = play.stage.application.touch()
    eager = Watcher(play, "100%", "skip-bake", "rehearsal: errors and latency are flat")
    update, note = play.release(33, version, "its bake is cut short", on_row=eager.watch)
    play.expect_success(update, note)
    eager.needed()
    overrides = play.records()[0]["overrides"]
    if not any(eager.reason in one for one in overrides):
        raise RehearsalError(f"the record should keep who ended the bake: {overrides}", f"its log: {update.done.log}.")
    play.prove(version)
    play.console.good(f"written down: {overrides[0]}")

    before = version
    version = play.stage.application.touch()
    afraid = Watcher(play, "10%", "abort", "rehearsal: payments fail for new users")
    update, note = play.release(34, version, "taken back by a person", on_row=afraid.watch)
    play.expect_failure(update, note)
    afraid.needed()
    if note.result != "cancelled" or afraid.reason not in note.cause:
        raise RehearsalError(f"the record should say who aborted: {note.cause}", f"its log is {update.done.log}.")
    play.prove(before)
