"""Two updates of one environment at once."""

from __future__ import annotations

from rehearsal.faults.expected import DELIVERED, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene
from rehearsal.faults.update import Update


class TwoUpdates(Fault):
    name = "two-updates-at-once"
    title = "a second `pulumi up` begins while the first one is at its checks"
    stages = ("checks",)

    def strike(self, scene: Scene) -> None:
        """Begin the second one, and see it refused by Pulumi's lock."""
        second = Update(scene.hand, "up-second", "the second at once").start().wait(60)
        said = " ".join(second.told)
        scene.note(f"the second update ended with {second.code}: {said[:160]}")
        if second.code == 0 or "locked" not in said:
            scene.wrong.append(f"the second update should have been refused by the lock, but ended with {second.code}")

    def expect(self, stage: str) -> Expectation:
        """The first one does not mind."""
        return Expectation(ends=DELIVERED)
