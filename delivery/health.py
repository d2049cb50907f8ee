"""How an environment is now: whether what should serve does, all its tasks run, and no alarm rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from delivery.alarms import ringing
from delivery.plan import ServicePlan
from delivery.records import Served
from delivery.serving import World
from delivery.tools import Tools


def troubles(services: Sequence[ServicePlan], expected: Mapping[str, Served], tools: Tools) -> list[str]:
    """What is wrong with services, in words; nothing where all is well. expected: what each should run.

    Services that `expected` does not name are not looked at.
    """
    found = []
    for service in services:
        if service.name in expected:
            found += [f"{service.name}: {what}" for what in _of(service, expected[service.name], tools.world)]
    watched = {name for service in services if service.name in expected for name in service.alarms}
    rung = ringing(tools.aws.cloudwatch, watched) if watched else {}
    return found + [f"alarm {name} rings{f': {why}' if why else ''}" for name, why in sorted(rung.items())]


def _of(service: ServicePlan, served: Served, world: World) -> list[str]:
    serving = world.look(service)
    # Another network than the one it was declared with serves as well.
    target = replace(service, task_definition=served.task_definition, image=served.image, subnets=())
    wrong = world.differences(target, serving)
    if serving is not None and not serving.steady:
        wrong.append(f"{serving.running} of {serving.desired} tasks run")
    return wrong
