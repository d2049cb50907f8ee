"""What CodeDeploy knows about a service: how its traffic moves, what stops that, who may do it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import codedeploy

from components.alarms import Alarms
from components.cluster import Cluster
from components.component import Component
from components.entrance import Entrance
from components.policies import code_deploy
from components.role import Role, RoleArgs
from components.task import Task
from delivery.strategy import Strategy
from naming import Kind, partition
from settings import App, Environment

#: How long green waits, ready, for its checks before CodeDeploy gives up. A release continues or stops it long before.
_READY_WAIT_MINUTES = 60

#: What AWS has ready: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
_BUILT_IN = {
    ("all_at_once", 100, 0): "CodeDeployDefault.ECSAllAtOnce",
    ("canary", 10, 5): "CodeDeployDefault.ECSCanary10Percent5Minutes",
    ("canary", 10, 15): "CodeDeployDefault.ECSCanary10Percent15Minutes",
    ("linear", 10, 1): "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
    ("linear", 10, 3): "CodeDeployDefault.ECSLinear10PercentEvery3Minutes",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploymentArgs:
    """Which service, and all that a deployment of it touches."""

    env: Environment
    app: App
    cluster: Cluster
    service: pulumi.Input[str]
    """The service's name in ECS."""
    task: Task
    entrance: Entrance
    alarms: Alarms


class Deployment(Component):
    """A CodeDeploy application with one deployment group, and a configuration where AWS has none ready."""

    TYPE = "slipway:aws:Deployment"

    application: pulumi.Output[str]
    group: pulumi.Output[str]
    config: pulumi.Output[str]

    def __init__(self, name: str, args: DeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        env, app = args.env, args.app
        role = self._role(args)
        self.config = self._config(args)
        application = codedeploy.Application(
            f"{name}-application",
            name=env.names.of(Kind.APPLICATION, app.name),
            compute_platform="ECS",
            opts=self.child(),
        )
        group = codedeploy.DeploymentGroup(
            f"{name}-group",
            app_name=application.name,
            deployment_group_name=env.names.of(Kind.DEPLOYMENT_GROUP, app.name),
            deployment_config_name=self.config,
            service_role_arn=role.arn,
            deployment_style=codedeploy.DeploymentGroupDeploymentStyleArgs(
                deployment_type="BLUE_GREEN", deployment_option="WITH_TRAFFIC_CONTROL"
            ),
            ecs_service=codedeploy.DeploymentGroupEcsServiceArgs(
                cluster_name=args.cluster.cluster_name, service_name=args.service
            ),
            load_balancer_info=_routes(args.entrance),
            blue_green_deployment_config=_waits(env.strategy),
            alarm_configuration=codedeploy.DeploymentGroupAlarmConfigurationArgs(
                enabled=True, alarms=args.alarms.names
            ),
            auto_rollback_configuration=codedeploy.DeploymentGroupAutoRollbackConfigurationArgs(
                enabled=True,
                events=["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            ),
            opts=self.child(depends_on=role.policies),
        )
        self.application = application.name
        self.group = group.deployment_group_name
        self.finish()

    def _role(self, args: DeploymentArgs) -> Role:
        """Make the role that CodeDeploy moves this service's traffic with, and no other's."""
        env = args.env
        ecs = f"arn:{partition(env.region)}:ecs:{env.region}:{env.account}"
        place = pulumi.Output.concat(args.cluster.cluster_name, "/", args.service)
        return Role(
            f"{self.name}-role",
            RoleArgs(
                stack=env,
                what=f"{args.app.name}-codedeploy",
                description=f"Shifts the traffic of {args.app.name}",
                service="codedeploy.amazonaws.com",
                policy=pulumi.Output.all(
                    place=place,
                    listeners=[args.entrance.listener, args.entrance.test_listener],
                    roles=[args.task.execution_role, args.task.task_role],
                ).apply(
                    lambda known: code_deploy(
                        services=[f"{ecs}:service/{known['place']}", f"{ecs}:task-set/{known['place']}/*"],
                        listeners=known["listeners"],
                        roles=known["roles"],
                    )
                ),
            ),
            self.child(),
        )

    def _config(self, args: DeploymentArgs) -> pulumi.Output[str]:
        """Return the name of the configuration for the strategy; make it where AWS has none ready."""
        strategy = args.env.strategy
        steps = (strategy.kind, strategy.percent, strategy.interval_minutes)
        if steps in _BUILT_IN:
            return pulumi.Output.from_input(_BUILT_IN[steps])
        # A configuration cannot be changed, so its name says what it is: another strategy is another one.
        called = f"{args.app.name}-{strategy.kind}-{strategy.percent}-percent-{strategy.interval_minutes}-minutes"
        return codedeploy.DeploymentConfig(
            f"{self.name}-config",
            deployment_config_name=args.env.names.of(Kind.DEPLOYMENT_CONFIG, called),
            compute_platform="ECS",
            traffic_routing_config=_shift(strategy),
            opts=self.child(),
        ).deployment_config_name


def _shift(strategy: Strategy) -> codedeploy.DeploymentConfigTrafficRoutingConfigArgs:
    """Return how traffic moves, in CodeDeploy's words."""
    percent, minutes = strategy.percent, strategy.interval_minutes
    if strategy.kind == "canary":
        return codedeploy.DeploymentConfigTrafficRoutingConfigArgs(
            type="TimeBasedCanary",
            time_based_canary=codedeploy.DeploymentConfigTrafficRoutingConfigTimeBasedCanaryArgs(
                percentage=percent, interval=minutes
            ),
        )
    return codedeploy.DeploymentConfigTrafficRoutingConfigArgs(
        type="TimeBasedLinear",
        time_based_linear=codedeploy.DeploymentConfigTrafficRoutingConfigTimeBasedLinearArgs(
            percentage=percent, interval=minutes
        ),
    )


def _routes(entrance: Entrance) -> codedeploy.DeploymentGroupLoadBalancerInfoArgs:
    """Return the target groups that take turns and the listeners before them."""
    pair = codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoArgs(
        target_groups=[
            codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTargetGroupArgs(name=entrance.blue_name),
            codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTargetGroupArgs(name=entrance.green_name),
        ],
        prod_traffic_route=codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoProdTrafficRouteArgs(
            listener_arns=[entrance.listener]
        ),
        test_traffic_route=codedeploy.DeploymentGroupLoadBalancerInfoTargetGroupPairInfoTestTrafficRouteArgs(
            listener_arns=[entrance.test_listener]
        ),
    )
    return codedeploy.DeploymentGroupLoadBalancerInfoArgs(target_group_pair_info=pair)


def _waits(strategy: Strategy) -> codedeploy.DeploymentGroupBlueGreenDeploymentConfigArgs:
    """Return the two waits: green's for its checks; blue's, warm, as long as going back should be a re-route."""
    ready = codedeploy.DeploymentGroupBlueGreenDeploymentConfigDeploymentReadyOptionArgs(
        action_on_timeout="STOP_DEPLOYMENT", wait_time_in_minutes=_READY_WAIT_MINUTES
    )
    warm = codedeploy.DeploymentGroupBlueGreenDeploymentConfigTerminateBlueInstancesOnDeploymentSuccessArgs(
        action="TERMINATE", termination_wait_time_in_minutes=strategy.blue_minutes
    )
    return codedeploy.DeploymentGroupBlueGreenDeploymentConfigArgs(
        deployment_ready_option=ready, terminate_blue_instances_on_deployment_success=warm
    )
