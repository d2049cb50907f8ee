"""The control paths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.control import Control
from rehearsal.aws.corrections.elb_metrics import TrafficMetrics
from rehearsal.aws.corrections.elb_relay import Served
from rehearsal.aws.corrections.elb_targets import Targets
from rehearsal.aws.world import World


@pytest.fixture
def clock() -> Any:
    return ManualClock(1000, speed=30)


@pytest.fixture
def traffic(clock: Any) -> Any:
    return TrafficMetrics(clock, Targets(clock))


@pytest.fixture
def control(clock: Any, traffic: Any) -> Any:
    world = World(clock=clock, account="1" * 12, region="r", port=1, proxy_port=2, home=Path(), label="a=b")
    return Control(world, traffic)


def ask(control: Any, method: Any, path: Any, content: Any = None) -> Any:
    body = b"" if content is None else json.dumps(content).encode()
    status, _, answer = control.handle(method, f"/_rehearsal/{path}", body)
    return status, json.loads(answer)


def test_the_clock(control: Any) -> None:
    status, answer = ask(control, "GET", "clock")
    assert (status, answer["speed"], answer["now"]) == (200, 30, 1000)


def test_where_issuers_are(control: Any) -> None:
    assert ask(control, "GET", "issuers") == (200, {})
    there = {"https://token.actions.githubusercontent.com": "http://127.0.0.1:4602"}
    assert ask(control, "POST", "issuers", {f"{issuer}/": f"{url}/" for issuer, url in there.items()}) == (200, there)
    assert ask(control, "GET", "issuers") == (200, there)
    assert ask(control, "POST", "issuers", ["x"])[0] == 400


def test_drops_are_counted_down(control: Any) -> None:
    assert not control.take_drop()
    assert ask(control, "POST", "drop", {"count": 2})[1] == {"to_drop": 2, "dropped": 0}
    assert [control.take_drop() for _ in range(3)] == [True, True, False]
    assert ask(control, "GET", "drops")[1] == {"to_drop": 0, "dropped": 2}


@pytest.mark.parametrize("count", [-1, "x", 1.5, True, None])
def test_counts_that_are_refused(control: Any, count: Any) -> None:
    status, answer = ask(control, "POST", "drop", {"count": count})
    assert status == 400
    assert "Fix:" in answer["error"]


def test_what_the_load_balancers_carried(control: Any, traffic: Any) -> None:
    traffic.observe(Served("lb", "blue", 200, by_target=True))
    traffic.observe(Served("lb", "blue", 503, by_target=True))
    traffic.observe(Served("lb", "blue", 502, by_target=False))
    assert ask(control, "GET", "metrics")[1] == {
        "targets": {"2xx": 1, "5xx": 1},
        "load_balancers": {"5xx": 1},
        "groups": {"blue": {"2xx": 1, "5xx": 1}},
    }


def test_what_does_not_exist(control: Any) -> None:
    status, answer = ask(control, "DELETE", "clock")
    assert status == 404
    assert "Fix:" in answer["error"]


def test_trouble_is_asked_for_and_ended(control: Any) -> None:
    assert ask(control, "POST", "trouble", {"name": "slow", "effect": "throttle", "share": 0.1})[0] == 200
    assert ask(control, "GET", "trouble")[1] == [
        {"name": "slow", "effect": "throttle", "asked": 0, "met": 0, "held": 0}
    ]
    status, answer = ask(control, "POST", "trouble", {"name": "slow", "effect": "explode"})
    assert status == 400
    assert "Fix:" in answer["error"]
    assert ask(control, "POST", "calm", {"name": "slow"})[1] == []
    assert control.trouble.idle
