"""People who act past Slipway, in the console, while a release is under way."""

from __future__ import annotations

from rehearsal.faults.expected import DELIVERED, EITHER, TAKEN_BACK, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene


class ListenerByHand(Fault):
    name = "listener-by-hand"
    title = (
        "somebody sets other weights on the listener for users: all to what serves while green is not up, else half "
        "and half"
    )

    def strike(self, scene: Scene) -> None:
        """Set other weights."""
        weights = scene.sight.weights()
        if scene.stage and scene.stage.name in ("gates", "migrate", "provision"):
            # Half of the users would meet an empty target group: not the release's fault.
            scene.sight.route({group: 1 for group, weight in weights.items() if weight})
        else:
            scene.sight.route(dict.fromkeys(weights, 50))

    def expect(self, stage: str) -> Expectation:
        """CodeDeploy sets the weights again until the shift is over; after it, what serves is not what should."""
        if stage == "bake":
            return Expectation(ends=TAKEN_BACK, cause="50% of the traffic")
        return Expectation(ends=DELIVERED, settles=stage != "record")


class ServiceByHand(Fault):
    name = "service-by-hand"
    title = "somebody sets the number of tasks in the console: one more"

    def strike(self, scene: Scene) -> None:
        """Ask for one more."""
        self._desired = scene.sight.desired()
        self._set(scene, self._desired + 1)

    def mend(self, scene: Scene) -> None:
        """Ask for as many as before."""
        self._set(scene, self._desired)

    def expect(self, stage: str) -> Expectation:
        """It is autoscaling's to choose between the limits; the release does not mind."""
        return Expectation(ends=DELIVERED)

    def _set(self, scene: Scene, count: int) -> None:
        sight = scene.sight
        sight.client("ecs").update_service(cluster=sight.cluster, service=sight.service, desiredCount=count)


class StopByHand(Fault):
    name = "stop-by-hand"
    title = "somebody presses “Stop and roll back” on the deployment that CodeDeploy has under way"

    def strike(self, scene: Scene) -> None:
        """Stop what holds the group: before there is a new one that is the last release, which keeps its old tasks."""
        active = scene.sight.active_deployment()
        if active:
            scene.sight.client("codedeploy").stop_deployment(deploymentId=active, autoRollbackEnabled=True)
        else:
            scene.note("no deployment was under way")

    def expect(self, stage: str) -> Expectation:
        """A release that is stopped is taken back and says who did not do it; another one's end is waited for."""
        if stage in ("gates", "migrate"):
            return Expectation(ends=DELIVERED)
        if stage == "record":
            return Expectation(ends=EITHER, cause="stopped", settles=False)
        return Expectation(ends=TAKEN_BACK, cause="stopped by someone else")
