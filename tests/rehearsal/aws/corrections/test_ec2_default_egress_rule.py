"""Tags and description of the egress rule a security group is born with."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws.corrections import ec2_default_egress_rule

pytestmark = pytest.mark.ministack

EVERYTHING = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "the world"}]}]
TAGS = [{"Key": "project", "Value": "shop"}]


@pytest.fixture
def ec2(ministack: Any) -> Any:
    return ministack.client("ec2")


def rule_made(ec2: Any, permissions: Any = EVERYTHING) -> Any:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    specification = [{"ResourceType": "security-group-rule", "Tags": TAGS}]
    answer = ec2.authorize_security_group_egress(
        GroupId=group, IpPermissions=permissions, TagSpecifications=specification
    )
    (rule,) = answer["SecurityGroupRules"]
    (found,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])[
        "SecurityGroupRules"
    ]
    return found


def test_stock_ministack_drops_its_tags(ec2: Any) -> None:
    assert rule_made(ec2).get("Tags", []) == []


def test_stock_ministack_drops_its_description(ec2: Any) -> None:
    assert rule_made(ec2).get("Description", "") == ""


def test_both_are_kept(ec2: Any, binding: Any) -> None:
    ec2_default_egress_rule.apply(binding)
    rule = rule_made(ec2)
    assert (rule["Tags"], rule["Description"]) == (TAGS, "the world")


def test_a_new_rule_keeps_its_own(ec2: Any, binding: Any) -> None:
    ec2_default_egress_rule.apply(binding)
    narrow = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    assert rule_made(ec2, narrow)["Tags"] == TAGS
