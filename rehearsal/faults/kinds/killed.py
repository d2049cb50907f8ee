"""Processes that are killed: all of the update, its engine, Slipway's provider."""

from __future__ import annotations

from rehearsal.faults.expected import DELIVERED, INTERRUPTED, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene
from rehearsal.faults.sight import until


class KillUpdate(Fault):
    name = "kill-update"
    title = "kill -9 of `pulumi up` and everything it has started, as when a CI runner is taken away"
    kills = True

    def strike(self, scene: Scene) -> None:
        """Kill them all."""
        scene.under_way.kill()

    def expect(self, stage: str) -> Expectation:
        """The next update goes on with this very release."""
        return Expectation(ends=INTERRUPTED, resumed=True)


class KillEngine(Fault):
    name = "kill-engine"
    title = "kill -9 of the engine, which is one process with the command line; its plugins live on for a moment"
    kills = True

    def strike(self, scene: Scene) -> None:
        """Kill the one process."""
        scene.under_way.kill_alone()

    def expect(self, stage: str) -> Expectation:
        """As if all were killed: the provider notices within seconds, and the next update begins at once.

        Where all that was left to do is the record, the provider may have written it before it notices.
        """
        ends = INTERRUPTED | DELIVERED if stage == "record" else INTERRUPTED
        return Expectation(ends=ends, resumed=True, any_code=True)


class KillPlugin(Fault):
    name = "kill-plugin"
    title = "kill -9 of Slipway's provider; the engine lives on"

    def strike(self, scene: Scene) -> None:
        """Kill the provider."""
        if not until(scene.under_way.kill_plugin, 5):
            scene.note("there was no provider to kill")

    def expect(self, stage: str) -> Expectation:
        """The update fails; the next one goes on with this very release."""
        return Expectation(ends=INTERRUPTED, resumed=True)
