"""How long an answer is on its way, and for whom."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import rehearsal.aws.distance as distance
from tests.rehearsal.aws.test_gateway_trouble import Place

PROVIDER = b"APN/1.0 HashiCorp/1.0 Terraform/1.11.0 terraform-provider-aws/5.100.0 aws-sdk-go-v2/1.36.3"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("rehearsal.aws.distance.asyncio.sleep", sleep)
    return waited


def answered(user_agent: bytes, messages: list[dict[str, Any]], waits: list[float]) -> list[tuple[str, int]]:
    """What was sent, each with the number of waits before it."""
    seen: list[tuple[str, int]] = []

    async def send(message: Any) -> None:
        seen.append((message["type"], len(waits)))

    async def all_of_it() -> None:
        for message in messages:
            await distance.away({b"user-agent": user_agent}, send)(message)

    asyncio.run(all_of_it())
    return seen


ANSWER: list[dict[str, Any]] = [
    {"type": "http.response.start", "status": 200},
    {"type": "http.response.body", "body": b"a", "more_body": True},
    {"type": "http.response.body", "body": b"b"},
]


def test_terraforms_provider_waits_once_and_before_anything_comes(waits: list[float]) -> None:
    assert answered(PROVIDER, ANSWER, waits) == [
        ("http.response.start", 1),
        ("http.response.body", 1),
        ("http.response.body", 1),
    ]
    assert waits == [distance.LATENCY]


@pytest.mark.parametrize("other", [b"Boto3/1.40 Botocore/1.40", b"buildkit/v0.18", b""])
def test_nobody_else_waits(other: bytes, waits: list[float]) -> None:
    answered(other, ANSWER, waits)
    assert waits == []


def test_the_gateway_keeps_to_it(waits: list[float]) -> None:
    place = Place()
    assert asyncio.run(place.call()) == (200, {"deploymentId": "d-1"})
    assert waits == []
    assert asyncio.run(place.call(agent=PROVIDER)) == (200, {"deploymentId": "d-1"})
    assert waits == [distance.LATENCY]
