"""A container that dies: of a task that serves, of a task that comes."""

from __future__ import annotations

from rehearsal.faults.expected import DELIVERED, EITHER, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene
from rehearsal.faults.sight import until

#: Seconds within which the load balancer has learned that a target is gone; until then it sends requests there.
NOTICED = 2.0
WHY = (
    "requests that are open in the killed container, and those that the load balancer sends to it until it knows: it "
    "answers them with 502 and sends none a second time"
)


class BlueKilled(Fault):
    name = "blue-task-killed"
    title = "docker kill of one of the two tasks that served before the release"

    def strike(self, scene: Scene) -> None:
        """Kill one of blue's."""
        sets = scene.sight.task_sets()
        blue = next((one["id"] for one in sets if scene.sight.version_of(one) == scene.before), "")
        if not scene.sight.kill_container(blue):
            scene.note("blue had no container to kill")

    def expect(self, stage: str) -> Expectation:
        """ECS replaces it; the release goes on."""
        return Expectation(ends=DELIVERED, forces=NOTICED, why=WHY)


class GreenKilled(Fault):
    name = "green-task-killed"
    title = "docker kill of one of the two tasks that the release has started"
    stages = ("provision", "checks", "shift", "bake", "record")

    def strike(self, scene: Scene) -> None:
        """Kill one of green's, as soon as there is one."""
        if not until(lambda: bool(self._green(scene)), 10) or not scene.sight.kill_container(self._green(scene)):
            scene.note("green had no container to kill")

    def expect(self, stage: str) -> Expectation:
        """ECS replaces it. Users who meet 502 may ring the alarm, checks may fail: then the release is taken back."""
        forces = 0.0 if stage in ("provision", "checks") else NOTICED
        ends = DELIVERED if stage in ("provision", "record") else EITHER
        return Expectation(ends=ends, forces=forces, why=WHY if forces else "")

    def _green(self, scene: Scene) -> str:
        sets = scene.sight.task_sets()
        return next((one["id"] for one in sets if scene.sight.version_of(one) == scene.version), "")
