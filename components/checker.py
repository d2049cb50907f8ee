"""The check function: asks green, from inside the VPC, what users will ask it later."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_aws import cloudwatch, ec2, lambda_, vpc

from components.component import Component
from components.load_balancer import LoadBalancer
from components.network import Network
from components.policies import checker
from components.role import Role, RoleArgs
from naming import Kind, partition
from settings import Environment

#: The function's code, relative to the project: it is shipped as it is and needs nothing but Python.
CODE = Path("delivery", "checker")
#: One question may take some seconds, and a release asks several at once.
_TIMEOUT_SECONDS = 60
_MEMORY_MB = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckerArgs:
    """Where it asks from, and whom."""

    env: Environment
    network: Network
    door: LoadBalancer


class Checker(Component):
    """A small Lambda function that reaches the test listeners. Nobody else does, and it reaches nothing else."""

    TYPE = "slipway:aws:Checker"

    function: pulumi.Output[str]
    """The function's name."""

    def __init__(self, name: str, args: CheckerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        env = args.env
        called = env.names.of(Kind.FUNCTION, "checker")
        logs = cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{called}",
            retention_in_days=env.log_retention_days,
            opts=self.child(),
        )
        group = ec2.SecurityGroup(
            f"{name}-group",
            name=env.names.of(Kind.SECURITY_GROUP, "checker"),
            description="The check function: reaches the test listeners",
            vpc_id=args.network.vpc_id,
            opts=self.child(),
        )
        self._reach(group, args)
        role = self._role(env, called)
        function = lambda_.Function(
            f"{name}-function",
            name=called,
            description="Asks new tasks what users will ask them, before they serve",
            runtime="python3.12",
            handler="handler.handle",
            code=archive(CODE),
            role=role.arn,
            timeout=_TIMEOUT_SECONDS,
            memory_size=_MEMORY_MB,
            vpc_config=lambda_.FunctionVpcConfigArgs(
                subnet_ids=args.network.task_subnets, security_group_ids=[group.id]
            ),
            opts=self.child(depends_on=[logs, *role.policies]),
        )
        self.function = function.name
        self.finish()

    def _reach(self, group: ec2.SecurityGroup, args: CheckerArgs) -> None:
        """Open each test listener to the function, and the function's way to it."""
        door = args.door.security_group
        for app, entrance in args.door.entrances.items():
            port = entrance.door.test_listener
            vpc.SecurityGroupIngressRule(
                f"{self.name}-in-{app}",
                security_group_id=door,
                description=f"checks of {app}",
                referenced_security_group_id=group.id,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self.child(),
            )
            vpc.SecurityGroupEgressRule(
                f"{self.name}-out-{app}",
                security_group_id=group.id,
                description=f"test listener of {app}",
                referenced_security_group_id=door,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self.child(),
            )

    def _role(self, env: Environment, function: str) -> Role:
        """Make the role that lets it write logs and stand in the VPC."""
        place = f"{env.region}:{env.account}"
        known = partition(env.region)
        policy = checker(
            log_group=f"arn:{known}:logs:{place}:log-group:/aws/lambda/{function}",
            function=f"arn:{known}:lambda:{place}:function:{function}",
        )
        return Role(
            f"{self.name}-role",
            RoleArgs(
                stack=env,
                what="checker",
                description="The check function: logs, and its place in the VPC",
                service="lambda.amazonaws.com",
                policy=policy,
            ),
            self.child(),
        )


def archive(folder: Path) -> pulumi.AssetArchive:
    """Return the folder's Python files as Lambda wants them; compiled leftovers would change it with every run."""
    return pulumi.AssetArchive({path.name: pulumi.FileAsset(str(path)) for path in sorted(folder.glob("*.py"))})
