"""Ports of a load balancer that several environments share: which are taken, and where the next guest finds room."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from delivery.aws import error_code
from delivery.errors import DeliveryError

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

#: Where guests begin: above the ports that people use for themselves.
FIRST_PORT = 9000
_LAST_PORT = 65000
#: A load balancer takes so many, unless AWS is asked for more.
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
MOST_LISTENERS = 50


def taken(client: ElasticLoadBalancingv2Client, load_balancer: str) -> set[int]:
    """Return the ports on which a load balancer listens. Raises `DeliveryError` where there is none of that name."""
    try:
        (found,) = client.describe_load_balancers(Names=[load_balancer])["LoadBalancers"]
    except Exception as error:
        if error_code(error) != "LoadBalancerNotFound":
            raise
        raise DeliveryError(
            f"there is no load balancer {load_balancer}", "a guest needs a host that stands: run its update first"
        ) from None
    pages = client.get_paginator("describe_listeners").paginate(LoadBalancerArn=found["LoadBalancerArn"])
    return {listener["Port"] for page in pages for listener in page["Listeners"]}


def room(ports: Collection[int], wanted: int) -> int:
    """Return the first port from which on `wanted` in a row are free. Raises `DeliveryError` where there is no room."""
    if len(ports) + wanted > MOST_LISTENERS:
        raise DeliveryError(
            f"the load balancer has {len(ports)} listeners; {wanted} more would be above AWS's {MOST_LISTENERS}",
            "remove guests that nobody needs (`./slipway env list`), or ask AWS for more",
        )
    first = FIRST_PORT
    while blocking := [port for port in range(first, first + wanted) if port in ports]:
        # An even number, so that people see which two belong together.
        first = max(blocking) + 1 + (max(blocking) + 1) % 2
    if first + wanted > _LAST_PORT:
        raise DeliveryError("there is no room for another guest", "`./slipway env list` names those there are")
    return first
