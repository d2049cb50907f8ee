"""Autoscaling, held during the shift: a change of the number of tasks in its middle can fail it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-bluegreen.html
"""

from __future__ import annotations

from collections.abc import Iterable
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
