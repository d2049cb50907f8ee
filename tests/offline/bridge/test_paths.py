from __future__ import annotations

import pytest

from offline import names
from offline.bridge import paths
from offline.bridge.plan import Path
from tests.offline import schemas

TABLE = names.load("aws")
PAIRS = [
    ("aws:lb/listener:Listener", ("default_action", 0, "target_group_arn"), "defaultActions[0].targetGroupArn"),
    ("aws:lb/listener:Listener", ("default_action", 1, "redirect", 0, "port"), "defaultActions[1].redirect.port"),
    ("aws:ecs/service:Service", ("load_balancer",), "loadBalancers"),
    ("aws:ecs/service:Service", ("network_configuration", 0, "subnets"), "networkConfiguration.subnets"),
    ("aws:ecs/service:Service", ("network_configuration",), "networkConfiguration"),
    ("aws:ec2/vpc:Vpc", ("tags", "k.l"), 'tags["k.l"]'),
    ("aws:lambda/function:Function", ("filename",), "code"),
    ("aws:ec2/securityGroup:SecurityGroup", ("ingress", 0, "cidr_blocks"), "ingress[0].cidrBlocks"),
]


@pytest.mark.parametrize(("token", "path", "shown"), PAIRS)
def test_a_place_is_written_as_pulumi_does_and_found_again(token: str, path: Path, shown: str) -> None:
    named = TABLE.resource(token)
    block = schemas.load("resources", named.terraform).block
    assert paths.to_pulumi(block, named, path) == shown
    assert paths.to_terraform(block, named, shown) == path


def test_keys_of_maps_may_be_written_with_a_dot() -> None:
    named = TABLE.resource("aws:ec2/vpc:Vpc")
    assert paths.to_terraform(schemas.load("resources", "aws_vpc").block, named, "tags.owner") == ("tags", "owner")


def test_a_name_that_there_is_not_names_no_place() -> None:
    named = TABLE.resource("aws:ec2/vpc:Vpc")
    assert paths.to_terraform(schemas.load("resources", "aws_vpc").block, named, "cidrBlok") == ()
