"""Target tracking: moves the desired count of ECS services so that a metric stays near its target.

Out as soon as three minutes in a row were above the target, in after fifteen below nine tenths of it, never beyond the
limits, never within a cooldown, never while suspended.
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.aws.autoscaling.api import AutoScaling
from rehearsal.aws.trouble import INSIDE
from rehearsal.aws.world import World

Document = dict[str, Any]

_MINUTE = 60
_MINUTES_OUT = 3
_MINUTES_IN = 15
_IN_BELOW = 0.9
_METRICS = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
}

log = logging.getLogger("slipway.autoscaling")


class Services(Protocol):
    """What scaling reads and moves."""

    def desired(self, cluster: str, service: str) -> int | None:
        """The desired count, or None where there is no such service."""
        ...

    def move(self, cluster: str, service: str, count: int) -> None:
        """Set the desired count."""
        ...

    def minutes(self, cluster: str, service: str, metric: str, count: int) -> list[float]:
        """The averages of the last complete minutes, oldest first; minutes without data are left out."""
        ...


def decide(current: int, values: Sequence[float], target: float) -> int:
    """The count that would bring the metric to its target, or the current one while there is no reason to move.

    `values` are the averages of the last minutes, oldest first.
    """
    recent = values[-_MINUTES_OUT:]
    if len(recent) == _MINUTES_OUT and min(recent) > target:
        return math.ceil(current * recent[-1] / target)
    calm = values[-_MINUTES_IN:]
    if len(calm) == _MINUTES_IN and max(calm) < target * _IN_BELOW:
        return max(math.ceil(current * max(calm) / target), 1) if current else 0
    return current


class Scaling:
    """Looks at every target tracking policy; `tick` is one look."""

    def __init__(self, world: World, autoscaling: AutoScaling, services: Services) -> None:
        self._clock = world.clock
        self._autoscaling = autoscaling
        self._services = services
        self._moved: dict[tuple[str, str, str], float] = {}

    def tick(self) -> None:
        """Move what has to move."""
        with self._autoscaling.lock:
            work = [
                (key[:3], dict(self._autoscaling.targets[key[:3]]), policy)
                for key, policy in self._autoscaling.policies.items()
                if policy.get("PolicyType") == "TargetTrackingScaling" and key[:3] in self._autoscaling.targets
            ]
        for key, target, policy in work:
            try:
                self._follow(key, target, policy["TargetTrackingScalingPolicyConfiguration"])
            except (ClientError, BotoCoreError) as error:
                log.warning("%s: not scaled: %s", key[1], error)

    def _follow(self, key: tuple[str, str, str], target: Document, configuration: Document) -> None:
        kind = (configuration.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
        parts = key[1].split("/")
        if key[0] != "ecs" or kind not in _METRICS or len(parts) != 3:
            return
        _, cluster, service = parts
        current = self._services.desired(cluster, service)
        if current is None:
            return
        values = self._services.minutes(cluster, service, _METRICS[kind], _MINUTES_IN)
        wanted = decide(current, values, float(configuration["TargetValue"]))
        wanted = min(max(wanted, target["MinCapacity"]), target["MaxCapacity"])
        if wanted != current and self._may(key, target, configuration, out=wanted > current):
            self._services.move(cluster, service, wanted)
            self._moved[key] = self._clock.now()

    def _may(self, key: tuple[str, str, str], target: Document, configuration: Document, *, out: bool) -> bool:
        suspended = "DynamicScalingOutSuspended" if out else "DynamicScalingInSuspended"
        if target["SuspendedState"][suspended] or (not out and configuration.get("DisableScaleIn")):
            return False
        cooldown = configuration.get("ScaleOutCooldown" if out else "ScaleInCooldown", 0)
        return self._clock.now() - self._moved.get(key, -math.inf) >= float(cooldown)


class BotoServices:
    """The real calls, against one endpoint."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        session = boto3.Session(world.account, "test", region_name=world.region)
        config = Config(user_agent_extra=INSIDE)
        self._ecs = cast(Any, session).client("ecs", endpoint_url=world.endpoint, config=config)
        self._cloudwatch = cast(Any, session).client("cloudwatch", endpoint_url=world.endpoint, config=config)

    def desired(self, cluster: str, service: str) -> int | None:
        """The desired count, or None where there is no such service."""
        try:
            found = self._ecs.describe_services(cluster=cluster, services=[service])["services"]
        except ClientError:
            return None
        return next((int(each["desiredCount"]) for each in found if each["status"] == "ACTIVE"), None)

    def move(self, cluster: str, service: str, count: int) -> None:
        """Set the desired count."""
        self._ecs.update_service(cluster=cluster, service=service, desiredCount=count)

    def minutes(self, cluster: str, service: str, metric: str, count: int) -> list[float]:
        """The averages of the last complete minutes, oldest first; minutes without data are left out."""
        end = self._clock.now() // _MINUTE * _MINUTE
        answer = self._cloudwatch.get_metric_statistics(
            Namespace="AWS/ECS",
            MetricName=metric,
            Dimensions=[{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": service}],
            StartTime=datetime.fromtimestamp(end - count * _MINUTE, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            Period=_MINUTE,
            Statistics=["Average"],
        )
        points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
        return [float(point["Average"]) for point in points]
