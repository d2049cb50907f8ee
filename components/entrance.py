"""The entrance of one service: the listeners that users and checks come to, and the two target groups behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_aws import lb, vpc

from components.component import Component
from components.ignored import ignored
from naming import Kind
from settings import Door, Environment

Colour = Literal["blue", "green"]

#: A new task is taken in after two good answers, five seconds apart: a release waits for little else.
_INTERVAL_SECONDS = 5
_TIMEOUT_SECONDS = 4
_THRESHOLD = 2
#: TLS 1.2 and 1.3. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
_TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"


@dataclass(frozen=True, kw_only=True, slots=True)
class EntranceArgs:
    """Whose entrance, and at which load balancer."""

    env: Environment
    app: str
    door: Door
    load_balancer: pulumi.Input[str]
    """Its ARN."""
    group: pulumi.Input[str]
    """Its security group's id."""
    vpc_id: pulumi.Input[str]


class Entrance(Component):
    """A production listener open to users, a test listener closed to them, and target groups that take turns."""

    TYPE = "slipway:aws:Entrance"

    listener: pulumi.Output[str]
    test_listener: pulumi.Output[str]
    blue: pulumi.Output[str]
    """ARN of the target group that serves first; after that the two swap with every release."""
    green: pulumi.Output[str]
    blue_name: pulumi.Output[str]
    green_name: pulumi.Output[str]
    blue_suffix: pulumi.Output[str]
    """How metrics call it."""
    green_suffix: pulumi.Output[str]

    def __init__(self, name: str, args: EntranceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.door = args.door
        blue, green = self._target_group("blue", args), self._target_group("green", args)
        production = self._listener("listener", args.door.listener, args, blue, green)
        test = self._listener("test", args.door.test_listener, args, blue, green)
        vpc.SecurityGroupIngressRule(
            f"{name}-open",
            security_group_id=args.group,
            description=f"users of {args.app}",
            ip_protocol="tcp",
            from_port=args.door.listener,
            to_port=args.door.listener,
            cidr_ipv4="0.0.0.0/0",
            opts=self.child(),
        )
        self.listener, self.test_listener = production.arn, test.arn
        self.blue, self.green = blue.arn, green.arn
        self.blue_name, self.green_name = blue.name, green.name
        self.blue_suffix, self.green_suffix = blue.arn_suffix, green.arn_suffix
        self.finish()

    def _target_group(self, colour: Colour, args: EntranceArgs) -> lb.TargetGroup:
        """Make one of the two groups. What would replace it (port, VPC) cannot change under a running service."""
        return lb.TargetGroup(
            f"{self.name}-{colour}",
            name=args.env.names.of(Kind.TARGET_GROUP, f"{args.app}-{colour}"),
            port=args.door.port,
            protocol="HTTP",
            target_type="ip",
            vpc_id=args.vpc_id,
            deregistration_delay=args.door.drain,
            health_check=lb.TargetGroupHealthCheckArgs(
                path=args.door.health,
                protocol="HTTP",
                port="traffic-port",
                matcher="200-299",
                interval=_INTERVAL_SECONDS,
                timeout=_TIMEOUT_SECONDS,
                healthy_threshold=_THRESHOLD,
                unhealthy_threshold=_THRESHOLD,
            ),
            opts=self.child(protect=args.env.protect),
        )

    def _listener(
        self, what: str, port: int, args: EntranceArgs, blue: lb.TargetGroup, green: lb.TargetGroup
    ) -> lb.Listener:
        """Make a listener that begins at blue. It waits for green too, so that it is deleted before either."""
        certificate = args.env.certificate_arn
        return lb.Listener(
            f"{self.name}-{what}",
            load_balancer_arn=args.load_balancer,
            port=port,
            protocol="HTTPS" if certificate else "HTTP",
            certificate_arn=certificate,
            ssl_policy=_TLS if certificate else None,
            default_actions=[lb.ListenerDefaultActionArgs(type="forward", target_group_arn=blue.arn)],
            opts=self.child(depends_on=[green], ignore=ignored("listener")),
        )
