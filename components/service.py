"""A service: its tasks on Fargate, how many there are, what watches them and what moves their traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import ec2, ecs, vpc

from components.alarms import Alarms, AlarmsArgs
from components.cluster import Cluster
from components.component import Component
from components.deployment import Deployment, DeploymentArgs
from components.entrance import Entrance
from components.ignored import ignored
from components.image import Image
from components.load_balancer import LoadBalancer
from components.network import Network
from components.scaling import Scaling, ScalingArgs
from components.task import Task, TaskArgs
from naming import Kind
from plugin import ServiceRelease
from settings import App, Environment, Ran


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceArgs:
    """Which service, and what it stands on."""

    env: Environment
    app: App
    image: Image
    network: Network
    cluster: Cluster
    door: LoadBalancer | None
    """None where no service has a port."""
    ran: Ran | None = None
    """How the release ran that is gone back to, or stayed with."""


class Service(Component):
    """An ECS service. With a port it stands behind the load balancer and CodeDeploy shifts it; a worker rolls."""

    TYPE = "slipway:aws:Service"

    url: pulumi.Output[str]
    """Where users reach it; empty for a worker."""
    task_definition: pulumi.Output[str]
    """ARN of the revision that the next release brings to serve."""

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        env, app, door = args.env, args.app, args.door
        entrance = door.entrances.get(app.name) if door else None
        task = Task(f"{name}-task", TaskArgs(env=env, app=app, image=args.image, ran=args.ran), self.child())
        group = self._security_group(args)
        service = self._service(args, task, group, entrance)
        #: ARN of its scalable target; None where the number of its tasks stands fast.
        self.scalable_target: pulumi.Output[str] | None = None
        if app.scale.scalable:
            where = ScalingArgs(env=env, app=app, cluster=args.cluster.cluster_name, service=service.name)
            self.scalable_target = Scaling(f"{name}-scaling", where, self.child()).target
        self.url = pulumi.Output.from_input("")
        self.task_definition = task.definition
        self.secrets = task.secrets
        #: What a release is told about the service.
        self.release = ServiceRelease(
            name=app.name,
            cluster=args.cluster.cluster_name,
            service=service.name,
            task_definition=task.definition,
            declared=task.declared,
            image=args.image.ref,
            container=app.name,
            subnets=args.network.task_subnets,
            security_groups=[group.id],
            assign_public_ip=args.network.public_tasks,
            desired_count=app.scale.low,
            scalable=app.scale.scalable,
            migration=app.migration,
            **(self._traffic(args, door, entrance, task, service) if door and entrance else {}),
        )
        self.finish()

    def _traffic(
        self, args: ServiceArgs, door: LoadBalancer, entrance: Entrance, task: Task, service: ecs.Service
    ) -> dict[str, Any]:
        """Make what watches and moves the traffic; return what a release is told about it."""
        env, app = args.env, args.app
        alarms = Alarms(
            f"{self.name}-alarms",
            AlarmsArgs(env=env, app=app.name, load_balancer=door.arn_suffix, entrance=entrance),
            self.child(),
        )
        deployment = Deployment(
            f"{self.name}-deployment",
            DeploymentArgs(
                env=env,
                app=app,
                cluster=args.cluster,
                service=service.name,
                task=task,
                entrance=entrance,
                alarms=alarms,
            ),
            self.child(),
        )
        self.url = door.dns_name.apply(lambda host: env.url(app, host))
        return {
            "port": entrance.door.port,
            "application": deployment.application,
            "deployment_group": deployment.group,
            "deployment_config": deployment.config,
            "target_groups": [entrance.blue, entrance.green],
            "listener": entrance.listener,
            "test_listener": entrance.test_listener,
            "load_balancer": door.arn,
            "url": self.url,
            "checks": entrance.door.checks,
            "alarms": alarms.names,
        }

    def _security_group(self, args: ServiceArgs) -> ec2.SecurityGroup:
        """Make the tasks' security group: reached by the load balancer alone, free to reach the world."""
        app = args.app
        group = ec2.SecurityGroup(
            f"{self.name}-group",
            name=args.env.names.of(Kind.SECURITY_GROUP, app.name),
            description=f"Tasks of {app.name}",
            vpc_id=args.network.vpc_id,
            opts=self.child(),
        )
        vpc.SecurityGroupEgressRule(
            f"{self.name}-out",
            security_group_id=group.id,
            description="images, AWS, the world",
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
            opts=self.child(),
        )
        if app.door and args.door:
            door, port = args.door.security_group, app.door.port
            vpc.SecurityGroupIngressRule(
                f"{self.name}-in",
                security_group_id=group.id,
                description="the load balancer",
                referenced_security_group_id=door,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self.child(),
            )
            vpc.SecurityGroupEgressRule(
                f"{self.name}-from-door",
                security_group_id=door,
                description=f"tasks of {app.name}",
                referenced_security_group_id=group.id,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self.child(),
            )
        if args.env.database:
            vpc.SecurityGroupIngressRule(
                f"{self.name}-database",
                security_group_id=args.env.database.security_group,
                description=f"tasks of {args.env.names.stack} {app.name}",
                referenced_security_group_id=group.id,
                ip_protocol="tcp",
                from_port=args.env.database.port,
                to_port=args.env.database.port,
                opts=self.child(),
            )
        return group

    def _service(
        self, args: ServiceArgs, task: Task, group: ec2.SecurityGroup, entrance: Entrance | None
    ) -> ecs.Service:
        """Make the ECS service. It starts with the first revision; from then on a release moves it."""
        app = args.app
        own, kind = (_shifted(app, entrance), "service with a port") if entrance else (_rolled(), "worker")
        # Without listeners AWS refuses the service; without roles, logs and a way out of the network no task starts.
        waits_for: list[pulumi.Resource] = [task, args.network]
        if args.door:
            waits_for.append(args.door)
        return ecs.Service(
            f"{self.name}-service",
            name=args.env.names.of(Kind.SERVICE, app.name),
            cluster=args.cluster.arn,
            task_definition=task.definition,
            desired_count=app.scale.low,
            launch_type="FARGATE",
            network_configuration=ecs.ServiceNetworkConfigurationArgs(
                subnets=args.network.task_subnets,
                security_groups=[group.id],
                assign_public_ip=args.network.public_tasks,
            ),
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            opts=self.child(
                depends_on=waits_for, ignore=ignored(kind, *(["scaled service"] if app.scale.scalable else []))
            ),
            **own,
        )


def _shifted(app: App, entrance: Entrance) -> dict[str, Any]:
    """Return what makes a service one that CodeDeploy shifts."""
    return {
        "deployment_controller": ecs.ServiceDeploymentControllerArgs(type="CODE_DEPLOY"),
        "health_check_grace_period_seconds": app.grace,
        "load_balancers": [
            ecs.ServiceLoadBalancerArgs(
                target_group_arn=entrance.blue, container_name=app.name, container_port=entrance.door.port
            )
        ],
    }


def _rolled() -> dict[str, Any]:
    """Return what makes a service one whose tasks are replaced one after the other, and back if that fails."""
    return {
        "deployment_controller": ecs.ServiceDeploymentControllerArgs(type="ECS"),
        "deployment_circuit_breaker": ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
    }
