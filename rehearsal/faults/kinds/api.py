"""AWS's API in trouble: calls throttled, failed, not answered. Users' requests go past it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from rehearsal.faults.expected import DELIVERED, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene

#: Of a hundred calls, so many meet it; the same ones each time.
SHARE, SEED = 0.1, 20
#: Seconds of the wall for which nothing answers.
OUTAGE = 4.0


class Trouble(Fault):
    """Trouble from the beginning of a stage to the end of the update."""

    effect: ClassVar[str]
    more: ClassVar[Mapping[str, Any]] = {"share": SHARE, "seed": SEED}

    def strike(self, scene: Scene) -> None:
        """Let it begin."""
        scene.control.trouble(self.name, self.effect, **self.more)

    def mend(self, scene: Scene) -> None:
        """Let it end, and count."""
        rule = scene.control.met(self.name)
        if rule["asked"]:
            scene.note(f"{rule['met']} of {rule['asked']} calls met it")
        scene.control.calm(self.name)

    def expect(self, stage: str) -> Expectation:
        """Nobody notices: calls are tried again."""
        return Expectation(ends=DELIVERED)


class Throttled(Trouble):
    name = "api-throttled"
    title = "ThrottlingException for every tenth call to AWS, until the update has ended"
    effect = "throttle"


class Failing(Trouble):
    name = "api-failing"
    title = "error 500 for every tenth call to AWS; half of those were carried out, and only the answer is lost"
    effect = "fail"
    more: ClassVar[Mapping[str, Any]] = {"share": SHARE, "seed": SEED, "executed": 0.5}


class Outage(Trouble):
    name = "emulator-restart"
    title = (
        f"AWS's endpoint goes away for {OUTAGE:.0f} seconds: connections are closed without an answer (its state lives "
        "in its process, so it is cut off and not restarted)"
    )
    effect = "hang-up"
    more: ClassVar[Mapping[str, Any]] = {}

    def strike(self, scene: Scene) -> None:
        """Cut it off, and let it come back by itself."""
        super().strike(scene)
        self._back = threading.Timer(OUTAGE, lambda: scene.control.calm(self.name))
        self._back.start()

    def mend(self, scene: Scene) -> None:
        """Be sure that it is back."""
        self._back.cancel()
        super().mend(scene)
