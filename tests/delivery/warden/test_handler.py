"""The function: reads its environment and one event, and makes its own clients."""

from __future__ import annotations

import json
from typing import Any

import pytest

from delivery.clock import Clock
from delivery.warden import handler
from delivery.warden.warden import Warden
from tests.delivery.fake_clients import FakeClients
from tests.delivery.fakes import BUCKET
from tests.delivery.warden.test_warden import Scene

SERVICE = {"name": "api", "application": "api", "cluster": "shop-staging", "service": "api", "scalable": True}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDS_BUCKET", BUCKET)
    monkeypatch.setenv("SERVICES", json.dumps([SERVICE]))
    for name, value in {"REGION": "eu-central-1", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def event(deployment: str) -> dict[str, Any]:
    """The event as EventBridge hands it over."""
    detail = {"application": "api", "deploymentGroup": "api", "deploymentId": deployment, "state": "SUCCESS"}
    return {
        "version": "0",
        "source": "aws.codedeploy",
        "detail-type": "CodeDeploy Deployment State-change Notification",
        "account": "111122223333",
        "region": "eu-central-1",
        "detail": {**detail, "region": "eu-central-1", "instanceGroupId": "9fd2fbef-2157-40d8-91e7-6845af69e2d2"},
    }


@pytest.mark.usefixtures("environment")
def test_one_event_is_looked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.ring()

    def connect(clock: Clock) -> FakeClients:
        scene.aws.clock = clock
        return FakeClients(scene.aws)

    monkeypatch.setattr(handler, "Clients", connect)
    assert handler.handle(event("d-2"), None) == {
        "did": "1.8.0 was taken back: api: alarm api-errors rang; 1.7.4 serves"
    }


@pytest.mark.usefixtures("environment")
def test_its_clients_tell_the_clock() -> None:
    clock = Clock()
    clients = handler.Clients(clock)
    Warden(clients, clock, BUCKET, ())
    clients.s3.meta.events.emit(
        "after-call.s3.GetObject",
        parsed={"ResponseMetadata": {"HTTPHeaders": {"date": "Fri, 02 Jan 2026 03:04:05 GMT"}}},
    )
    assert clock.stamp() == "2026-01-02T03:04:05Z"
