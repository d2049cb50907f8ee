"""Autoscaling of a service: AWS chooses the number of tasks by how busy they are."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import appautoscaling as scaling

from components.component import Component
from naming import Kind
from settings import App, Environment

#: How busy processors are kept, in percent: room for growth while new tasks start.
_BUSY_PERCENT = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class ScalingArgs:
    """Which service."""

    env: Environment
    app: App
    cluster: pulumi.Input[str]
    """The cluster's name."""
    service: pulumi.Input[str]
    """The service's name in ECS."""


class Scaling(Component):
    """A scalable target with one policy. A release holds it still while traffic moves."""

    TYPE = "slipway:aws:Scaling"

    target: pulumi.Output[str]
    """ARN of the scalable target."""

    def __init__(self, name: str, args: ScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        target = scaling.Target(
            f"{name}-target",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=pulumi.Output.concat("service/", args.cluster, "/", args.service),
            min_capacity=args.app.scale.low,
            max_capacity=args.app.scale.high,
            opts=self.child(),
        )
        busy = scaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
            predefined_metric_type="ECSServiceAverageCPUUtilization"
        )
        scaling.Policy(
            f"{name}-policy",
            name=args.env.names.of(Kind.SCALING_POLICY, f"{args.app.name}-busy"),
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration=scaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
                target_value=_BUSY_PERCENT, predefined_metric_specification=busy
            ),
            opts=self.child(),
        )
        self.target = target.arn
        self.finish()
