"""What really serves: by task sets, by the service, by the listener; compared by what it says."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.errors import DeliveryError
from delivery.listeners import Door
from delivery.serving import short
from tests.delivery.fakes import FakeAws, image, service_plan


def world() -> tuple[FakeAws, str]:
    aws = FakeAws()
    arn = aws.define(1, image("a"), environment=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}])
    aws.add_service("api", arn)
    return aws, arn


def test_the_primary_serves_with_its_share() -> None:
    aws, arn = world()
    serving = aws.tools().world.look(service_plan(arn, image("a")))
    assert serving is not None
    assert (serving.task_definition, serving.share, serving.group) == (arn, 100, aws.services["api"].group("blue"))
    assert serving.steady
    assert aws.tools().world.serves(service_plan(arn, image("a")), serving)


def test_without_task_sets_the_listener_says_who_serves() -> None:
    aws, arn = world()
    service = aws.services["api"]
    service.deployments = [{"status": "PRIMARY"}]
    service.shares = {service.group("blue"): 0, service.group("green"): 100}
    serving = aws.tools().world.look(service_plan(arn, image("a")))
    assert serving is not None
    assert (serving.group, serving.share) == (service.group("green"), 100)


def test_a_service_that_does_not_exist_serves_nothing() -> None:
    aws, arn = world()
    plan = service_plan(arn, image("a"), name="other")
    assert aws.tools().world.look(plan) is None
    assert aws.tools().world.differences(plan, None) == ["no such service"]


@pytest.mark.parametrize(
    ("shares", "differences"),
    [
        ({"blue": 100, "green": 0}, []),
        ({"blue": 1}, []),
        ({"blue": 90, "green": 10}, ["it has 90% of the traffic"]),
        ({"blue": 0, "green": 0}, ["it has 0% of the traffic"]),
        ({}, ["it has 0% of the traffic"]),
    ],
)
def test_only_all_traffic_counts(shares: dict[str, int], differences: list[str]) -> None:
    aws, arn = world()
    service = aws.services["api"]
    service.shares = {service.group(colour): share for colour, share in shares.items()}
    plan = service_plan(arn, image("a"))
    assert aws.tools().world.differences(plan, aws.tools().world.look(plan)) == differences


def test_another_network_is_a_difference() -> None:
    aws, arn = world()
    for change in ({"subnets": ("subnet-9",)}, {"security_groups": ()}, {"assign_public_ip": False}):
        changed: dict[str, Any] = dict(change)
        plan = service_plan(arn, image("a"), **changed)
        assert aws.tools().world.differences(plan, aws.tools().world.look(plan)) == ["its network differs"]


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"environment": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]}, True),
        ({"environment": [{"name": "A", "value": "1"}]}, False),
        ({"mountPoints": []}, True),
        ({"command": ["serve"]}, False),
    ],
)
def test_task_definitions_are_equal_when_their_tasks_would_be(change: dict[str, Any], same: bool) -> None:
    aws, arn = world()
    both = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    other = aws.define(2, image("a"), **{"environment": both, **change})
    assert aws.tools().world.definitions.same(arn, other) == same


def test_another_image_is_another_task() -> None:
    aws, arn = world()
    both = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert not aws.tools().world.definitions.same(arn, aws.define(2, image("b"), environment=both))
    assert not aws.tools().world.definitions.same(arn, "arn:gone")


def test_a_door_is_found_from_inside() -> None:
    aws, arn = world()
    plan = service_plan(arn, image("a"), url="")
    door = aws.tools().listeners.door(plan, "listener/test/api")
    assert door == Door(
        scheme="http",
        port=8080,
        host="door-1.eu-central-1.elb.amazonaws.com",
        addresses=("10.0.0.4", "10.0.1.4"),
    )
    named = service_plan(arn, image("a"), url="https://shop.example/x")
    assert aws.tools().listeners.door(named, "listener/test/api").host == "shop.example"


def test_a_door_without_a_load_balancer_is_refused() -> None:
    aws, arn = world()
    with pytest.raises(DeliveryError, match="api: has a listener and no load balancer"):
        aws.tools().listeners.door(service_plan(arn, image("a"), load_balancer=None), "listener/test/api")


def test_an_arn_has_a_readable_end() -> None:
    assert short("arn:aws:ecs:eu-central-1:111122223333:task-definition/api:7") == "api:7"
    assert short("plain") == "plain"
