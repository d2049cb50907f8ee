"""Networks: of our own, with and without NAT, and ones that exist."""

from __future__ import annotations

import pulumi
import pytest

from components import Network, NetworkArgs
from settings import ExistingNetwork, OwnNetwork
from settings.model import Nat
from tests.components.support import Built, build, environment

PUBLIC = ("10.20.0.0/20", "10.20.16.0/20")
PRIVATE = ("10.20.128.0/20", "10.20.144.0/20")
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"


def network(nat: Nat = "none", world: dict[str, object] | None = None) -> Built:
    private = PRIVATE if nat != "none" else ()
    own = OwnNetwork(cidr="10.20.0.0/16", public=PUBLIC, private=private, nat=nat)
    args = NetworkArgs(names=environment().names, network=own)
    return build(lambda on: Network("network", args, on), world=world)


def test_without_nat_tasks_are_in_public_subnets_with_addresses_of_their_own() -> None:
    built = network("none")
    assert built.one("Vpc").inputs == {
        "cidrBlock": "10.20.0.0/16",
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": {"Name": "shop-staging"},
    }
    assert {name: one.inputs for name, one in built.of("Subnet").items()} == {
        f"network-public-{number}": {
            "vpcId": "id:network-vpc",
            "cidrBlock": cidr,
            "availabilityZone": zone,
            "mapPublicIpOnLaunch": False,
            "tags": {"Name": f"shop-staging-public-{number}"},
        }
        for number, cidr, zone in ((1, PUBLIC[0], "eu-central-1a"), (2, PUBLIC[1], "eu-central-1b"))
    }
    assert built.one("Route").inputs == {
        "routeTableId": "id:network-public-routes",
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": "id:network-internet",
    }
    assert not built.of("NatGateway")
    subnets = ["id:network-public-1", "id:network-public-2"]
    assert built.outputs["network"] == {
        "vpc_id": "id:network-vpc",
        "public_subnets": subnets,
        "task_subnets": subnets,
        "public_tasks": True,
    }


def test_one_nat_gateway_serves_all_private_subnets() -> None:
    built = network("one")
    assert built.one("NatGateway").inputs == {
        "allocationId": "eipalloc-network-nat-address",
        "subnetId": "id:network-public-1",
        "tags": {"Name": "shop-staging-nat"},
    }
    routes = {name: one.inputs.get("natGatewayId") for name, one in built.of("Route").items()}
    assert routes == {"network-public-way-out": None, "network-private-way-out": "id:network-nat"}
    assert built.of("RouteTableAssociation").keys() == {
        f"network-{kind}-routes-{number}" for kind in ("public", "private") for number in (1, 2)
    }
    assert built.outputs["network"]["task_subnets"] == ["id:network-private-1", "id:network-private-2"]
    assert built.outputs["network"]["public_tasks"] is False


def test_a_nat_gateway_per_zone_keeps_zones_apart() -> None:
    built = network("per_zone")
    gateways = {name: one.inputs["subnetId"] for name, one in built.of("NatGateway").items()}
    assert gateways == {"network-nat-1": "id:network-public-1", "network-nat-2": "id:network-public-2"}
    routes = {name: one.inputs.get("natGatewayId") for name, one in built.of("Route").items()}
    assert routes == {
        "network-public-way-out": None,
        "network-private-1-way-out": "id:network-nat-1",
        "network-private-2-way-out": "id:network-nat-2",
    }
    tables = {one.inputs["subnetId"]: one.inputs["routeTableId"] for one in built.of("RouteTableAssociation").values()}
    assert tables["id:network-private-2"] == "id:network-private-2-routes"


def test_addresses_wait_for_the_internet_gateway() -> None:
    built = network("one")
    assert "network-internet" in built.one("Eip").dependencies
    assert "network-internet" in built.one("NatGateway").dependencies


def test_a_network_that_exists_is_looked_up_and_nothing_is_made_in_it() -> None:
    there = ExistingNetwork(vpc_id="vpc-1", public=("subnet-1", "subnet-2"), private=("subnet-3",))
    args = NetworkArgs(names=environment().names, network=there)
    built = build(lambda on: Network("network", args, on))
    assert built.names() == []
    assert [(token, asked) for token, asked, _ in built.calls] == [("aws:ec2/getVpc:getVpc", {"id": "vpc-1"})]
    assert built.outputs["network"] == {
        "vpc_id": "vpc-1",
        "public_subnets": ["subnet-1", "subnet-2"],
        "task_subnets": ["subnet-3"],
        "public_tasks": False,
    }


def test_only_zones_that_every_account_may_use_are_asked_for() -> None:
    ((token, asked, _),) = network().calls
    assert (token, asked) == (
        ZONES,
        {"state": "available", "filters": [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]},
    )


def test_a_region_with_too_few_zones_is_named() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        network(world={ZONES: {"names": ["eu-central-1a"]}})
    assert str(caught.value) == ("zones: the region has 1 (eu-central-1a), got 2.\nFix:   `pulumi config set zones 1`")
