"""The load balancer's network interfaces."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from rehearsal.aws.corrections import elb_interfaces

pytestmark = pytest.mark.ministack


@pytest.fixture
def ec2(ministack: Any) -> Any:
    return ministack.client("ec2")


@pytest.fixture
def subnets(ec2: Any) -> Any:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/28")["Subnet"]["SubnetId"] for number in range(2)]


@pytest.fixture
def balancer(ministack: Any, subnets: Any) -> Any:
    return ministack.client("elbv2").create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]


def described(ec2: Any, **filters: Any) -> Any:
    asked = [{"Name": name.replace("_", "-"), "Values": values} for name, values in filters.items()]
    return ec2.describe_network_interfaces(Filters=asked)["NetworkInterfaces"]


def description(balancer: Any) -> Any:
    return "ELB " + balancer["LoadBalancerArn"].split("loadbalancer/")[1]


def test_stock_ministack_has_none(ec2: Any, balancer: Any) -> None:
    assert described(ec2, description=[description(balancer)]) == []


def test_stock_ministack_ignores_filters(ec2: Any, subnets: Any) -> None:
    ec2.create_network_interface(SubnetId=subnets[0], Description="mine")
    assert len(described(ec2, description=["another"])) == 1


def test_one_per_subnet_with_an_address_of_it(ec2: Any, balancer: Any, subnets: Any, binding: Any) -> None:
    elb_interfaces.apply(binding)
    found = described(ec2, description=[description(balancer)])
    assert {interface["SubnetId"] for interface in found} == set(subnets)
    for interface in found:
        block = ec2.describe_subnets(SubnetIds=[interface["SubnetId"]])["Subnets"][0]["CidrBlock"]
        assert ipaddress.ip_address(interface["PrivateIpAddress"]) in ipaddress.ip_network(block)
        assert interface["RequesterId"] == "amazon-elb"
        assert interface["Attachment"]["InstanceOwnerId"] == "amazon-elb"


def test_addresses_stay_and_are_not_shared(ec2: Any, balancer: Any, ministack: Any, subnets: Any, binding: Any) -> None:
    elb_interfaces.apply(binding)
    before = {i["NetworkInterfaceId"]: i["PrivateIpAddress"] for i in described(ec2, description=["ELB app/lb/*"])}
    for number in range(5):
        ministack.client("elbv2").create_load_balancer(Name=f"other-{number}", Subnets=subnets)
    everything = described(ec2, requester_id=["amazon-elb"])
    addresses = [interface["PrivateIpAddress"] for interface in everything]
    assert len(set(addresses)) == len(addresses) == 12
    after = {i["NetworkInterfaceId"]: i["PrivateIpAddress"] for i in described(ec2, description=["ELB app/lb/*"])}
    assert after == before


def test_filters_are_honoured(ec2: Any, balancer: Any, subnets: Any, binding: Any) -> None:
    elb_interfaces.apply(binding)
    ec2.create_network_interface(SubnetId=subnets[0], Description="mine")
    assert [interface["Description"] for interface in described(ec2, description=["mi?e"])] == ["mine"]
    assert len(described(ec2, subnet_id=[subnets[0]])) == 2
    assert len(described(ec2, subnet_id=[subnets[0]], requester_id=["amazon-elb"])) == 1
    assert described(ec2, no_such_filter=["x"]) == []


def test_an_address_leads_to_its_load_balancer(ec2: Any, balancer: Any, binding: Any) -> None:
    elb_interfaces.apply(binding)
    address = described(ec2, description=[description(balancer)])[0]["PrivateIpAddress"]
    found = elb_interfaces.load_balancer_at(address)
    assert found is not None
    assert found["LoadBalancerArn"] == balancer["LoadBalancerArn"]
    assert elb_interfaces.load_balancer_at("192.0.2.1") is None


def test_interfaces_go_with_the_load_balancer(ec2: Any, balancer: Any, ministack: Any, binding: Any) -> None:
    elb_interfaces.apply(binding)
    ministack.client("elbv2").delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    assert described(ec2, requester_id=["amazon-elb"]) == []
