"""Trouble on its way through the gateway: what reaches the service, and what its caller gets."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.control import Control
from rehearsal.aws.corrections.elb_metrics import TrafficMetrics
from rehearsal.aws.corrections.elb_targets import Targets
from rehearsal.aws.gateway import Gateway, Services
from rehearsal.aws.world import World


class Service:
    target_prefix = "CodeDeploy_20141006"
    iam_prefix = "codedeploy"

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def resources(self, call: Any) -> list[Any]:
        return []

    def handle(self, action: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.heard.append(body)
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, b'{"deploymentId": "d-1"}'


class Place:
    """A gateway before one service."""

    def __init__(self) -> None:
        clock = ManualClock(1_700_000_000, speed=30)
        world = World(clock=clock, account="1" * 12, region="r", port=1, proxy_port=2, home=Path(), label="a=b")
        self.service = Service()
        self.control = Control(world, TrafficMetrics(clock, Targets(clock)))
        self.gateway = Gateway(world, self.control, Services(world, [self.service]))

    async def call(
        self, body: bytes = b'{"description": "slipway release 0a"}', agent: bytes = b"Boto3"
    ) -> tuple[int, Any]:
        headers = [(b"host", b"127.0.0.1"), (b"x-amz-target", b"CodeDeploy_20141006.CreateDeployment")]
        headers.append((b"authorization", b"Credential=1/20260101/r/codedeploy/aws4_request"))
        headers.append((b"user-agent", agent))
        scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
        sent: list[Any] = []
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return parts.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        await self.gateway(scope, receive, send)
        dates = [value for name, value in sent[0]["headers"] if name == b"date"]
        assert dates == [b"Tue, 14 Nov 2023 22:13:20 GMT"]
        return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.fixture
def place() -> Place:
    return Place()


def test_without_trouble_a_call_passes(place: Place) -> None:
    assert asyncio.run(place.call()) == (200, {"deploymentId": "d-1"})


def test_a_call_that_is_throttled_reaches_nobody(place: Place) -> None:
    place.control.trouble.add({"name": "slow", "effect": "throttle"})
    status, answer = asyncio.run(place.call())
    assert (status, answer["__type"]) == (400, "ThrottlingException")
    assert place.service.heard == []


def test_an_answer_may_be_lost_after_the_call_was_carried_out(place: Place) -> None:
    place.control.trouble.add({"name": "bad", "effect": "fail", "executed": 1})
    status, answer = asyncio.run(place.call())
    assert (status, answer["__type"]) == (500, "InternalFailure")
    assert place.service.heard == [b'{"description": "slipway release 0a"}']


def test_a_body_is_rewritten_on_its_way(place: Place) -> None:
    place.control.trouble.add({"name": "unmarked", "effect": "rewrite", "find": "slipway release", "put": "by hand"})
    assert asyncio.run(place.call())[0] == 200
    assert place.service.heard == [b'{"description": "by hand 0a"}']


def test_a_held_call_is_carried_out_and_its_answer_waits(place: Place) -> None:
    place.control.trouble.add({"name": "here", "effect": "hold", "contains": "slipway"})

    async def held() -> tuple[int, Any]:
        calling = asyncio.create_task(place.call())
        while not place.control.trouble.shown()[0]["held"]:
            await asyncio.sleep(0)
        assert place.service.heard
        assert not calling.done()
        place.control.trouble.end()
        return await asyncio.wait_for(calling, 2)

    assert asyncio.run(held()) == (200, {"deploymentId": "d-1"})
