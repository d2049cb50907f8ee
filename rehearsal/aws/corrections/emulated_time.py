"""The services that wait or date things follow the emulated clock.

AWS has one time. MiniStack 1.5.33 asks the machine for it in each module, so that its times would disagree with a
clock that runs faster: metrics would lie in the past of the alarms that look at them.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ministack.services import alb, cloudwatch, ecs, eventbridge

from rehearsal.aws.clock import Clock, ClockedTime
from rehearsal.aws.corrections.binding import Binding


def apply(binding: Binding, clock: Clock) -> None:
    """Let load balancing, CloudWatch, ECS and EventBridge read `clock`."""
    clocked = ClockedTime(clock)
    for module in (alb, cloudwatch, ecs, eventbridge):
        binding.replace(module, "time", clocked)

    def now_iso() -> str:
        return datetime.fromtimestamp(clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    binding.replace(ecs, "now_iso", now_iso)
