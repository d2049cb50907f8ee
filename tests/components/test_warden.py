"""The warden: hears of its own services' deployments only, and may do no more than it has to."""

from __future__ import annotations

import json
import sys
from pathlib import PurePosixPath
from typing import Any

import pulumi
import pytest

from components.warden import code
from delivery.warden.warden import Watched
from settings import Scale
from tests.components.support import ACCOUNT, ARN, ROOT, Built, app, environment, program, worker
from tests.test_layers import imports

BUCKET = f"arn:aws:s3:::shop-staging-releases-{ACCOUNT}"


def warden() -> Built:
    return program(environment(services=(app(), app("web", scale=Scale(low=2, high=6)), worker())))


def function(built: Built) -> dict[str, Any]:
    return dict(built.of("Function")["warden-function"].inputs)


def test_it_is_a_function_that_knows_its_bucket_and_its_services() -> None:
    inputs = function(warden())
    variables = inputs.pop("environment")["variables"]
    assert isinstance(inputs.pop("code"), pulumi.AssetArchive)
    assert inputs == {
        "name": "shop-staging-warden",
        "description": "Writes down what CodeDeploy does when no update runs",
        "runtime": "python3.12",
        "handler": "delivery.warden.handler.handle",
        "role": "arn:shop-staging-warden",
        "timeout": 900,
        "memorySize": 256,
    }
    assert variables["RECORDS_BUCKET"] == f"shop-staging-releases-{ACCOUNT}"
    assert [Watched(**fields) for fields in json.loads(variables["SERVICES"])] == [
        Watched(
            name=name,
            application=f"shop-staging-{name}",
            cluster="shop-staging-services",
            service=f"shop-staging-{name}",
            scalable=scalable,
        )
        for name, scalable in (("api", False), ("web", True))
    ]


def test_the_rule_hears_of_deployments_of_its_services_that_have_ended() -> None:
    built = warden()
    rule = dict(built.one("EventRule").inputs)
    assert json.loads(rule.pop("eventPattern")) == {
        "source": ["aws.codedeploy"],
        "detail-type": ["CodeDeploy Deployment State-change Notification"],
        "detail": {
            "application": ["shop-staging-api", "shop-staging-web"],
            "state": ["SUCCESS", "FAILURE", "STOP"],
        },
    }
    assert rule == {"name": "shop-staging-warden", "description": "Deployments that have ended"}
    assert built.one("EventTarget").inputs == {
        "rule": "shop-staging-warden",
        "targetId": "warden",
        "arn": "arn:shop-staging-warden",
    }
    assert built.one("Permission").inputs == {
        "function": "shop-staging-warden",
        "action": "lambda:InvokeFunction",
        "principal": "events.amazonaws.com",
        "sourceArn": "arn:shop-staging-warden",
    }
    assert "warden-permission" in built.one("EventTarget").dependencies
    assert built.outputs["warden"] == {"function": "shop-staging-warden", "rule": "shop-staging-warden"}


def test_it_is_there_before_anything_moves() -> None:
    assert "warden-target" in warden().one("Release").dependencies


def test_it_may_read_what_it_is_told_of_and_write_to_its_bucket() -> None:
    services = [f"arn:aws:ecs:{ARN}:service/shop-staging-services/shop-staging-{name}" for name in ("api", "web")]
    documents = [f"{BUCKET}/releases/*", f"{BUCKET}/pointer.json", f"{BUCKET}/journal.json"]
    logs = [f"arn:aws:logs:{ARN}:log-group:/aws/lambda/shop-staging-warden:*"]
    granted = {
        action: statement["Resource"]
        for statement in warden().policy("warden-role-policy")["Statement"]
        for action in statement["Action"]
    }
    assert granted == {
        "logs:CreateLogStream": logs,
        "logs:PutLogEvents": logs,
        "codedeploy:GetDeployment": [
            f"arn:aws:codedeploy:{ARN}:deploymentgroup:shop-staging-{name}/shop-staging-{name}"
            for name in ("api", "web")
        ],
        "ecs:DescribeServices": services,
        "ecs:UpdateService": services,
        "s3:ListBucket": [BUCKET],
        "s3:GetObject": documents,
        "s3:PutObject": documents,
        "s3:DeleteObject": [f"{BUCKET}/journal.json"],
        "application-autoscaling:DescribeScalableTargets": ["*"],
        "application-autoscaling:RegisterScalableTarget": ["arn:web-scaling-target"],
    }


def test_where_nothing_scales_it_may_change_no_service() -> None:
    built = program(environment())
    actions = {one for statement in built.policy("warden-role-policy")["Statement"] for one in statement["Action"]}
    assert not {action for action in actions if action.startswith(("application-autoscaling:", "ecs:Update"))}


def test_where_codedeploy_shifts_nothing_there_is_none() -> None:
    built = program(environment(services=(worker(),)))
    assert not built.of("EventRule")
    assert not built.of("slipway:aws:Warden")


def test_its_code_needs_nothing_but_what_is_packed_and_what_lambda_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    packed = {PurePosixPath(name).with_suffix("").as_posix().replace("/", ".") for name in code().assets}
    assert "delivery.warden.handler" in packed
    seen, waiting = set[str](), ["delivery.warden.handler", "delivery.__init__", "delivery.warden.__init__"]
    while waiting:
        module = waiting.pop()
        seen.add(module)
        assert module in packed
        for _, name in imports(ROOT / f"{module.replace('.', '/')}.py"):
            if name.startswith("delivery"):
                waiting += [] if name in seen or name == "delivery" else [name]
            else:
                assert name.split(".")[0] in sys.stdlib_module_names | {"boto3"}, f"{module}: {name}"
