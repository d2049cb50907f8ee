"""AWS takes a release back after its update has ended, while its old tasks are kept warm."""

from __future__ import annotations

from rehearsal.faults.expected import DELIVERED, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene
from rehearsal.faults.sight import until

#: Seconds of the wall in which traffic must be back, and in which that must be written down.
BACK = 20.0
#: What a record says of a release that AWS took back when no update ran.
TAKEN_BACK = "taken back"
UNHEARD = "no record says that AWS took the release back"


class LateRollback(Fault):
    name = "late-rollback-in-warm-window"
    title = "somebody stops the deployment, with rollback, after the update has ended well"
    stages = ()

    def later(self, scene: Scene) -> None:
        """Stop it, and wait until what served before serves again."""
        active = scene.sight.active_deployment()
        if not active:
            scene.wrong.append("no deployment was kept warm after the update")
            return
        scene.sight.client("codedeploy").stop_deployment(deploymentId=active, autoRollbackEnabled=True)

        def back() -> bool:
            serving = scene.sight.serving()
            return serving is not None and serving.version == scene.before and serving.share == 100

        if not until(back, BACK):
            scene.wrong.append(f"{scene.before} did not serve again within {BACK:.0f} s")
        elif scene.sight.warden() and not until(lambda: self._written(scene), BACK, pace=0.5):
            scene.wrong.append(UNHEARD)

    def expect(self, stage: str) -> Expectation:
        """The next update sees it, though nothing in the settings has changed, and releases again."""
        return Expectation(ends=DELIVERED, settles=False)

    def _written(self, scene: Scene) -> bool:
        return any(record["result"] == TAKEN_BACK for record in scene.sight.records(scene.version))
