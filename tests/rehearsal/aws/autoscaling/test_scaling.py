"""Target tracking."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.autoscaling.api import AutoScaling
from rehearsal.aws.autoscaling.scaling import Scaling, decide
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.world import World
from tests.rehearsal.aws.autoscaling.test_api import TRACKING, WHERE


@pytest.mark.parametrize(
    ("current", "values", "wanted"),
    [
        (2, [90, 90, 90], 3),
        (2, [90, 59, 90], 2),
        (2, [90, 90], 2),
        (2, [60, 60, 60], 2),
        (4, [20] * 15, 2),
        (4, [20] * 14, 4),
        (4, [20] * 14 + [55], 4),
        (4, [0] * 15, 1),
        (0, [], 0),
    ],
)
def test_decisions(current: Any, values: Any, wanted: Any) -> None:
    assert decide(current, values, target=60) == wanted


class FakeServices:
    def __init__(self) -> None:
        self.count, self.values = 2, [90.0] * 3

    def desired(self, cluster: Any, service: Any) -> Any:
        return self.count if (cluster, service) == ("c", "s") else None

    def move(self, cluster: Any, service: Any, count: Any) -> None:
        self.count = count

    def minutes(self, cluster: Any, service: Any, metric: Any, count: Any) -> Any:
        assert metric == "CPUUtilization"
        return self.values[-count:]


class Setup:
    def __init__(self) -> None:
        self.clock = ManualClock()
        world = World(
            clock=self.clock, account="1" * 12, region="eu-central-1", port=1, proxy_port=2, home=Path(), label="a=b"
        )
        self.api, self.services = AutoScaling(world), FakeServices()
        self.scaling = Scaling(world, self.api, self.services)
        self.register(MinCapacity=1, MaxCapacity=4)

    def register(self, **more: Any) -> None:
        self.call("RegisterScalableTarget", **WHERE, **more)

    def follow(self, **configuration: Any) -> None:
        tracking = {**TRACKING["TargetTrackingScalingPolicyConfiguration"], **configuration}
        request = {**WHERE, **TRACKING, "TargetTrackingScalingPolicyConfiguration": tracking}
        self.call("PutScalingPolicy", **request)

    def call(self, action: Any, **request: Any) -> None:
        status, _, body = self.api.handle(action, json.dumps(request).encode())
        assert status == 200, body


@pytest.fixture
def setup() -> Any:
    return Setup()


def test_out_and_not_beyond_the_limit(setup: Any) -> None:
    setup.follow()
    for wanted in (3, 4, 4):
        setup.scaling.tick()
        assert setup.services.count == wanted


def test_the_cooldown_holds_it(setup: Any) -> None:
    setup.follow(ScaleOutCooldown=60)
    for seconds, wanted in ((0, 3), (59, 3), (2, 4)):
        setup.clock.advance(seconds)
        setup.scaling.tick()
        assert setup.services.count == wanted


def test_suspended_it_does_not_move(setup: Any) -> None:
    setup.follow()
    setup.register(SuspendedState={"DynamicScalingOutSuspended": True})
    setup.scaling.tick()
    assert setup.services.count == 2
    setup.services.values = [0.0] * 15
    setup.scaling.tick()
    assert setup.services.count == 1


def test_in_only_where_it_may(setup: Any) -> None:
    setup.follow(DisableScaleIn=True)
    setup.services.values = [0.0] * 15
    setup.scaling.tick()
    assert setup.services.count == 2


def test_a_service_that_is_gone_is_left_alone(setup: Any) -> None:
    setup.follow()
    before = setup.services.count
    setup.services.desired = lambda cluster, service: None
    setup.scaling.tick()
    assert setup.services.count == before


def test_below_the_minimum_it_goes_up_to_it(setup: Any) -> None:
    setup.follow()
    setup.services.count, setup.services.values = 0, []
    setup.scaling.tick()
    assert setup.services.count == 1
