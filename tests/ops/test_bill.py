"""What a month costs, by the settings; and that what it counts is what the program declares."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.alarms import watches
from delivery.errors import DeliveryError
from delivery.strategy import parse
from ops.bill import ALARM_METRICS, Bill, bill, shared, told
from ops.prices import NOTED, PRICES, tariff
from ops.sizes import CPU, MEMORY, Size, Tasks, Values, size, stacks, values
from settings.table import SERVICE
from tests.components.support import environment

ROOT = Path(__file__).resolve().parents[2]
SURE = f"noted {NOTED['us-east-1']}, in part from memory: check with AWS's price page, https://aws.amazon.com/pricing/"
API = Tasks(name="api", cpu=1024, memory=2048, low=2, high=4, port=8000)
SIZE = Size(
    stack="staging",
    region="us-east-1",
    tasks=(API,),
    strategy=parse("canary 10% 5m, bake 10m, warm 42m"),
    own_network=True,
    nats=1,
    zones=2,
    public_tasks=False,
    arm=False,
    secrets=3,
)


def dollars(found: Bill, what: str) -> float:
    return next(line.dollars for line in found.lines if line.what == what)


def test_every_line_by_hand() -> None:
    found = bill(SIZE, releases_a_week=7)
    hourly = 0.04048 + 2 * 0.004445
    assert dollars(found, "tasks of api") == pytest.approx(2 * hourly * 730)
    assert dollars(found, "load balancer") == pytest.approx((0.0225 + 0.008) * 730)
    assert dollars(found, "its addresses") == pytest.approx(2 * 0.005 * 730)
    assert dollars(found, "NAT") == pytest.approx((0.045 + 0.005) * 730)
    assert dollars(found, "alarms") == pytest.approx(1.2)
    assert dollars(found, "secrets") == pytest.approx(1.2)
    # Three minutes to come up, five to shift, 52 until blue goes: one hour.
    assert found.releasing.dollars == pytest.approx(2 * hourly * 7 * 52 / 12)
    assert "60 min a release" in found.releasing.how
    assert found.total == pytest.approx(sum(line.dollars for line in found.lines) + found.releasing.dollars)
    assert found.most == pytest.approx(found.total + 2 * hourly * 730)


def test_what_is_not_there_costs_nothing() -> None:
    worker = replace(API, port=None)
    found = bill(replace(SIZE, tasks=(worker,), nats=0, secrets=0))
    assert {line.what for line in found.lines} == {"tasks of api", "logs"}
    assert found.releasing.dollars == 0
    assert found.saving == ""


def test_without_nat_tasks_have_addresses() -> None:
    private, public = bill(SIZE), bill(replace(SIZE, nats=0, public_tasks=True))
    assert dollars(public, "tasks of api") - dollars(private, "tasks of api") == pytest.approx(2 * 0.005 * 730)
    assert private.saving == "`nat: none` would save $29"


def test_releases_that_never_end_double_a_month_at_most() -> None:
    found = bill(SIZE, releases_a_week=10_000)
    assert found.releasing.dollars == pytest.approx(dollars(found, "tasks of api"))


def test_other_regions_are_scaled_and_it_is_said() -> None:
    assert tariff("eu-central-1").of("nat") == 0.052
    tokyo = tariff("ap-northeast-1")
    assert tokyo.of("nat") == pytest.approx(0.045 * 1.25)
    assert tokyo.note == f"list prices of us-east-1 times 1.25 for ap-northeast-1, {SURE}"
    assert "for af-south-1, a guess, noted" in tariff("af-south-1").note


def test_every_price_has_its_page() -> None:
    assert all(price.page.startswith("https://aws.amazon.com/") for price in PRICES.values())
    assert [line.what for line in shared("us-east-1")] == ["KMS key", "images"]


def test_in_words() -> None:
    lines = told(bill(SIZE))
    assert lines[0].startswith("staging (us-east-1): about $")
    assert "when scaled out all month" in lines[0]
    assert lines[-1] == f"  `nat: none` would save $29; list prices of us-east-1, {SURE}"


def test_it_counts_what_the_program_declares() -> None:
    assert sum(len(watch.metrics) for watch in watches(environment())) * 2 == ALARM_METRICS
    assert (SERVICE["cpu"].default, SERVICE["memory"].default) == (CPU, MEMORY)


def test_the_shipped_stacks_are_read() -> None:
    assert stacks(ROOT) == ["production", "shared", "staging"]
    production, staging = (size(values(stack, ROOT)) for stack in ("production", "staging"))
    assert (production.nats, production.public_tasks, production.tasks[0].high) == (2, False, 6)
    assert (staging.nats, staging.public_tasks, staging.tasks[0].low) == (0, True, 1)
    assert not values("shared", ROOT).is_environment


PROJECT: dict[str, Any] = {
    "name": "shop",
    "config": {
        "services": {"default": {"api": {"port": 80, "cpu": 512, "memory": 1024}, "worker": {}}},
        "rollout": {"default": "all at once, bake 2m"},
        "zones": {"default": 3},
    },
}


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"shop:nat": "per_zone"}, {"nats": 3}),
        ({"nat": "none"}, {"nats": 0, "public_tasks": True}),
        ({"vpc_id": "vpc-1", "subnets": {"public": ["a"]}}, {"own_network": False, "nats": 0, "public_tasks": True}),
        ({"vpc_id": "vpc-1", "subnets": {"private": ["a"]}}, {"public_tasks": False}),
        ({"architecture": "arm64"}, {"arm": True}),
        ({"secrets": {"A": "shop/db:user", "B": "shop/db:password", "C": {"secret": "shop/key"}}}, {"secrets": 2}),
        (
            {
                "secrets": {
                    "A": "arn:aws:secretsmanager:r:1:secret:db-x:u",
                    "B": "arn:aws:secretsmanager:r:1:secret:db-x",
                }
            },
            {"secrets": 1},
        ),
    ],
)
def test_settings_are_counted(own: dict[str, Any], expected: dict[str, Any]) -> None:
    found = size(Values("staging", PROJECT, own))
    assert {name: getattr(found, name) for name in expected} == expected


def test_processors_at_once() -> None:
    found = size(Values("staging", PROJECT, {"scale": {"api": "2-6", "worker": 2}}))
    assert found.vcpus(releasing=False) == 6 * 0.5 + 2 * 0.25
    assert found.vcpus(releasing=True) == 2 * 6 * 0.5 + 2 * 0.25


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"scale": {"api": "many"}}, "Pulumi.staging.yaml: scale.api: must be a number, or `low-high`, got 'many'"),
        ({"services": {}}, "Pulumi.staging.yaml: services: must be an object with a service at least, got {}"),
        ({"services": {"api": {"cpu": "x"}}}, "Pulumi.staging.yaml: services.api.cpu: must be a whole number, got 'x'"),
    ],
)
def test_what_cannot_be_counted_is_refused(own: dict[str, Any], said: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        size(Values("staging", PROJECT, own))
    assert caught.value.message == said
    assert "pulumi preview -s staging" in caught.value.fix
