"""Deployment configurations: how traffic moves, as a schedule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

_LONGEST_SHIFT = 2880
"""Minutes from the first to the last shift. https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html"""


@dataclass(frozen=True)
class Step:
    """Give green `percent` of the traffic, then wait `minutes`."""

    percent: int
    minutes: int


def _canary(percent: int, minutes: int) -> dict[str, Any]:
    canary = {"canaryPercentage": percent, "canaryInterval": minutes}
    return {"type": "TimeBasedCanary", "timeBasedCanary": canary}


def _linear(percent: int, minutes: int) -> dict[str, Any]:
    linear = {"linearPercentage": percent, "linearInterval": minutes}
    return {"type": "TimeBasedLinear", "timeBasedLinear": linear}


BUILT_IN: dict[str, dict[str, Any]] = {
    "CodeDeployDefault.ECSAllAtOnce": {"type": "AllAtOnce"},
    "CodeDeployDefault.ECSCanary10Percent5Minutes": _canary(10, 5),
    "CodeDeployDefault.ECSCanary10Percent15Minutes": _canary(10, 15),
    "CodeDeployDefault.ECSLinear10PercentEvery1Minutes": _linear(10, 1),
    "CodeDeployDefault.ECSLinear10PercentEvery3Minutes": _linear(10, 3),
}
"""https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html"""


def schedule(routing: dict[str, Any]) -> list[Step]:
    """The steps of a traffic routing configuration; the last gives green everything and waits for nothing."""
    kind = routing.get("type", "AllAtOnce")
    if kind == "TimeBasedCanary":
        canary = routing["timeBasedCanary"]
        return [Step(canary["canaryPercentage"], canary["canaryInterval"]), Step(100, 0)]
    if kind == "TimeBasedLinear":
        percent, minutes = routing["timeBasedLinear"]["linearPercentage"], routing["timeBasedLinear"]["linearInterval"]
        steps = math.ceil(100 / percent)
        return [Step(percent * number, minutes) for number in range(1, steps)] + [Step(100, 0)]
    return [Step(100, 0)]


def problem(routing: dict[str, Any]) -> str | None:
    """Why CodeDeploy refuses a routing configuration, or None."""
    kind = routing.get("type", "AllAtOnce")
    if kind == "AllAtOnce":
        return None
    member = "timeBasedCanary" if kind == "TimeBasedCanary" else "timeBasedLinear"
    if member not in routing:
        return f"A traffic routing configuration of type {kind} needs {member}."
    percent = routing[member].get("canaryPercentage", routing[member].get("linearPercentage", 0))
    minutes = routing[member].get("canaryInterval", routing[member].get("linearInterval", 0))
    if not 0 < percent < 100:
        return "The percentage must be between 1 and 99."
    if minutes < 1:
        return "The interval must be at least 1 minute."
    if sum(step.minutes for step in schedule(routing)) > _LONGEST_SHIFT:
        return f"The time from the first to the last traffic shift must not exceed {_LONGEST_SHIFT} minutes."
    return None
