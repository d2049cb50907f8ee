"""Taking a release back: everything stops, traffic returns, and that it did is verified."""

from __future__ import annotations

from collections.abc import Sequence

from delivery.clock import Clock
from delivery.deployments import WayBack
from delivery.meaning import Phase
from delivery.serving import short
from delivery.shift import Shift
from delivery.telling import Teller
from delivery.workers import Worker

#: Green's tasks drain before they go; CodeDeploy lets that take an hour. By AWS's clock.
PATIENCE_SECONDS = 70 * 60.0
#: What the way back takes where nothing hinders it: AWS names the rollback within a minute, traffic returns at once,
#: and green's tasks are told to end and are killed half a minute later. Draining comes on top.
WAY_BACK_SECONDS = 5 * 60.0


class Undoing:
    """Takes back what a release has begun."""

    def __init__(self, shifts: Sequence[Shift], workers: Sequence[Worker], clock: Clock, teller: Teller) -> None:
        self._shifts = shifts
        self._workers = workers
        self._clock = clock
        self._teller = teller

    def run(self) -> list[str]:
        """Stop and follow everything to its end; return, in words, what is not as it was before."""
        begun = [shift for shift in self._shifts if shift.deployment]
        for shift in begun:
            shift.stop()
        for worker in reversed(self._workers):
            worker.go_back()
        problems = self._follow({shift.name: shift.way_back() for shift in begun})
        problems += [problem for shift in begun for problem in self._verify(shift)]
        # What an interrupted release brought, and what lost its old tasks since, has no deployment to stop any more.
        rest = [shift for shift in self._shifts if not shift.deployment and not shift.rerouted]
        problems += [f"{shift.name}: {difference}" for shift in rest for difference in shift.stays()]
        return problems + [
            f"{shift.name}: went back to {short(shift.service.task_definition)}, and stays there"
            for shift in self._shifts
            if shift.rerouted
        ]

    def _follow(self, ways: dict[str, WayBack]) -> list[str]:
        """Wait until everything has ended; return what did not within our patience."""
        began = self._clock.now()
        workers = [worker for worker in self._workers if not worker.returned()]
        while ways or workers:
            ways = {name: way for name, way in ways.items() if not way.over(self._clock.now())}
            workers = [worker for worker in workers if not worker.returned()]
            for name, way in ways.items():
                share = way.view.green_percent if way.view and not way.view.phase.over else 0
                self._teller.progress(f"{share}% going back: {name}")
            if self._clock.since(began) > PATIENCE_SECONDS:
                return [f"{name}: is still being taken back" for name in [*ways, *(w.name for w in workers)]]
            if ways or workers:
                self._clock.pause()
        return []

    def _verify(self, shift: Shift) -> list[str]:
        if shift.look().phase == Phase.SUCCEEDED:
            return [f"{shift.name}: {shift.deployment} could not be taken back any more: it had succeeded"]
        return [f"{shift.name}: {difference}" for difference in shift.stays()]
