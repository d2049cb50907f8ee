"""What calls are made on, as AWS's Service Authorization Reference has it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from rehearsal.aws.iam.call import Call
from rehearsal.aws.iam.keys import keys
from rehearsal.aws.iam.resources import resources

pytestmark = pytest.mark.ministack

HERE = "eu-central-1:111122223333"


def call(action: str, **fields: Any) -> Call:
    return Call.read(action, region="eu-central-1", account="111122223333", body=json.dumps(fields).encode())


def query(action: str, **fields: str) -> Call:
    """A call of a Query protocol, as it comes in."""
    parameters = {key.replace("__", "."): [value] for key, value in fields.items()}
    body = urlencode(fields).encode()
    return Call.read(action, region="eu-central-1", account="111122223333", body=body, parameters=parameters)


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (call("ecs:UpdateService", cluster="c", service="s"), [f"arn:aws:ecs:{HERE}:service/c/s"]),
        (
            call("ecs:DescribeServices", cluster=f"arn:aws:ecs:{HERE}:cluster/c", services=["s", "t"]),
            [f"arn:aws:ecs:{HERE}:service/c/s", f"arn:aws:ecs:{HERE}:service/c/t"],
        ),
        (call("ecs:CreateTaskSet", cluster="c", service="s"), [f"arn:aws:ecs:{HERE}:task-set/c/s/*"]),
        (call("ecs:RunTask", cluster="c", taskDefinition="f:3"), [f"arn:aws:ecs:{HERE}:task-definition/f:3"]),
        (call("ecs:RunTask", cluster="c", taskDefinition="f"), [f"arn:aws:ecs:{HERE}:task-definition/f:*"]),
        (call("ecs:StopTask", cluster="c", task="1"), [f"arn:aws:ecs:{HERE}:task/c/1"]),
        (call("ecs:CreateCluster", clusterName="c"), [f"arn:aws:ecs:{HERE}:cluster/c"]),
        (call("ecs:RegisterTaskDefinition", family="f"), ["*"]),
        (query("iam:CreatePolicy", Path="/ci/", PolicyName="p"), ["arn:aws:iam::111122223333:policy/ci/p"]),
        (query("iam:CreateRole", RoleName="r"), ["arn:aws:iam::111122223333:role/r"]),
        (
            query("elasticloadbalancing:CreateLoadBalancer", Name="door"),
            [f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/app/door/*"],
        ),
        (query("elasticloadbalancing:ModifyRule", RuleArn="arn:r"), ["arn:r"]),
        (query("elasticloadbalancing:AddTags", ResourceArns__member__1="arn:a"), ["arn:a"]),
        (query("elasticloadbalancing:DescribeListeners", ListenerArns__member__1="arn:a"), ["*"]),
        (
            call("cloudwatch:DeleteAlarms", AlarmNames=["a", "b"]),
            [f"arn:aws:cloudwatch:{HERE}:alarm:a", f"arn:aws:cloudwatch:{HERE}:alarm:b"],
        ),
        (call("lambda:CreateFunction", FunctionName="f"), [f"arn:aws:lambda:{HERE}:function:f"]),
        (call("events:PutTargets", Rule="r"), [f"arn:aws:events:{HERE}:rule/r"]),
        (call("events:PutRule", Name="r", EventBusName="b"), [f"arn:aws:events:{HERE}:rule/b/r"]),
        (call("logs:FilterLogEvents", logGroupName="/g"), [f"arn:aws:logs:{HERE}:log-group:/g:*"]),
        (
            call("logs:GetLogEvents", logGroupName="/g", logStreamName="s"),
            [f"arn:aws:logs:{HERE}:log-group:/g:log-stream:s"],
        ),
        (
            call("ecr:PutImage", registryId="444455556666", repositoryName="a"),
            ["arn:aws:ecr:eu-central-1:444455556666:repository/a"],
        ),
        (call("ecr:GetAuthorizationToken"), ["*"]),
        (query("ec2:CreateTags", ResourceId__1="vpc-1"), [f"arn:aws:ec2:{HERE}:vpc/vpc-1"]),
        (call("ssm:GetParameters", Names=["/a"]), [f"arn:aws:ssm:{HERE}:parameter/a"]),
        (call("secretsmanager:GetSecretValue", SecretId="s"), None),
        (query("ec2:DeleteVpc", VpcId="vpc-1"), None),
    ],
)
@pytest.mark.ministack
def test_a_call_is_made_on(made: Call, found: list[str] | None) -> None:
    assert resources(made) == found


@pytest.mark.ministack
def test_what_policies_may_ask_beside() -> None:
    assert keys(call("ecs:RunTask", taskDefinition="f"), "*") == {"ecs:cluster": f"arn:aws:ecs:{HERE}:cluster/default"}
    asked = query("iam:CreateRole", RoleName="r", PermissionsBoundary="arn:b")
    assert keys(asked, "*") == {"iam:PermissionsBoundary": "arn:b"}
    assert keys(query("iam:CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com"), "*") == {
        "iam:AWSServiceName": "ecs.amazonaws.com"
    }
    assert keys(call("ecr:PutImage"), "*") == {}
