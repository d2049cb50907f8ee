"""What CodeDeploy's answers mean for a release. Pure functions: answers in, meaning out."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.literals import DeploymentStatusType
    from mypy_boto3_codedeploy.type_defs import DeploymentInfoTypeDef, ECSTargetTypeDef, LifecycleEventTypeDef

#: Statuses of a deployment that holds its group. The wait after the shift counts too: it is still `InProgress`.
ACTIVE: tuple[DeploymentStatusType, ...] = ("Created", "Queued", "InProgress", "Baking", "Ready")


class Phase(enum.IntEnum):
    """How far a deployment is, from our side; a later phase is a greater number."""

    PREPARING = 1
    """Green's tasks are started and become healthy."""
    READY = 2
    """Green is healthy and waits behind the test listener; it has no traffic of users."""
    SHIFTING = 3
    """Traffic moves to green."""
    SHIFTED = 4
    """Green has all traffic; blue is still there."""
    SUCCEEDED = 5
    """Blue is gone."""
    FAILED = 6
    STOPPED = 7

    @property
    def over(self) -> bool:
        """Whether nothing more happens in this deployment; its rollback is another one."""
        return self >= Phase.SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One look at a deployment.

    green_percent: the share of production traffic that green has.
    green: its task set's id; running, desired: its tasks.
    shifted_at: when green had all traffic, by AWS's clock.
    code, cause: why it did not succeed, in AWS's words.
    rollback: the deployment that takes it back; rollback_note: what AWS says about that.
    """

    phase: Phase
    green_percent: int = 0
    green: str = ""
    running: int = 0
    desired: int = 0
    shifted_at: datetime | None = None
    code: str = ""
    cause: str = ""
    rollback: str = ""
    rollback_note: str = ""


def understand(deployment: DeploymentInfoTypeDef, target: ECSTargetTypeDef | None) -> View:
    """Say what a deployment is doing. `target` is its ECS target, None as long as there is none."""
    events = {event.get("lifecycleEventName", ""): event for event in (target or {}).get("lifecycleEvents", [])}
    green = next((s for s in (target or {}).get("taskSetsInfo", []) if s.get("taskSetLabel") == "Green"), None) or {}
    percent = round(green.get("trafficWeight", 0))
    phase = _phase(deployment, events, percent)
    error = deployment.get("errorInformation", {})
    rollback = deployment.get("rollbackInfo", {})
    return View(
        phase=phase,
        green_percent=100 if phase in (Phase.SHIFTED, Phase.SUCCEEDED) else percent,
        green=green.get("identifer", ""),  # the API's own spelling
        running=green.get("runningCount", 0),
        desired=green.get("desiredCount", 0),
        shifted_at=_shifted_at(events) if phase in (Phase.SHIFTED, Phase.SUCCEEDED) else None,
        code=error.get("code", ""),
        cause=error.get("message", "") or _diagnosis(events),
        rollback=rollback.get("rollbackDeploymentId", ""),
        rollback_note=rollback.get("rollbackMessage", ""),
    )


def later(known: View, seen: View) -> View:
    """Which of two looks at one deployment counts: what was known, or what was seen after it.

    AWS may answer with what was true a moment ago. A deployment only goes forward, its way back is another one: so what
    is over is not running again, and what reached users does not wait for them.
    """
    if known.phase.over:
        return seen if seen.phase.over else known
    return seen if seen.phase >= known.phase else known


def _phase(deployment: DeploymentInfoTypeDef, events: dict[str, LifecycleEventTypeDef], percent: int) -> Phase:
    ended = {
        "Succeeded": Phase.SUCCEEDED,
        "Failed": Phase.FAILED,
        "Stopped": Phase.STOPPED,
        "Ready": Phase.READY,
    }
    status = deployment.get("status", "")
    if status in ended:
        return ended[status]
    if deployment.get("instanceTerminationWaitTimeStarted") or _status(events, "AfterAllowTraffic") == "Succeeded":
        return Phase.SHIFTED
    begun = {_status(events, "BeforeAllowTraffic"), _status(events, "AllowTraffic")} & {"InProgress", "Succeeded"}
    # A status that AWS may add later means, at worst, that we wait; what we wait for has limits of its own.
    return Phase.SHIFTING if begun or percent > 0 else Phase.PREPARING


def _shifted_at(events: dict[str, LifecycleEventTypeDef]) -> datetime | None:
    for name in ("AfterAllowTraffic", "AllowTraffic"):
        if name in events and "endTime" in events[name]:
            return events[name]["endTime"]
    return None


def _status(events: dict[str, LifecycleEventTypeDef], name: str) -> str:
    return events[name].get("status", "") if name in events else ""


def _diagnosis(events: dict[str, LifecycleEventTypeDef]) -> str:
    """What the event that failed says, where the deployment itself says nothing."""
    for name, event in events.items():
        if event.get("status") == "Failed":
            said = event.get("diagnostics", {})
            return f"{name} failed: {said.get('message') or said.get('errorCode') or 'no reason given'}"
    return ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What our deployments say about themselves, in `description`: CreateDeployment takes no token of a client."""

    release: str
    target: str

    def __str__(self) -> str:
        """As it stands in the description."""
        return f"slipway release {self.release} target {self.target}"

    @classmethod
    def read(cls, description: str) -> Mark | None:
        """Find the mark in a description; None: not one of ours."""
        found = re.match(r"slipway release ([0-9a-f]+) target ([0-9a-f]+)", description)
        return cls(found.group(1), found.group(2)) if found else None


class Next(enum.Enum):
    """What to do about a deployment that holds the group already."""

    WAIT = "wait"
    """It takes something back: let it end."""
    LEAVE = "leave"
    """It has brought what we want, and keeps blue warm: nothing to do."""
    ADOPT = "adopt"
    """It brings what we want: go on with it."""
    END_WARM = "end warm"
    """It brought something else, is done, and keeps its blue warm: let that go."""
    TAKE_BACK = "take back"
    """Stop it, and wait until traffic is back with blue: it brings something else, or blue is all we want."""


def next_step(
    mark: Mark | None,
    phase: Phase,
    *,
    takes_back: bool,
    target: str,
    serves: bool,
    unfinished: str,
    blue_is_target: bool,
) -> Next:
    """Decide about a deployment that holds the group.

    mark: what it says about itself; takes_back: whether AWS made it to undo another one; target: what our own mark
    would say; serves: whether what we want has all traffic; unfinished: the release that was interrupted, if one was;
    blue_is_target: whether the tasks it keeps are what we want.
    """
    interrupted = mark is not None and mark.release == unfinished
    if takes_back:
        return Next.WAIT
    if phase == Phase.SHIFTED and serves:
        return Next.ADOPT if interrupted else Next.LEAVE
    if phase == Phase.SHIFTED and mark is not None and mark.target == target and not interrupted:
        # It had brought what we want, and somebody moved traffic since: only a new shift moves it again, and blue,
        # which may have some of it, must not go first.
        return Next.TAKE_BACK
    if mark is not None and mark.target == target:
        return Next.ADOPT
    if phase == Phase.SHIFTED and not interrupted and not blue_is_target:
        return Next.END_WARM
    return Next.TAKE_BACK
