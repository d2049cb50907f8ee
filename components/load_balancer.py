"""The load balancer: where users and checks reach the services; a guest's is its host's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, lb, vpc

from components.component import Component
from components.entrance import Entrance, EntranceArgs
from components.network import Network
from naming import Kind
from settings import Environment, Guest


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancerArgs:
    """Whose load balancer, and where it stands."""

    env: Environment
    network: Network


class LoadBalancer(Component):
    """An application load balancer, its own or its host's, with an entrance for each service that has a port."""

    TYPE = "slipway:aws:LoadBalancer"

    arn: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    """How metrics call it."""
    dns_name: pulumi.Output[str]
    security_group: pulumi.Output[str]
    """Lets users in and nothing else; services and the checker add the rules that they need."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        env = args.env
        if env.guest:
            self._join(env.guest)
        else:
            self._make(env, args.network)
        #: By service.
        self.entrances: Mapping[str, Entrance] = {
            app.name: Entrance(
                f"{name}-{app.name}",
                EntranceArgs(
                    env=env,
                    app=app.name,
                    door=app.door,
                    load_balancer=self.arn,
                    group=self.security_group,
                    vpc_id=args.network.vpc_id,
                ),
                self.child(),
            )
            for app in env.services
            if app.door
        }
        if env.certificate_arn and not any(
            app.door and 80 in (app.door.listener, app.door.test_listener) for app in env.services
        ):
            self._redirect()
        self.finish()

    def _make(self, env: Environment, network: Network) -> None:
        """Make it, with a security group of its own."""
        group = ec2.SecurityGroup(
            f"{self.name}-group",
            name=env.names.of(Kind.SECURITY_GROUP, "door"),
            description="The load balancer: users come in, services are reached",
            vpc_id=network.vpc_id,
            opts=self.child(),
        )
        balancer = lb.LoadBalancer(
            f"{self.name}-balancer",
            name=env.names.of(Kind.LOAD_BALANCER, "door"),
            load_balancer_type="application",
            internal=False,
            security_groups=[group.id],
            subnets=network.public_subnets,
            drop_invalid_header_fields=True,
            enable_deletion_protection=env.protect,
            opts=self.child(protect=env.protect),
        )
        self.arn = balancer.arn
        self.arn_suffix = balancer.arn_suffix
        self.dns_name = balancer.dns_name
        self.security_group = group.id

    def _join(self, guest: Guest) -> None:
        """Use the one of another environment: a guest adds listeners to it, and rules to its group."""
        name = guest.host.of(Kind.LOAD_BALANCER, "door")
        balancer = lb.get_load_balancer_output(name=name, opts=self.lookup())
        self.arn = balancer.arn
        self.arn_suffix = balancer.arn_suffix
        self.dns_name = balancer.dns_name
        self.security_group = balancer.security_groups[0]

    def _redirect(self) -> None:
        """Send users who come without TLS to where there is."""
        lb.Listener(
            f"{self.name}-redirect",
            load_balancer_arn=self.arn,
            port=80,
            protocol="HTTP",
            default_actions=[
                lb.ListenerDefaultActionArgs(
                    type="redirect",
                    redirect=lb.ListenerDefaultActionRedirectArgs(protocol="HTTPS", port="443", status_code="HTTP_301"),
                )
            ],
            opts=self.child(),
        )
        vpc.SecurityGroupIngressRule(
            f"{self.name}-redirect-open",
            security_group_id=self.security_group,
            description="users, to be sent to HTTPS",
            ip_protocol="tcp",
            from_port=80,
            to_port=80,
            cidr_ipv4="0.0.0.0/0",
            opts=self.child(),
        )
