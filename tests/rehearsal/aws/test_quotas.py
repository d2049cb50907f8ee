"""Service Quotas: AWS's defaults, and its word for what is not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.quotas import DEFAULTS, Quotas
from rehearsal.aws.world import World


@pytest.fixture
def quotas() -> Quotas:
    account, region = "111122223333", "eu-central-1"
    return Quotas(
        World(clock=ManualClock(), account=account, region=region, port=1, proxy_port=2, home=Path(), label="a=b")
    )


def asked(quotas: Quotas, action: str, **request: str) -> tuple[int, dict[str, Any]]:
    status, _, body = quotas.handle(action, json.dumps(request).encode())
    return status, json.loads(body)


@pytest.mark.parametrize(("service", "code"), sorted(DEFAULTS))
def test_aws_defaults(quotas: Quotas, service: str, code: str) -> None:
    status, answer = asked(quotas, "GetServiceQuota", ServiceCode=service, QuotaCode=code)
    quota = answer["Quota"]
    assert (status, quota["QuotaName"], quota["Value"]) == (200, *DEFAULTS[(service, code)])
    assert quota["QuotaArn"] == f"arn:aws:servicequotas:eu-central-1:111122223333:{service}/{code}"


def test_one_that_is_not_known(quotas: Quotas) -> None:
    status, answer = asked(quotas, "GetServiceQuota", ServiceCode="ec2", QuotaCode="L-0")
    assert (status, answer["__type"]) == (400, "NoSuchResourceException")


def test_a_call_that_aws_does_not_take(quotas: Quotas) -> None:
    status, answer = asked(quotas, "GetServiceQuota", ServiceCode="ec2")
    assert (status, answer["__type"]) == (400, "IllegalArgumentException")
