"""Alarms of one service: what takes a release back.

Each target group has its own, since the groups take turns: whichever is green is watched against itself, and errors of
the old release never count against the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch

from components.component import Component
from components.entrance import Colour, Entrance
from naming import Kind
from settings import Environment

_NAMESPACE = "AWS/ApplicationELB"


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmsArgs:
    """Which service, and how its traffic is called in metrics."""

    env: Environment
    app: str
    load_balancer: pulumi.Input[str]
    """The load balancer's ARN suffix."""
    entrance: Entrance


@dataclass(frozen=True, slots=True)
class Metric:
    """A series that an alarm looks at: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html."""

    id: str
    name: str
    stat: str


_REQUESTS = Metric("requests", "RequestCount", "Sum")


@dataclass(frozen=True, slots=True)
class Watch:
    """One way to go wrong: which series, put together how, and from what value on it is bad.

    Without an expression there is one series, which is looked at as it is.
    """

    what: str
    description: str
    metrics: Sequence[Metric]
    expression: str
    threshold: float
    comparison: str


def watches(env: Environment) -> list[Watch]:
    """Return what is watched: errors, latency, health. Periods with few requests say nothing about the first two."""
    alarms = env.alarms
    enough = f"requests >= {alarms.min_requests}"
    return [
        Watch(
            "errors",
            f"more than {alarms.error_percent:g} % of requests fail",
            [
                _REQUESTS,
                Metric("errors", "HTTPCode_Target_5XX_Count", "Sum"),
                # The load balancer's own 502 and 504 count for no target group; what they come from does.
                Metric("refused", "TargetConnectionErrorCount", "Sum"),
            ],
            f"IF({enough}, 100 * (FILL(errors, 0) + FILL(refused, 0)) / requests, 0)",
            alarms.error_percent,
            "GreaterThanThreshold",
        ),
        Watch(
            "latency",
            f"5 % of requests take longer than {alarms.latency_seconds:g} s",
            [_REQUESTS, Metric("latency", "TargetResponseTime", "p95")],
            f"IF({enough}, latency, 0)",
            alarms.latency_seconds,
            "GreaterThanThreshold",
        ),
        Watch(
            "health",
            "a task is unhealthy all the time",
            [Metric("unhealthy", "UnHealthyHostCount", "Minimum")],
            # Plain: a filled gap would look healthy, and the latest minute is always one for a while.
            "",
            1,
            "GreaterThanOrEqualToThreshold",
        ),
    ]


class Alarms(Component):
    """Three alarms for each of the two target groups."""

    TYPE = "slipway:aws:Alarms"

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        groups: dict[Colour, pulumi.Output[str]] = {
            "blue": args.entrance.blue_suffix,
            "green": args.entrance.green_suffix,
        }
        made = [
            self._alarm(args, colour, group, watch) for colour, group in groups.items() for watch in watches(args.env)
        ]
        #: What CodeDeploy is told to look at.
        self.names: list[pulumi.Output[str]] = [alarm.name for alarm in made]
        self.finish()

    def _alarm(
        self, args: AlarmsArgs, colour: Colour, group: pulumi.Output[str], watch: Watch
    ) -> cloudwatch.MetricAlarm:
        """Make one alarm. Where there is no traffic there is no data, and no reason to ring."""
        settings = args.env.alarms
        dimensions = {"LoadBalancer": args.load_balancer, "TargetGroup": group}
        series = [
            cloudwatch.MetricAlarmMetricQueryArgs(
                id=metric.id,
                return_data=not watch.expression,
                metric=cloudwatch.MetricAlarmMetricQueryMetricArgs(
                    namespace=_NAMESPACE,
                    metric_name=metric.name,
                    dimensions=dimensions,
                    period=settings.period,
                    stat=metric.stat,
                ),
            )
            for metric in watch.metrics
        ]
        if watch.expression:
            series.append(
                cloudwatch.MetricAlarmMetricQueryArgs(
                    id="bad", expression=watch.expression, label=watch.what, return_data=True
                )
            )
        return cloudwatch.MetricAlarm(
            f"{self.name}-{colour}-{watch.what}",
            name=args.env.names.of(Kind.ALARM, f"{args.app}-{colour}-{watch.what}"),
            alarm_description=f"{args.app}, {colour} target group: {watch.description}",
            metric_queries=series,
            comparison_operator=watch.comparison,
            threshold=watch.threshold,
            evaluation_periods=settings.datapoints,
            datapoints_to_alarm=settings.datapoints,
            treat_missing_data="notBreaching",
            opts=self.child(),
        )
