"""Autoscaling, held during the shift: a change of the number of tasks in its middle can fail it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-bluegreen.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from delivery.aws import error_code

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient


class Scaling:
    """Suspends and resumes scalable targets, named like `service/<cluster>/<service>`."""

    def __init__(self, autoscaling: ApplicationAutoScalingClient) -> None:
        self._autoscaling = autoscaling

    def hold(self, targets: Iterable[str]) -> None:
        """Let nothing scale."""
        for target in targets:
            self._suspend(target, suspended=True)

    def resume(self, targets: Iterable[str]) -> None:
        """Let it scale again. A target that is gone needs nothing."""
        for target in targets:
            try:
                self._suspend(target, suspended=False)
            except Exception as error:
                if error_code(error) not in ("ObjectNotFoundException", "ValidationException"):
                    raise

    def suspended(self, targets: Sequence[str]) -> tuple[str, ...]:
        """Those of the targets that are held as `hold` does it: nothing of them scales."""
        if not targets:
            return ()
        found = self._autoscaling.describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=list(targets), ScalableDimension="ecs:service:DesiredCount"
        )["ScalableTargets"]
        return tuple(one["ResourceId"] for one in found if all(one.get("SuspendedState", {"": False}).values()))

    def _suspend(self, target: str, *, suspended: bool) -> None:
        self._autoscaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=target,
            ScalableDimension="ecs:service:DesiredCount",
            SuspendedState={
                "DynamicScalingInSuspended": suspended,
                "DynamicScalingOutSuspended": suspended,
                "ScheduledScalingSuspended": suspended,
            },
        )
