"""Rules that make calls go wrong: which calls they meet, and what these are told, as botocore reads it."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import botocore.parsers
import botocore.session
import pytest
from botocore.model import ServiceModel

from rehearsal.aws.trouble import INSIDE, Call, Rule, Trouble

CODES = {
    "s3": {"throttle": "SlowDown", "fail": "InternalError", "deny": "AccessDenied", "expire": "ExpiredToken"},
    "codedeploy": {
        "throttle": "ThrottlingException",
        "fail": "InternalFailure",
        "deny": "AccessDeniedException",
        "expire": "ExpiredTokenException",
    },
    "elbv2": {"throttle": "Throttling", "fail": "InternalFailure", "deny": "AccessDenied", "expire": "ExpiredToken"},
    "ec2": {
        "throttle": "RequestLimitExceeded",
        "fail": "InternalError",
        "deny": "UnauthorizedOperation",
        "expire": "RequestExpired",
    },
    "lambda": {"throttle": "TooManyRequestsException", "fail": "ServiceException"},
    "cloudwatch": {"throttle": "ThrottlingException", "fail": "InternalFailure"},
}
SPOKEN = {
    "s3": ("s3", "rest", "rest-xml", "PutObject"),
    "codedeploy": ("codedeploy", "json", "json", "GetDeployment"),
    "elbv2": ("elasticloadbalancing", "query", "query", "DescribeListeners"),
    "ec2": ("ec2", "query", "ec2", "DescribeVpcs"),
    "lambda": ("lambda", "rest", "rest-json", "Invoke"),
    "cloudwatch": ("monitoring", "cbor", "smithy-rpc-v2-cbor", "DescribeAlarms"),
}


def call(service: str = "ecs", **other: Any) -> Call:
    return Call(
        **{"service": service, "method": "POST", "path": "/", "agent": "Boto3 slipway", "form": "json", **other}
    )


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


@pytest.mark.ministack
@pytest.mark.parametrize(
    ("service", "effect", "code"), [(s, effect, code) for s, codes in CODES.items() for effect, code in codes.items()]
)
def test_errors_are_read_by_the_services_own_client(service: str, effect: Any, code: str) -> None:
    scope, form, protocol, operation = SPOKEN[service]
    status, headers, body = Rule("r", effect).error(call(scope, form=form))
    shape = model(service).operation_model(operation).output_shape
    assert shape is not None
    answer = {"status_code": status, "headers": {k.lower(): v for k, v in headers.items()}, "body": body}
    parsed = botocore.parsers.create_parser(protocol).parse(answer, shape)
    assert parsed["Error"]["Code"] == code
    assert parsed["Error"]["Message"]
    assert (status >= 500) == (effect == "fail" or code in ("SlowDown", "RequestLimitExceeded"))


def test_a_call_is_read_from_its_request() -> None:
    scope = "AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-central-1/elasticloadbalancing/aws4_request, Signed"
    headers = {b"authorization": scope.encode(), b"content-type": b"application/x-www-form-urlencoded; charset=utf-8"}
    found = Call.of("POST", "/", headers, b"Action=DescribeListeners")
    assert (found.service, found.form) == ("elasticloadbalancing", "query")
    assert Call.of("POST", "/", {b"x-amz-target": b"ECS.X"}).form == "json"
    assert Call.of("POST", "/", {b"smithy-protocol": b"rpc-v2-cbor"}).form == "cbor"
    assert Call.of("GET", "/v2/", {}).service == ""


def test_a_share_is_met_the_same_way_each_time() -> None:
    def struck() -> list[bool]:
        rule = Rule("slow", "throttle", share=0.1, seed=7)
        return [rule.meets(call()) for _ in range(1000)]

    assert struck() == struck()
    assert 60 < sum(struck()) < 140


@pytest.mark.parametrize(
    ("wish", "other"),
    [
        ({"services": ["s3"]}, {}),
        ({"method": "PUT"}, {}),
        ({"path": "journal.json$"}, {}),
        ({"agent": "slipway"}, {"agent": "Terraform"}),
        ({"contains": '"step": "bake"'}, {}),
    ],
)
def test_only_what_fits_is_met(wish: dict[str, Any], other: dict[str, Any]) -> None:
    trouble = Trouble()
    trouble.add({"name": "r", "effect": "deny", **wish})
    fitting = call("s3", method="PUT", path="/b/journal.json", body=b'{"step": "bake"}')
    assert trouble.meet(fitting)
    assert not trouble.meet(call(**other))


def test_what_aws_does_itself_and_the_registry_are_left_alone() -> None:
    trouble = Trouble()
    trouble.add({"name": "r", "effect": "fail"})
    assert not trouble.meet(call(agent=f"Boto3 {INSIDE}"))
    assert not trouble.meet(call("", path="/v2/shop/api/manifests/sha256:1"))
    trouble.add({"name": "r", "effect": "deny", "path": "^/v2/.*/manifests/"})
    assert trouble.meet(call("", path="/v2/shop/api/manifests/sha256:1"))
    assert b"DENIED" in trouble.meet(call("", path="/v2/x/manifests/y"))[0].error(call("", path="/v2/x"))[2]


def test_a_body_is_rewritten_beside_other_trouble() -> None:
    trouble = Trouble()
    trouble.add({"name": "later", "effect": "throttle"})
    trouble.add({"name": "unmarked", "effect": "rewrite", "find": "slipway release [0-9a-f]+", "put": "by hand"})
    trouble.add({"name": "never", "effect": "fail"})
    struck = trouble.meet(call(body=b"slipway release 0a version"))
    assert [rule.name for rule in struck] == ["later", "unmarked"]
    assert struck[1].rewritten(b"slipway release 0a version") == b"by hand version"


def test_a_held_call_goes_on_when_its_rule_ends() -> None:
    trouble = Trouble()
    rule = trouble.add({"name": "here", "effect": "hold"})

    async def held() -> list[dict[str, Any]]:
        waiting = asyncio.create_task(rule.until_ended())
        await asyncio.sleep(0)
        shown = trouble.shown()
        trouble.end("here")
        await asyncio.wait_for(waiting, 1)
        return shown

    assert asyncio.run(held()) == [{"name": "here", "effect": "hold", "asked": 0, "met": 0, "held": 1}]
    assert trouble.idle


@pytest.mark.parametrize(
    "wish",
    [
        {},
        [],
        {"name": "r"},
        {"name": "r", "effect": "explode"},
        {"name": "", "effect": "fail"},
        {"name": "r", "effect": "fail", "share": 0},
        {"name": "r", "effect": "fail", "share": "x"},
        {"name": "r", "effect": "fail", "path": "("},
        {"name": "r", "effect": "fail", "wrong": 1},
    ],
)
def test_wishes_that_are_refused(wish: Any) -> None:
    with pytest.raises(ValueError):
        Trouble().add(wish)
