"""CodeDeploy and Application Auto Scaling of the emulated AWS, held to policies, each account with its own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rehearsal.aws.autoscaling.api import AutoScaling
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.codedeploy.api import CodeDeploy
from rehearsal.aws.control import Control
from rehearsal.aws.corrections.elb_metrics import TrafficMetrics
from rehearsal.aws.corrections.elb_targets import Targets
from rehearsal.aws.gateway import Gateway, JsonService, Services
from rehearsal.aws.world import World
from tests.rehearsal.aws.iam.conftest import OTHER, Enforced, Role, allow

pytestmark = pytest.mark.ministack

ARN = "eu-central-1:111122223333"
TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/shop/api",
    "ScalableDimension": "ecs:service:DesiredCount",
}


class Door:
    """The gateway before our own services."""

    def __init__(self, enforced: Enforced) -> None:
        clock = ManualClock(1_700_000_000, speed=30)
        self._world = World(
            clock=clock,
            account=enforced.account,
            region=enforced.region,
            port=1,
            proxy_port=2,
            home=Path(),
            label="a=b",
            iam=True,
        )
        services = Services(self._world, self._made(enforced.account), self._made)
        self._gateway = Gateway(self._world, Control(self._world, TrafficMetrics(clock, Targets(clock))), services)

    def _made(self, account: str) -> list[JsonService]:
        there = replace(self._world, account=account)
        return [CodeDeploy(there, None, lambda _: None), AutoScaling(there)]  # type: ignore[arg-type]

    def call(self, who: Role | str, service: str, action: str, **request: Any) -> tuple[int, dict[str, Any]]:
        """Make a call as boto3 signs it, of a role or of an account's root; return status and content."""
        model: Any = boto3.Session().client(  # type: ignore[call-overload]
            service, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        prefix = model.meta.service_model.metadata["targetPrefix"]
        keys = (
            Credentials(who, "test")
            if isinstance(who, str)
            else Credentials(
                who._credentials["AccessKeyId"],
                who._credentials["SecretAccessKey"],
                who._credentials["SessionToken"],
            )
        )
        body = json.dumps(request).encode()
        sent = AWSRequest("POST", "http://ministack/", headers={"X-Amz-Target": f"{prefix}.{action}"}, data=body)
        SigV4Auth(keys, service, "eu-central-1").add_auth(sent)
        headers = [(name.lower().encode(), str(value).encode()) for name, value in sent.headers.items()]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "raw_path": b"/",
            "headers": [*headers, (b"host", b"ministack")],
            "query_string": b"",
        }
        heard: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            heard.append(message)

        asyncio.run(self._gateway(scope, receive, send))
        return heard[0]["status"], json.loads(heard[1]["body"])


@pytest.fixture
def door(enforced: Enforced) -> Door:
    return Door(enforced)


def test_a_role_makes_what_is_its_own(enforced: Enforced, door: Door) -> None:
    role = enforced.role(allow(["codedeploy:*"], [f"arn:aws:codedeploy:{ARN}:application:mine-*"]))
    wish = {"computePlatform": "ECS"}
    assert door.call(role, "codedeploy", "CreateApplication", applicationName="mine-api", **wish)[0] == 200
    status, content = door.call(role, "codedeploy", "CreateApplication", applicationName="theirs-api", **wish)
    assert (status, content["__type"]) == (400, "AccessDeniedException")
    assert content["message"] == (
        "User: arn:aws:sts::111122223333:assumed-role/deployer/test is not authorized to perform: "
        f"codedeploy:CreateApplication on resource: arn:aws:codedeploy:{ARN}:application:theirs-api because no "
        "identity-based policy allows the codedeploy:CreateApplication action"
    )


def test_what_has_no_name_is_known_by_its_tags(enforced: Enforced, door: Door) -> None:
    keep = {**allow(["application-autoscaling:*"], StringEquals={"aws:ResourceTag/stack": ["production"]})}
    role = enforced.role(allow(["application-autoscaling:*"]), {**keep, "Effect": "Deny"})
    service, size = "application-autoscaling", {"MinCapacity": 1, "MaxCapacity": 2}
    assert door.call(enforced.account, service, "RegisterScalableTarget", **TARGET, **size)[0] == 200
    assert door.call(role, service, "RegisterScalableTarget", **TARGET, **size)[0] == 200
    (target,) = door.call(role, service, "DescribeScalableTargets", ServiceNamespace="ecs")[1]["ScalableTargets"]
    tags = {"stack": "production"}
    door.call(enforced.account, service, "TagResource", ResourceARN=target["ScalableTargetARN"], Tags=tags)
    status, content = door.call(role, service, "DeregisterScalableTarget", **TARGET)
    assert (status, content["message"].endswith("with an explicit deny in an identity-based policy")) == (400, True)


def test_a_role_that_is_handed_to_codedeploy_must_be_passed(enforced: Enforced, door: Door) -> None:
    role = enforced.role(allow(["codedeploy:*"]))
    asked = {
        "applicationName": "a",
        "deploymentGroupName": "g",
        "serviceRoleArn": "arn:aws:iam::111122223333:role/admin",
    }
    status, content = door.call(role, "codedeploy", "CreateDeploymentGroup", **asked)
    assert (status, "iam:PassRole on resource: arn:aws:iam::111122223333:role/admin" in content["message"]) == (
        400,
        True,
    )


def test_a_wrong_signature_is_refused(enforced: Enforced, door: Door) -> None:
    role = enforced.role(allow(["codedeploy:*"]))
    role._credentials = {**role._credentials, "SecretAccessKey": "of somebody else"}
    status, content = door.call(role, "codedeploy", "ListApplications")
    assert (status, content["__type"]) == (400, "InvalidSignatureException")


def test_each_account_has_its_own(enforced: Enforced, door: Door) -> None:
    door.call(enforced.account, "codedeploy", "CreateApplication", applicationName="api", computePlatform="ECS")
    assert door.call(enforced.account, "codedeploy", "ListApplications")[1] == {"applications": ["api"]}
    assert door.call(OTHER, "codedeploy", "ListApplications")[1] == {"applications": []}
