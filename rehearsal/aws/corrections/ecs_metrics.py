"""CPU and memory of services, from what their containers really use.

AWS publishes `CPUUtilization` and `MemoryUtilization` per service each minute, in per cent of what its tasks have
reserved.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html

MiniStack 1.5.33 publishes none.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from docker.errors import DockerException
from ministack.services import cloudwatch, ecs

from rehearsal.aws.clock import Clock

_NAMESPACE = "AWS/ECS"
_MINUTE = 60
_UNITS_PER_CORE = 1024
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Usage:
    """One look at a container: nanoseconds of CPU so far, bytes of memory, and when (wall seconds)."""

    cpu: int
    memory: int
    at: float


class ServiceMetrics:
    """Looks at each running container now and then; `publish` is one look."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[str, Usage] = {}

    def publish(self, client: Any) -> None:
        """Look at the tasks of all services of the current account and region, and publish per service."""
        cpu: dict[tuple[str, str], list[float]] = defaultdict(list)
        memory: dict[tuple[str, str], list[float]] = defaultdict(list)
        seen: dict[str, Usage] = {}
        for task in list(ecs._tasks.values()):
            kind, _, service = task.get("group", "").partition(":")
            if task["lastStatus"] != "RUNNING" or kind != "service":
                continue
            key = (ecs._cluster_name_from_arn(task["clusterArn"]), service)
            usages = [usage for each in task.get("_docker_ids") or [] if (usage := _usage(client, each))]
            for identifier, usage in zip(task.get("_docker_ids") or [], usages, strict=False):
                seen[identifier] = usage
                if before := self._last.get(identifier):
                    cores = (usage.cpu - before.cpu) / 1e9 / max(usage.at - before.at, 1e-3)
                    cpu[key].append(100 * cores * _UNITS_PER_CORE / int(task["cpu"]))
                memory[key].append(100 * usage.memory / _MEBIBYTE / int(task["memory"]))
        self._last = seen
        minute = int(self._clock.now() // _MINUTE) * _MINUTE
        for metric, found in (("CPUUtilization", cpu), ("MemoryUtilization", memory)):
            for (cluster, service), values in found.items():
                _store(metric, {"ClusterName": cluster, "ServiceName": service}, minute, fmean(values))


def _usage(client: Any, identifier: str) -> Usage | None:
    try:
        stats = client.api.stats(identifier, stream=False, one_shot=True)
        used = stats["memory_stats"]
        cache = used.get("stats", {}).get("inactive_file", 0)
        return Usage(int(stats["cpu_stats"]["cpu_usage"]["total_usage"]), int(used["usage"]) - cache, time.monotonic())
    except (DockerException, OSError, KeyError):
        return None


def _store(metric: str, dimensions: dict[str, str], moment: int, value: float) -> None:
    point = {"Timestamp": moment, "Value": value, "Count": 1.0, "Unit": "Percent", "Dimensions": dimensions}
    cloudwatch._metric_bucket((_NAMESPACE, metric, cloudwatch._dims_key(dimensions))).append(point)
