"""How many requests the load balancer carries, and how fast."""

from __future__ import annotations

import statistics
from typing import Any

import pytest

from tests.rehearsal.aws.emulator import wait_for
from tests.rehearsal.aws.traffic import Traffic

pytestmark = pytest.mark.emulator


def test_a_hundred_requests_a_second(shop: Any) -> None:
    with Traffic(shop.emulator.port, shop.dns, rate=100) as traffic:
        wait_for(lambda: traffic.sent > 500)
    assert traffic.failures == []


def test_slow_targets_hold_up_nobody_else(shop: Any) -> None:
    shop.update_group(
        blueGreenDeploymentConfiguration={
            "deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 60},
            "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 1},
        }
    )
    deployment = shop.deploy(shop.task_definition(VERSION="v2", DELAY_MS="1500"))
    shop.until(deployment, "Ready")
    with (
        Traffic(shop.emulator.port, f"{shop.dns}:8080", rate=60) as slow,
        Traffic(shop.emulator.port, shop.dns, rate=50) as quick,
    ):
        wait_for(lambda: quick.sent > 200)
    assert quick.failures == []
    assert slow.failures == []
    assert min(slow.seconds) >= 1.5
    assert statistics.median(quick.seconds) < 1.5
