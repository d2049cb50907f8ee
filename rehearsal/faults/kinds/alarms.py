"""An alarm that rings."""

from __future__ import annotations

import threading
from typing import Any

from rehearsal.faults.expected import EITHER, TAKEN_BACK, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene
from rehearsal.faults.sight import until

#: Seconds of the wall: CloudWatch itself looks again every second, and finds nothing wrong.
RINGS, AGAIN = 4.0, 0.15
#: Seconds of the wall for CodeDeploy to let go of what it kept warm.
ENDS = 30.0


class AlarmRings(Fault):
    name = "alarm-rings"
    title = "an alarm of the deployment group rings (SetAlarmState)"
    # What served before is warned of alarms and not refused.
    new_image = ("gates",)

    def prepare(self, scene: Scene) -> None:
        """End the window of the deployment before, which the alarm would take back: that is a cell of its own."""
        if warm := scene.sight.active_deployment():
            wait: Any = {"deploymentId": warm, "deploymentWaitType": "TERMINATION_WAIT"}
            scene.sight.client("codedeploy").continue_deployment(**wait)
            if not until(lambda: not scene.sight.active_deployment(), ENDS):
                scene.note(f"the deployment before was still there after {ENDS:g} s")

    def strike(self, scene: Scene) -> None:
        """Let it ring for a while."""
        alarm = next((name for name in scene.sight.alarms if "errors" in name), scene.sight.alarms[0])
        self._quiet, self._alarm = threading.Event(), alarm
        cloudwatch = scene.sight.client("cloudwatch")
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="rung by the fault matrix")

        def ring() -> None:
            for _ in range(int(RINGS / AGAIN)):
                if self._quiet.wait(AGAIN):
                    return
                cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="rung by the fault matrix")

        self._ringing = threading.Thread(target=ring, daemon=True)
        self._ringing.start()

    def mend(self, scene: Scene) -> None:
        """Let it be quiet, and AWS end what it has begun."""
        self._quiet.set()
        self._ringing.join()
        scene.sight.client("cloudwatch").set_alarm_state(AlarmName=self._alarm, StateValue="OK", StateReason="over")

    def expect(self, stage: str) -> Expectation:
        """It refuses a release that has not begun, and takes back one that has.

        In between CodeDeploy watches no alarm that rings when a deployment begins, and at the very end it may come
        later.
        """
        if stage == "migrate":
            return Expectation(ends=EITHER, cause="alarm")
        if stage == "record":
            return Expectation(ends=EITHER, cause="alarm", settles=False)
        return Expectation(ends=TAKEN_BACK, cause="alarm .*(rang|rings)")
