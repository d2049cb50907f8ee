"""Ctrl-C."""

from __future__ import annotations

import time

from rehearsal.faults.expected import DELIVERED, TAKEN_BACK, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene

#: Seconds in which the engine has told the provider.
_TOLD = 0.5


class CtrlC(Fault):
    name = "ctrl-c"
    title = "Ctrl-C once, as a terminal sends it: SIGINT to the foreground group"

    def strike(self, scene: Scene) -> None:
        """Interrupt, and let the wish arrive before the stage goes on."""
        scene.under_way.interrupt()
        time.sleep(_TOLD)

    def expect(self, stage: str) -> Expectation:
        """What was begun is taken back; where all is done but the writing, it is too late for that."""
        if stage == "record":
            return Expectation(ends=DELIVERED | TAKEN_BACK, cause="cancel", any_code=True)
        return Expectation(ends=TAKEN_BACK, cause="cancel")
