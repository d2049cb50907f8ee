"""How soon a release notices that its traffic has moved: its own row against what CodeDeploy wrote down."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime

from rehearsal.stage.stage import Stage
from rehearsal.story.pulumi import Moment

#: The event with which a shift ends.
_END = "AllowTraffic"


def noticed(stage: Stage, deployment: str, moments: Sequence[Moment]) -> float | None:
    """Return the seconds of the wall from the end of a shift until the row said 100%; None where either is missing."""
    ended = _shifted_at(stage, deployment)
    began = next((number for number, one in enumerate(moments) if one.text.startswith("100%")), None)
    if ended is None or began is None or began == 0:
        return None
    # What came before said another share, so this moment is the first at which it is known.
    return round(moments[began].at - wall(clock(stage.emulator.endpoint), ended), 2)


def _shifted_at(stage: Stage, deployment: str) -> datetime | None:
    codedeploy = stage.client("codedeploy")
    targets = codedeploy.list_deployment_targets(deploymentId=deployment)["targetIds"]
    if not targets:
        return None
    told = codedeploy.get_deployment_target(deploymentId=deployment, targetId=targets[0])["deploymentTarget"]
    events = {event["lifecycleEventName"]: event for event in told["ecsTarget"]["lifecycleEvents"]}
    end = events.get(_END, {}).get("endTime")
    return end if isinstance(end, datetime) else None


def clock(endpoint: str) -> dict[str, float]:
    """Ask the emulated AWS for its speed and for both times."""
    with urllib.request.urlopen(f"{endpoint}/_rehearsal/clock", timeout=10) as answer:  # noqa: S310 - our own
        found: dict[str, float] = json.load(answer)
    return found


def wall(told: Mapping[str, float], moment: datetime) -> float:
    """When that was on the wall, in seconds since the epoch."""
    return told["wall"] - (told["now"] - moment.timestamp()) / told["speed"]
