"""The pause between tasks that did not last."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from docker.errors import APIError
from ministack.services import ecs

from rehearsal.aws.corrections import ecs_service_scheduler, ecs_start_pause

pytestmark = pytest.mark.ministack


class BrokenEngine:
    """Starts nothing."""

    def __init__(self) -> None:
        self.containers = self.images = self
        self.starts = 0

    def run(self, *_: Any, **__: Any) -> None:
        self.starts += 1
        raise APIError("exec: no such file")

    def get(self, name: Any) -> None:
        raise APIError("no such container")

    def pull(self, *_: Any, **__: Any) -> Any:
        return self

    def get_registry_data(self, image: Any) -> None:
        raise APIError("no such image")


@pytest.fixture
def engine(ministack: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    broken = BrokenEngine()
    monkeypatch.setattr(ecs, "_get_docker", lambda: broken)
    yield broken
    for service in ecs._services.values():
        service["status"] = "INACTIVE"
    time.sleep(0.02)


def tries(ministack: Any, engine: Any) -> Any:
    """How often a service of one task tries within a moment."""
    client = ministack.client("ecs")
    client.register_task_definition(family="t", containerDefinitions=[{"name": "a", "image": "i"}])
    client.create_service(serviceName="s", taskDefinition="t", desiredCount=1)
    time.sleep(0.05)
    return engine.starts


def test_stock_ministack_tries_again_at_once(ministack: Any, engine: Any, wait: Any) -> None:
    tries(ministack, engine)
    assert wait(lambda: engine.starts > 2)


def test_it_waits(ministack: Any, engine: Any, binding: Any) -> None:
    ecs_start_pause.apply(binding)
    assert tries(ministack, engine) == 1


def test_it_tries_again_after_the_pause(
    ministack: Any, engine: Any, binding: Any, monkeypatch: pytest.MonkeyPatch, wait: Any
) -> None:
    monkeypatch.setattr(ecs_service_scheduler.BackOff, "failed", lambda self, task, now: None)
    ecs_start_pause.apply(binding)
    tries(ministack, engine)
    wait(lambda: engine.starts > 2)
