"""The ECS cluster: the name under which an environment's services run."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import ecs

from components.component import Component
from naming import Kind, Names


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterArgs:
    """Whose cluster."""

    names: Names


class Cluster(Component):
    """An ECS cluster on Fargate; it costs nothing by itself."""

    TYPE = "slipway:aws:Cluster"

    arn: pulumi.Output[str]
    cluster_name: pulumi.Output[str]

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        cluster = ecs.Cluster(f"{name}-cluster", name=args.names.of(Kind.CLUSTER, "services"), opts=self.child())
        self.arn = cluster.arn
        self.cluster_name = cluster.name
        self.finish()
