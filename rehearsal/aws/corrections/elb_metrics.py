"""Metrics of the load balancer, from the traffic that it carried.

AWS publishes per minute and load balancer, and per target group and load balancer, how many requests there were, how
they were answered, how long the targets took, and how many targets are healthy.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html

MiniStack 1.5.33 publishes none, so an alarm on them never rings.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from typing import Any

from ministack.services import alb, cloudwatch

from rehearsal.aws.clock import Clock
from rehearsal.aws.corrections.elb_relay import Served
from rehearsal.aws.corrections.elb_targets import Targets
from rehearsal.aws.corrections.elb_weighted_forward import load_balancers

_NAMESPACE = "AWS/ApplicationELB"
_MINUTE = 60

Key = tuple[int, str, str, str]  # minute, load balancer, target group ("" for all), metric


class TrafficMetrics:
    """Counts what the relay tells and hands it to CloudWatch once a second."""

    def __init__(self, clock: Clock, targets: Targets) -> None:
        self._clock = clock
        self._targets = targets
        self._pending: dict[Key, Counter[float]] = defaultdict(Counter)
        self._stored: dict[tuple[Key, float], dict[str, Any]] = {}
        self._lock = threading.Lock()
        self.totals: Counter[tuple[str, str, int]] = Counter()

    def observe(self, served: Served) -> None:
        """Count one request."""
        minute = int(self._clock.now() // _MINUTE) * _MINUTE
        with self._lock:
            self.totals[(served.load_balancer, served.group if served.by_target else "", served.status)] += 1
            for metric, value, per_group in _measures(served):
                self._pending[(minute, served.load_balancer, "", metric)][value] += 1
                if per_group:
                    self._pending[(minute, served.load_balancer, served.group, metric)][value] += 1

    def publish(self) -> None:
        """Hand over what was counted, and how many targets are healthy now."""
        with self._lock:
            pending, self._pending = self._pending, defaultdict(Counter)
        for key, values in pending.items():
            for value, count in values.items():
                self._add(key, value, count)
        current = int(self._clock.now() // _MINUTE) * _MINUTE
        self._stored = {key: point for key, point in self._stored.items() if key[0][0] >= current - _MINUTE}
        self._publish_hosts()

    def _add(self, key: Key, value: float, count: int) -> None:
        """Equal values of one minute become one data point with a count."""
        minute, load_balancer, group, metric = key
        if point := self._stored.get((key, value)):
            point["Count"] += count
            return
        unit = "Seconds" if metric == "TargetResponseTime" else "Count"
        self._stored[key, value] = _store(metric, _dimensions(load_balancer, group), minute, value, count, unit)

    def _publish_hosts(self) -> None:
        minute = int(self._clock.now() // _MINUTE) * _MINUTE
        for group in list(alb._tgs):
            states = Counter(target.state for target in self._targets.of(group))
            if not states:
                continue
            for load_balancer in load_balancers(group):
                for metric, state in (("HealthyHostCount", "healthy"), ("UnHealthyHostCount", "unhealthy")):
                    _replace(metric, _dimensions(load_balancer, group), minute, states[state])


def _measures(served: Served) -> list[tuple[str, float, bool]]:
    """The data points of one request: metric, value, and whether it is published per target group too."""
    if served.by_target:
        # Two significant digits: few distinct values per minute, and percentiles stay true to a few per cent.
        seconds = float(f"{served.seconds:.2g}")
        return [
            ("RequestCount", 1.0, True),
            (f"HTTPCode_Target_{served.status // 100}XX_Count", 1.0, True),
            ("TargetResponseTime", seconds, True),
        ]
    measures = [
        ("RequestCount", 1.0, False),
        (f"HTTPCode_ELB_{served.status // 100}XX_Count", 1.0, False),
    ]
    if served.status in (500, 502, 503, 504):
        measures.append((f"HTTPCode_ELB_{served.status}_Count", 1.0, False))
    if not served.connected:
        measures.append(("TargetConnectionErrorCount", 1.0, True))
    return measures


def _dimensions(load_balancer: str, group: str) -> dict[str, str]:
    dimensions = {"LoadBalancer": load_balancer.split(":loadbalancer/")[-1]}
    if group:
        dimensions["TargetGroup"] = group.split(":")[-1]
    return dimensions


def _store(metric: str, dimensions: dict[str, str], moment: int, value: float, count: int, unit: str) -> dict[str, Any]:
    point = {"Timestamp": moment, "Value": value, "Count": float(count), "Unit": unit, "Dimensions": dimensions}
    _bucket(metric, dimensions).append(point)
    return point


def _replace(metric: str, dimensions: dict[str, str], moment: int, value: float) -> None:
    """One data point per minute: the latest count of the minute stands."""
    bucket = _bucket(metric, dimensions)
    if bucket and bucket[-1]["Timestamp"] == moment:
        bucket[-1]["Value"] = float(value)
    else:
        _store(metric, dimensions, moment, float(value), 1, "Count")


def _bucket(metric: str, dimensions: dict[str, str]) -> list[dict[str, Any]]:
    return cloudwatch._metric_bucket((_NAMESPACE, metric, cloudwatch._dims_key(dimensions)))  # type: ignore[no-any-return]
