"""What CodeDeploy says about a deployment, and about the way back of one that did not succeed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from delivery.aws import error_code
from delivery.clock import moment
from delivery.deployments import WayBack
from delivery.meaning import Mark, Phase, View, understand
from delivery.redact import shown

if TYPE_CHECKING:
    from mypy_boto3_codedeploy import CodeDeployClient

_GONE = ("DeploymentDoesNotExistException", "InvalidDeploymentIdException")
#: What CodeDeploy says when it stops for an alarm ends with their names.
_ALARMS = re.compile(r"[Aa]ctivated alarms: *(.+?)[.\s]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """One deployment. release: the id in its mark, empty where it is not ours; undoes: the deployment it takes back."""

    id: str
    release: str
    undoes: str
    view: View
    ended: str
    """When, ISO 8601 in UTC; empty as long as it goes on."""

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than well."""
        return self.view.phase in (Phase.FAILED, Phase.STOPPED)

    @property
    def stopped_by_hand(self) -> bool:
        """Whether somebody told it to stop: a person, or an update of ours."""
        return self.view.code == "MANUAL_STOP" or (self.view.phase == Phase.STOPPED and not self.view.code)

    @property
    def reason(self) -> str:
        """Why it ended, in words."""
        found = _ALARMS.search(self.view.cause)
        if self.view.code.startswith("ALARM"):
            return f"alarm {shown(found.group(1))} rang" if found else f"an alarm rang: {shown(self.view.cause)}"
        if self.stopped_by_hand:
            return f"deployment {self.id} was stopped by someone"
        return f"deployment {self.id} failed: {self.view.code}: {shown(self.view.cause)}"

    @property
    def said(self) -> str:
        """What AWS says about its end and its way back."""
        words = [f"{self.view.code}: {self.view.cause}" if self.view.code else "", self.view.rollback_note]
        return " ".join(shown(part) for part in words if part)


class Flights:
    """Reads deployments."""

    def __init__(self, codedeploy: CodeDeployClient) -> None:
        self._codedeploy = codedeploy

    def read(self, deployment: str) -> Flight | None:
        """The deployment, or None where there is none (any more)."""
        try:
            info = self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
        except Exception as error:
            if error_code(error) in _GONE:
                return None
            raise
        mark = Mark.read(info.get("description", ""))
        completed = info.get("completeTime")
        return Flight(
            id=deployment,
            release=mark.release if mark else "",
            undoes=info.get("rollbackInfo", {}).get("rollbackTriggeringDeploymentId", ""),
            view=understand(info, None),
            ended=_stamp(completed) if completed else "",
        )

    def way_back(self, flight: Flight, now: datetime) -> Way:
        """How far the way back of a deployment is that failed or was stopped. `now`: AWS's time."""
        if flight.view.rollback:
            found = self.read(flight.view.rollback)
            over = found is None or found.view.phase.over
            return Way(over=over, rollback=flight.view.rollback, ended=(found.ended if found else "") or flight.ended)
        since = (now - moment(flight.ended)).total_seconds() if flight.ended else 0.0
        over = bool(flight.view.rollback_note) or since >= WayBack.PATIENCE_SECONDS
        return Way(over=over, rollback="", ended=flight.ended)


@dataclass(frozen=True, slots=True)
class Way:
    """over: nothing more will move; rollback: the deployment that goes this way; ended: when the last of it did."""

    over: bool
    rollback: str
    ended: str


def _stamp(completed: datetime) -> str:
    return completed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
