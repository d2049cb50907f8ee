"""The network that services live in: a VPC of our own, one that exists, or that of another environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.component import Component
from naming import Names
from settings import ExistingNetwork, HostNetwork, OwnNetwork

_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkArgs:
    """Which network."""

    names: Names
    network: OwnNetwork | ExistingNetwork | HostNetwork


class Network(Component):
    """Subnets for the load balancer and for tasks."""

    TYPE = "slipway:aws:Network"

    vpc_id: pulumi.Output[str]
    public_subnets: pulumi.Output[Sequence[str]]
    """Where the load balancer is."""
    task_subnets: pulumi.Output[Sequence[str]]
    """Where tasks are: the private subnets, or the public ones where there are no private ones."""
    public_tasks: bool
    """Whether tasks need a public address of their own to reach the world."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._names = args.names
        if isinstance(args.network, ExistingNetwork):
            self._look_up(args.network)
        elif isinstance(args.network, HostNetwork):
            self._join(args.network)
        else:
            self._make(args.network)
        self.public_tasks = not args.network.private
        self.finish()

    def _look_up(self, network: ExistingNetwork) -> None:
        """Use a network that exists: a wrong id fails here, before anything is made in it."""
        self.vpc_id = aws.ec2.get_vpc_output(id=network.vpc_id, opts=self.lookup()).id
        self.public_subnets = pulumi.Output.from_input(list(network.public))
        self.task_subnets = pulumi.Output.from_input(list(network.private or network.public))

    def _join(self, network: HostNetwork) -> None:
        """Stand where another environment's load balancer stands. Fails where there is none of that name."""
        balancer = aws.lb.get_load_balancer_output(name=network.load_balancer, opts=self.lookup())
        self.vpc_id = balancer.vpc_id
        self.public_subnets = balancer.subnets.apply(sorted)
        self.task_subnets = self.public_subnets

    def _make(self, network: OwnNetwork) -> None:
        """Make a VPC with a public subnet per zone, and private ones where there is a NAT gateway."""
        vpc = aws.ec2.Vpc(
            f"{self.name}-vpc",
            cidr_block=network.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._tag(""),
            opts=self.child(),
        )
        zones = self._zones(len(network.public))
        gateway = aws.ec2.InternetGateway(
            f"{self.name}-internet", vpc_id=vpc.id, tags=self._tag("internet"), opts=self.child()
        )
        public = self._subnets("public", vpc, network.public, zones)
        self._route("public", vpc, public, {"gateway_id": gateway.id})
        private = self._subnets("private", vpc, network.private, zones)
        if network.nat == "one":
            self._route("private", vpc, private, {"nat_gateway_id": self._nat("nat", public[0], gateway).id})
        elif network.nat == "per_zone":
            for number, (inside, outside) in enumerate(zip(private, public, strict=True), 1):
                nat = self._nat(f"nat-{number}", outside, gateway)
                self._route(f"private-{number}", vpc, [inside], {"nat_gateway_id": nat.id})
        self.vpc_id = vpc.id
        self.public_subnets = pulumi.Output.all(*(subnet.id for subnet in public))
        self.task_subnets = pulumi.Output.all(*(subnet.id for subnet in private)) if private else self.public_subnets

    def _zones(self, count: int) -> list[pulumi.Output[str]]:
        """Return the first zones of the region, those that every account may use."""
        everyone = aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"])
        found = aws.get_availability_zones_output(state="available", filters=[everyone], opts=self.lookup())
        zones = found.names.apply(lambda names: first(names, count))
        return [zones[number] for number in range(count)]

    def _subnets(
        self, kind: str, vpc: aws.ec2.Vpc, cidrs: Sequence[str], zones: Sequence[pulumi.Output[str]]
    ) -> list[aws.ec2.Subnet]:
        """Make a subnet per zone. None gives out public addresses unasked: tasks that need one ask for it."""
        return [
            aws.ec2.Subnet(
                f"{self.name}-{kind}-{number}",
                vpc_id=vpc.id,
                cidr_block=cidr,
                availability_zone=where,
                map_public_ip_on_launch=False,
                tags=self._tag(f"{kind}-{number}"),
                opts=self.child(),
            )
            for number, (cidr, where) in enumerate(zip(cidrs, zones, strict=False), 1)
        ]

    def _route(
        self, kind: str, vpc: aws.ec2.Vpc, subnets: Sequence[aws.ec2.Subnet], way_out: Mapping[str, Any]
    ) -> None:
        """Give subnets a way out to the world."""
        table = aws.ec2.RouteTable(f"{self.name}-{kind}-routes", vpc_id=vpc.id, tags=self._tag(kind), opts=self.child())
        aws.ec2.Route(
            f"{self.name}-{kind}-way-out",
            route_table_id=table.id,
            destination_cidr_block=_ANYWHERE,
            opts=self.child(),
            **way_out,
        )
        for number, subnet in enumerate(subnets, 1):
            aws.ec2.RouteTableAssociation(
                f"{self.name}-{kind}-routes-{number}", subnet_id=subnet.id, route_table_id=table.id, opts=self.child()
            )

    def _nat(self, what: str, subnet: aws.ec2.Subnet, gateway: aws.ec2.InternetGateway) -> aws.ec2.NatGateway:
        """Make a NAT gateway in a public subnet. AWS wants the internet gateway to be there first."""
        address = aws.ec2.Eip(
            f"{self.name}-{what}-address", domain="vpc", tags=self._tag(what), opts=self.child(depends_on=[gateway])
        )
        return aws.ec2.NatGateway(
            f"{self.name}-{what}",
            allocation_id=address.allocation_id,
            subnet_id=subnet.id,
            tags=self._tag(what),
            opts=self.child(depends_on=[gateway]),
        )

    def _tag(self, what: str) -> dict[str, str]:
        """Return the tag that consoles show as the name."""
        return {"Name": "-".join(filter(None, [self._names.project, self._names.stack, what]))}


def first(names: Sequence[str], wanted: int) -> Sequence[str]:
    """Return the first zones of a region. Raises `pulumi.RunError` where it has fewer than are wanted."""
    if len(names) < wanted:
        raise pulumi.RunError(
            f"zones: the region has {len(names)} ({', '.join(names)}), got {wanted}.\n"
            f"Fix:   `pulumi config set zones {len(names)}`"
        )
    return names[:wanted]
