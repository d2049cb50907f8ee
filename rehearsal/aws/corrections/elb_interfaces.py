"""The load balancer's network interfaces, and filters on DescribeNetworkInterfaces.

AWS: a load balancer has one interface per subnet, described as `ELB app/<name>/<id>`, with a private address of the
subnet; DescribeNetworkInterfaces takes filters, whose values may hold `*` and `?`.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html

MiniStack 1.5.33 has no interfaces for load balancers, and ignores every filter.
"""

from __future__ import annotations

import fnmatch
import hashlib
import ipaddress
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import alb, ec2

from rehearsal.aws.corrections.binding import Binding

_RESERVED = 4  # AWS keeps the network address and the next three, and the last, of each subnet

Interface = dict[str, Any]


def interfaces() -> list[Interface]:
    """The network interfaces of all load balancers, computed from what they are: nothing is stored."""
    found: list[Interface] = []
    taken: set[str] = set()
    for load_balancer in sorted(alb._lbs.values(), key=lambda lb: str(lb["LoadBalancerArn"])):
        for subnet_id in load_balancer["Subnets"]:
            address = _address(load_balancer["LoadBalancerArn"], subnet_id, taken)
            taken.add(address)
            found.append(_interface(load_balancer, subnet_id, address))
    return found


def load_balancer_at(address: str) -> dict[str, Any] | None:
    """The load balancer that owns a private address, or None."""
    for interface in interfaces():
        if interface["PrivateIpAddress"] == address:
            return interface["_load_balancer"]  # type: ignore[no-any-return]
    return None


def apply(binding: Binding) -> None:
    """Show the load balancers' interfaces and honour filters."""

    def describe(params: dict[str, Any]) -> Any:
        wanted = ec2._parse_member_list(params, "NetworkInterfaceId")
        filters = _filters(params)
        chosen = [
            interface
            for interface in [*ec2._network_interfaces.values(), *interfaces()]
            if (not wanted or interface["NetworkInterfaceId"] in wanted)
            and all(_matches(interface, name, values) for name, values in filters)
        ]
        xml = "".join(_xml(interface) for interface in chosen)
        return ec2._xml(200, "DescribeNetworkInterfacesResponse", f"<networkInterfaceSet>{xml}</networkInterfaceSet>")

    binding.replace(ec2, "_describe_network_interfaces", describe)


def _address(arn: str, subnet_id: str, taken: set[str]) -> str:
    subnet = ec2._subnets.get(subnet_id) or {}
    network = ipaddress.ip_network(subnet.get("CidrBlock") or "172.31.0.0/20")
    room = network.num_addresses - _RESERVED - 1
    start = int(hashlib.sha256(f"{arn} {subnet_id}".encode()).hexdigest(), 16)
    for step in range(room):
        address = str(network[_RESERVED + (start + step) % room])
        if address not in taken:
            return address
    raise RuntimeError(f"subnet {subnet_id}: no free address for {arn}")


def _interface(load_balancer: dict[str, Any], subnet_id: str, address: str) -> Interface:
    arn = load_balancer["LoadBalancerArn"]
    digest = hashlib.sha256(f"{arn} {subnet_id}".encode()).hexdigest()
    subnet = ec2._subnets.get(subnet_id) or {}
    return {
        "NetworkInterfaceId": f"eni-0{digest[:16]}",
        "SubnetId": subnet_id,
        "VpcId": subnet.get("VpcId") or load_balancer.get("VpcId", ""),
        "AvailabilityZone": subnet.get("AvailabilityZone", ""),
        "Description": f"ELB {arn.split(':loadbalancer/')[1]}",
        "OwnerId": get_account_id(),
        "Status": "in-use",
        "PrivateIpAddress": address,
        "InterfaceType": "interface",
        "SourceDestCheck": True,
        "MacAddress": "02:" + ":".join(digest[i : i + 2] for i in range(20, 30, 2)),
        "Groups": [
            {"GroupId": group, "GroupName": (ec2._security_groups.get(group) or {}).get("GroupName", group)}
            for group in load_balancer["SecurityGroups"]
        ],
        "Attachment": {
            "AttachmentId": f"ela-attach-0{digest[16:32]}",
            "InstanceOwnerId": "amazon-elb",
            "DeviceIndex": 1,
            "AttachTime": load_balancer["CreatedTime"],
            "Status": "attached",
        },
        "RequesterId": "amazon-elb",
        "RequesterManaged": True,
        "_load_balancer": load_balancer,
    }


def _filters(params: dict[str, Any]) -> list[tuple[str, list[str]]]:
    filters: list[tuple[str, list[str]]] = []
    while name := ec2._p(params, f"Filter.{len(filters) + 1}.Name"):
        prefix = f"Filter.{len(filters) + 1}.Value"
        values: list[str] = []
        while value := ec2._p(params, f"{prefix}.{len(values) + 1}"):
            values.append(value)
        filters.append((name, values))
    return filters


def _matches(interface: Interface, name: str, patterns: list[str]) -> bool:
    values = _values(interface, name)
    return any(fnmatch.fnmatchcase(value, pattern) for value in values for pattern in patterns)


def _values(interface: Interface, name: str) -> list[str]:
    """What a filter compares; an unknown filter matches nothing, so that nobody acts on interfaces it did not mean."""
    attachment = interface.get("Attachment") or {}
    fields = {
        "network-interface-id": interface["NetworkInterfaceId"],
        "subnet-id": interface["SubnetId"],
        "vpc-id": interface["VpcId"],
        "availability-zone": interface.get("AvailabilityZone", ""),
        "description": interface["Description"],
        "status": interface["Status"],
        "owner-id": interface["OwnerId"],
        "private-ip-address": interface["PrivateIpAddress"],
        "addresses.private-ip-address": interface["PrivateIpAddress"],
        "interface-type": interface.get("InterfaceType", "interface"),
        "requester-id": interface.get("RequesterId", ""),
        "requester-managed": str(interface.get("RequesterManaged", False)).lower(),
        "attachment.attachment-id": attachment.get("AttachmentId", ""),
        "attachment.instance-id": attachment.get("InstanceId", ""),
        "attachment.instance-owner-id": attachment.get("InstanceOwnerId", ""),
        "attachment.status": attachment.get("Status", ""),
    }
    if name == "group-id":
        return [group["GroupId"] for group in interface.get("Groups", [])]
    if name == "group-name":
        return [group["GroupName"] for group in interface.get("Groups", [])]
    return [str(fields[name])] if name in fields else []


def _xml(interface: Interface) -> str:
    xml = str(ec2._eni_fields_xml(interface))
    if not interface.get("RequesterManaged"):
        return xml
    extra = f"<requesterId>{interface['RequesterId']}</requesterId><requesterManaged>true</requesterManaged>"
    owner = f"<instanceOwnerId>{interface['Attachment']['InstanceOwnerId']}</instanceOwnerId>"
    return xml.replace("<sourceDestCheck>", extra + "<sourceDestCheck>").replace(
        "<deviceIndex>", owner + "<deviceIndex>"
    )
