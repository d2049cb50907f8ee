"""A small environment, a release to it, and questions about how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery.ending import Outcome
from delivery.plan import ReleasePlan
from delivery.release import Release
from delivery.stop import Stop
from tests.delivery.fakes import FakeAws, image


def run(aws: FakeAws, plan: ReleasePlan, stop: Stop | None = None) -> Outcome:
    """One update."""
    return Release(plan, aws.tools(stop), {"USER": "ada"}).run()


def world() -> tuple[FakeAws, str, str]:
    """An environment in which revision 1 serves and 2 is registered."""
    aws = FakeAws()
    old, new = aws.define(1, image("a")), aws.define(2, image("b"))
    aws.add_service("api", old)
    return aws, old, new


def serves(aws: FakeAws, definition: str, name: str = "api") -> bool:
    """Whether a definition has all traffic of a service."""
    service = aws.services[name]
    group = service.primary["loadBalancers"][0]["targetGroupArn"]
    return bool(service.primary["taskDefinition"] == definition and service.shares.get(group) == 100)


def left_behind(aws: FakeAws) -> list[str]:
    """What a release must not leave: a journal, a hold on autoscaling."""
    return [*aws.held, *(["journal.json"] if "journal.json" in aws.objects else [])]


def the_record(aws: FakeAws) -> Mapping[str, Any]:
    """The only record there is."""
    (record,) = aws.documents("releases/")
    return record


def deployed_past_us(aws: FakeAws, definition: str, name: str = "api") -> None:
    """Somebody has deployed with AWS's own tools: a definition has all traffic, and nothing is written down."""
    service = aws.services[name]
    for one in aws.codedeploy.of(name):
        one.status, one.step = "Succeeded", "over"
    service.sets = [service.task_set(definition, "blue", 77, "PRIMARY")]
    aws.route(service, {service.group("blue"): 100})
    service.test = service.group("blue")
