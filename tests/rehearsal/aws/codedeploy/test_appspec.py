"""AppSpecs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rehearsal.aws.codedeploy.appspec import AppSpecError, parse

PROPERTIES = {"TaskDefinition": "arn:t:1", "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 80}}
VPC = {"Subnets": ["s"], "SecurityGroups": ["g"], "AssignPublicIp": "ENABLED"}


def content(properties: Any = PROPERTIES, **more: Any) -> Any:
    service = {"Type": "AWS::ECS::Service", "Properties": properties}
    return json.dumps({"version": 0.0, "Resources": [{"TargetService": service}], **more})


def test_the_whole_of_it() -> None:
    properties = PROPERTIES | {
        "PlatformVersion": "1.4.0",
        "NetworkConfiguration": {"AwsvpcConfiguration": VPC},
        "CapacityProviderStrategy": [{"Base": 1, "CapacityProvider": "FARGATE_SPOT", "Weight": 2}],
    }
    spec = parse(content(properties, Hooks=[{"BeforeInstall": "f"}, {"AfterAllowTraffic": "g"}]))
    assert (spec.task_definition, spec.container, spec.container_port) == ("arn:t:1", "app", 80)
    assert spec.platform_version == "1.4.0"
    assert spec.network == {
        "awsvpcConfiguration": {"subnets": ["s"], "securityGroups": ["g"], "assignPublicIp": "ENABLED"}
    }
    assert spec.capacity_providers == [{"capacityProvider": "FARGATE_SPOT", "base": 1, "weight": 2}]
    assert spec.hooks == {"BeforeInstall": "f", "AfterAllowTraffic": "g"}


def test_yaml_and_small_letters() -> None:
    spec = parse(
        """
        version: 0.0
        resources:
          - targetService:
              type: AWS::ECS::Service
              properties:
                taskDefinition: arn:t:1
                loadBalancerInfo: {containerName: app, containerPort: "80"}
        hooks:
          - afterInstall: f
        """
    )
    assert spec.container_port == 80
    assert spec.hooks == {"AfterInstall": "f"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "neither JSON nor YAML"),
        ("just words", "no Resources section"),
        ("{}", "no Resources section"),
        ('{"Resources": []}', "exactly one target service"),
        ('{"Resources": [{"a": {"Type": "AWS::Lambda::Function"}}]}', "Type is AWS::ECS::Service"),
        (content({}), "no TaskDefinition"),
        (content({"TaskDefinition": "t"}), "no LoadBalancerInfo.ContainerName"),
        (content(PROPERTIES | {"LoadBalancerInfo": {"ContainerName": "a", "ContainerPort": "x"}}), "is a number"),
        (
            content(PROPERTIES | {"NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["s"]}}}),
            "needs Subnets, SecurityGroups and AssignPublicIp",
        ),
        (content(Hooks=[{"AfterEverything": "f"}]), "aftereverything is none of"),
    ],
)
def test_what_is_refused(text: Any, message: Any) -> None:
    with pytest.raises(AppSpecError, match=message):
        parse(text)
