"""What CodeDeploy is told to bring."""

from __future__ import annotations

import json
from dataclasses import replace

from delivery.appspec import appspec, fingerprint, revision
from tests.delivery.fakes import image, service_plan

SERVICE = service_plan("arn:2", image("b"), security_groups=("sg-2", "sg-1"))


def test_the_appspec_carries_the_task_definition_the_container_and_the_network() -> None:
    assert appspec(SERVICE) == {
        "version": 0.0,
        "Resources": [
            {
                "TargetService": {
                    "Type": "AWS::ECS::Service",
                    "Properties": {
                        "TaskDefinition": "arn:2",
                        "LoadBalancerInfo": {"ContainerName": "api", "ContainerPort": 8000},
                        "NetworkConfiguration": {
                            "AwsvpcConfiguration": {
                                "Subnets": ["subnet-1"],
                                "SecurityGroups": ["sg-1", "sg-2"],
                                "AssignPublicIp": "ENABLED",
                            }
                        },
                    },
                }
            }
        ],
    }


def test_without_subnets_the_network_stays_as_it_is() -> None:
    properties = appspec(replace(SERVICE, subnets=()))["Resources"][0]["TargetService"]["Properties"]
    assert "NetworkConfiguration" not in properties


def test_a_revision_is_the_appspec_as_text() -> None:
    found = revision(SERVICE)
    assert found["revisionType"] == "AppSpecContent"
    assert json.loads(found["appSpecContent"]["content"]) == appspec(SERVICE)


def test_the_fingerprint_follows_what_is_brought_and_nothing_else() -> None:
    assert len(fingerprint(SERVICE)) == 12
    assert fingerprint(SERVICE) == fingerprint(replace(SERVICE, security_groups=("sg-1", "sg-2"), checks=()))
    assert fingerprint(SERVICE) != fingerprint(replace(SERVICE, task_definition="arn:3"))
    assert fingerprint(SERVICE) != fingerprint(replace(SERVICE, assign_public_ip=False))
