"""Listeners of a load balancer: where they send traffic, and how a check reaches them from inside the VPC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from delivery.errors import DeliveryError
from delivery.plan import ServicePlan

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How a listener is reached: `addresses` are the load balancer's private ones, `host` the name to ask for."""

    scheme: str
    port: int
    host: str
    addresses: tuple[str, ...]


class Listeners:
    """Reads listeners; changes none."""

    def __init__(self, elbv2: ElasticLoadBalancingv2Client, ec2: EC2Client) -> None:
        self._elbv2 = elbv2
        self._ec2 = ec2

    def shares(self, listener: str) -> dict[str, int]:
        """The share of traffic of each target group (ARN) behind the listener's default action, in percent.

        CodeDeploy leaves a weighted forward in which the group without traffic has weight 0.
        """
        found = self._elbv2.describe_listeners(ListenerArns=[listener])["Listeners"]
        weights: dict[str, int] = {}
        for action in found[0].get("DefaultActions", []) if found else []:
            groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
            for group in groups:
                weights[group.get("TargetGroupArn", "")] = group.get("Weight", 1)
            if not groups and "TargetGroupArn" in action:
                weights[action["TargetGroupArn"]] = 1
        total = sum(weights.values())
        return {group: round(100 * weight / total) for group, weight in weights.items()} if total else {}

    def door(self, service: ServicePlan, listener: str) -> Door:
        """Find out how to call a listener from inside the VPC.

        Its name would resolve to public addresses there, which a closed test listener does not answer; its private ones
        belong to network interfaces that name the load balancer.
        """
        if not service.load_balancer:
            raise DeliveryError(f"{service.name}: has a listener and no load balancer", "give the release both")
        found = self._elbv2.describe_listeners(ListenerArns=[listener])["Listeners"]
        balancers = self._elbv2.describe_load_balancers(LoadBalancerArns=[service.load_balancer])["LoadBalancers"]
        if not found or not balancers:
            raise DeliveryError(f"{service.name}: {listener} is gone", "run `pulumi up --refresh`")
        scheme, port = found[0].get("Protocol", "HTTP").lower(), found[0].get("Port", 80)
        addresses = self._addresses(service.load_balancer)
        if not addresses:
            raise DeliveryError(
                f"{service.name}: no network interface of {service.load_balancer} was found",
                "the role of the update needs ec2:DescribeNetworkInterfaces",
            )
        host = urlsplit(service.url).hostname or balancers[0].get("DNSName", "")
        return Door(scheme=scheme, port=port, host=host, addresses=addresses)

    def _addresses(self, load_balancer: str) -> tuple[str, ...]:
        name = load_balancer.partition("loadbalancer/")[2]
        found = self._ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": [f"ELB {name}"]}])
        return tuple(sorted(i["PrivateIpAddress"] for i in found["NetworkInterfaces"] if "PrivateIpAddress" in i))
