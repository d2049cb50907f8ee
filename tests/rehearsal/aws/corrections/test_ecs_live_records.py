"""Answers that are written while the scheduler works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services import ecs

from rehearsal.aws.corrections import ecs_live_records

pytestmark = pytest.mark.ministack


class Busy(list[str]):
    """Somebody adds a member to the record just when this part of it is read."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__(["one"])
        self.record = record

    def __iter__(self) -> Iterator[str]:
        self.record["stabilityStatus"] = "STABILIZING"
        return super().__iter__()

    def copy(self) -> list[str]:
        return [*self]


def service() -> dict[str, Any]:
    task_set: dict[str, Any] = {"id": "ecs-svc/1", "_inside": True, "stoppedAt": None}
    task_set["events"] = Busy(task_set)
    return {"serviceName": "api", "taskSets": [task_set]}


def test_stock_ministack_fails_what_it_has_done(ministack: Any) -> None:
    with pytest.raises(RuntimeError, match="changed size"):
        ecs._sanitize(service())


def test_what_is_answered_stands_still(ministack: Any, binding: Any) -> None:
    ecs_live_records.apply(binding)
    told = {"serviceName": "api", "taskSets": [{"id": "ecs-svc/1", "events": ["one"]}]}
    assert ecs._sanitize(service()) == told
