"""CodeDeploy in memory, with its order of events, its waits, and a rollback that is a deployment of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.delivery.fake_clients import AwsError

if TYPE_CHECKING:
    from tests.delivery.fakes import FakeAws, FakeService

STARTS_SECONDS = 20.0
STEADY_LIMIT_SECONDS = 3600.0
READY_WAIT_SECONDS = 3600.0
ROLLBACK_APPEARS_SECONDS = 3.0
ROLLBACK_SECONDS = 15.0
WARM_SECONDS = 4200.0
ENDED = ("Succeeded", "Failed", "Stopped")


@dataclass
class Deployment:
    """One deployment and how far it is; `since` is when it entered its present step."""

    id: str
    service: str
    definition: str
    description: str
    at_once: bool
    watched: tuple[str, ...]
    since: float
    status: str = "InProgress"
    step: str = "install"
    percent: int = 0
    error: dict[str, str] = field(default_factory=dict)
    undoes: str = ""
    undone_by: str = ""
    undo_at: float | None = None
    shifted_at: float | None = None
    green: str = ""
    blue: str = ""


class FakeCodeDeploy:
    """The operations that a release calls. `healthy` says whether tasks of a definition come up."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws
        self.deployments: list[Deployment] = []
        self.unhealthy: set[str] = set()
        self.waits_ready = True
        self.interval_seconds = 60.0
        self.groups: dict[str, dict[str, Any]] = {}
        """What differs from the group that every service has, by name."""

    def of(self, service: str) -> list[Deployment]:
        """A service's deployments, oldest first."""
        return [one for one in self.deployments if one.service == service]

    def create_deployment(self, **wish: Any) -> dict[str, Any]:
        service = self._aws.services[wish["deploymentGroupName"]]
        if any(one.status not in ENDED for one in self.of(service.name)):
            raise self._error("DeploymentLimitExceededException")
        spec = json.loads(wish["revision"]["appSpecContent"]["content"])
        target = spec["Resources"][0]["TargetService"]["Properties"]["TaskDefinition"]
        alarms = wish.get(
            "overrideAlarmConfiguration", {"enabled": True, "alarms": [{"name": f"{service.name}-errors"}]}
        )
        one = Deployment(
            id=f"d-{len(self.deployments) + 1}",
            service=service.name,
            definition=target,
            description=wish["description"],
            at_once=wish.get("deploymentConfigName") == "CodeDeployDefault.ECSAllAtOnce",
            watched=tuple(alarm["name"] for alarm in alarms["alarms"]) if alarms["enabled"] else (),
            since=self._aws.now,
            blue=service.primary["id"],
            green=f"ecs-svc/{100 + len(self.deployments)}",
        )
        colour = "green" if service.primary["loadBalancers"][0]["targetGroupArn"] == service.group("blue") else "blue"
        made = service.task_set(target, colour, 0, "ACTIVE", one.id)
        service.sets.append(
            {**made, "id": one.green, "runningCount": 0 if target in self.unhealthy else service.desired}
        )
        self.deployments.append(one)
        return {"deploymentId": one.id}

    def list_deployments(
        self,
        includeOnlyStatuses: list[str],  # noqa: N803
        applicationName: str = "",  # noqa: N803
        deploymentGroupName: str = "",  # noqa: N803
    ) -> dict[str, Any]:
        if not applicationName:
            return {"deployments": [one.id for one in self.deployments[::-1] if one.status in includeOnlyStatuses]}
        if deploymentGroupName not in self._aws.services:
            raise self._error("DeploymentGroupDoesNotExistException")
        found = [one.id for one in self.of(deploymentGroupName) if one.status in includeOnlyStatuses]
        return {"deployments": found[::-1]}

    def get_deployment_group(self, applicationName: str, deploymentGroupName: str) -> dict[str, Any]:  # noqa: N803
        if deploymentGroupName not in self._aws.services:
            raise self._error("DeploymentGroupDoesNotExistException")
        waits = {
            "deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 60},
            "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 70},
        }
        info = {"blueGreenDeploymentConfiguration": waits, **self.groups.get(deploymentGroupName, {})}
        return {"deploymentGroupInfo": info}

    def update_deployment_group(
        self,
        applicationName: str,  # noqa: N803
        currentDeploymentGroupName: str,  # noqa: N803
        **changes: Any,
    ) -> dict[str, Any]:
        self.get_deployment_group(applicationName, currentDeploymentGroupName)
        self.groups[currentDeploymentGroupName] = {**self.groups.get(currentDeploymentGroupName, {}), **changes}
        return {}

    def get_deployment(self, deploymentId: str) -> dict[str, Any]:  # noqa: N803
        one = self._one(deploymentId)
        info: dict[str, Any] = {"deploymentId": one.id, "status": one.status, "description": one.description}
        info["creator"] = "codeDeployRollback" if one.undoes else "user"
        info["instanceTerminationWaitTimeStarted"] = one.step == "warm"
        if one.status in ENDED:
            info["completeTime"] = datetime.fromtimestamp(one.since, UTC)
        if one.error:
            info["errorInformation"] = one.error
        if one.undone_by:
            info["rollbackInfo"] = {"rollbackDeploymentId": one.undone_by}
        if one.undoes:
            info["rollbackInfo"] = {"rollbackTriggeringDeploymentId": one.undoes}
        return {"deploymentInfo": info}

    def batch_get_deployments(self, deploymentIds: list[str]) -> dict[str, Any]:  # noqa: N803
        return {"deploymentsInfo": [self.get_deployment(one)["deploymentInfo"] for one in deploymentIds]}

    def list_deployment_targets(self, deploymentId: str) -> dict[str, Any]:  # noqa: N803
        one = self._one(deploymentId)
        return {"targetIds": [f"shop-staging:{one.service}"]}

    def batch_get_deployment_targets(self, deploymentId: str, targetIds: list[str]) -> dict[str, Any]:  # noqa: N803
        one = self._one(deploymentId)
        green = next((s for s in self._aws.services[one.service].sets if s["id"] == one.green), None)
        info = [
            {
                "identifer": one.green,
                "taskSetLabel": "Green",
                "trafficWeight": float(one.percent),
                "desiredCount": 2,
                "runningCount": green["runningCount"] if green else 0,
            }
        ]
        events: list[dict[str, Any]] = [{"lifecycleEventName": "Install", "status": "InProgress"}]
        if one.step in ("shift", "warm", "done"):
            events.append({"lifecycleEventName": "BeforeAllowTraffic", "status": "Succeeded"})
        if one.shifted_at is not None:
            end = datetime.fromtimestamp(one.shifted_at, UTC)
            events.append({"lifecycleEventName": "AfterAllowTraffic", "status": "Succeeded", "endTime": end})
        return {"deploymentTargets": [{"ecsTarget": {"lifecycleEvents": events, "taskSetsInfo": info}}]}

    def continue_deployment(self, deploymentId: str, deploymentWaitType: str) -> dict[str, Any]:  # noqa: N803
        one = self._one(deploymentId)
        if one.status in ENDED:
            raise self._error("DeploymentAlreadyCompletedException")
        if deploymentWaitType == "READY_WAIT" and one.step == "ready":
            self._enter(one, "shift")
        elif deploymentWaitType == "TERMINATION_WAIT" and one.step == "warm":
            self._finish(one)
        else:
            raise self._error("DeploymentIsNotInReadyStateException")
        return {}

    def stop_deployment(self, deploymentId: str, autoRollbackEnabled: bool) -> dict[str, Any]:  # noqa: N803
        one = self._one(deploymentId)
        if one.status in ENDED:
            raise self._error("DeploymentAlreadyCompletedException")
        self._abort(one, "Stopped", "MANUAL_STOP", "the deployment was stopped")
        return {"status": "Pending"}

    def tick(self) -> None:
        """Let everything go on as far as time allows."""
        for one in [one for one in self.deployments if one.undo_at is not None or one.status not in ENDED]:
            if one.undo_at is not None and self._aws.now >= one.undo_at:
                one.undo_at = None
                self._undo(one)
            if one.status not in ENDED:
                self._go_on(one)

    def _go_on(self, one: Deployment) -> None:
        spent = self._aws.now - one.since
        rung = self._aws.ringing and [name for name in one.watched if name in self._aws.ringing]
        if rung and not one.undoes:
            said = f"One or more alarms have been activated. Activated alarms: {', '.join(rung)}"
            self._abort(one, "Stopped", "ALARM_ACTIVE", said)
        elif one.step == "undo" and spent >= ROLLBACK_SECONDS:
            self._undone(one)
        elif one.step == "install" and one.definition in self.unhealthy:
            if spent >= STEADY_LIMIT_SECONDS:
                self._abort(one, "Failed", "TIMEOUT", "the replacement task set did not become healthy")
        elif one.step == "install" and spent >= STARTS_SECONDS:
            service = self._aws.services[one.service]
            service.test = self._group(service, one.green)
            self._enter(one, "ready" if self.waits_ready else "shift")
        elif one.step == "ready" and spent >= READY_WAIT_SECONDS:
            self._abort(one, "Stopped", "TIMEOUT", "traffic rerouting was not started")
        elif one.step == "shift":
            self._shift(one, spent)
        elif one.step == "warm" and spent >= WARM_SECONDS:
            self._finish(one)

    def _enter(self, one: Deployment, step: str) -> None:
        one.step, one.since = step, self._aws.now
        one.status = "Ready" if step == "ready" else "InProgress"

    def _shift(self, one: Deployment, spent: float) -> None:
        percent = 100 if one.at_once or spent >= self.interval_seconds else 10
        service = self._aws.services[one.service]
        if percent != one.percent:
            one.percent = percent
            groups = {self._group(service, one.green): percent, self._group(service, one.blue): 100 - percent}
            self._aws.route(service, groups)
        elif percent == 100:
            self._promote(service, one.green)
            one.shifted_at = self._aws.now
            self._enter(one, "warm")

    def _abort(self, one: Deployment, status: str, code: str, message: str) -> None:
        one.status, one.since, one.error = status, self._aws.now, {"code": code, "message": message}
        one.undo_at = self._aws.now + ROLLBACK_APPEARS_SECONDS

    def _undo(self, one: Deployment) -> None:
        undo = Deployment(
            id=f"d-{len(self.deployments) + 1}",
            service=one.service,
            definition="",
            description="",
            at_once=True,
            watched=(),
            since=self._aws.now,
            step="undo",
            undoes=one.id,
            green=one.blue,
            blue=one.green,
        )
        one.undone_by = undo.id
        self.deployments.append(undo)

    def _undone(self, undo: Deployment) -> None:
        service = self._aws.services[undo.service]
        self._aws.route(service, {self._group(service, undo.green): 100})
        service.test = self._group(service, undo.green)
        self._promote(service, undo.green)
        service.sets = [one for one in service.sets if one["id"] != undo.blue]
        undo.status, undo.step, undo.percent, undo.since = "Succeeded", "done", 100, self._aws.now

    def _finish(self, one: Deployment) -> None:
        service = self._aws.services[one.service]
        service.sets = [each for each in service.sets if each["id"] != one.blue]
        one.status, one.step = "Succeeded", "done"

    def _promote(self, service: FakeService, chosen: str) -> None:
        for one in service.sets:
            one["status"] = "PRIMARY" if one["id"] == chosen else "ACTIVE"

    def _group(self, service: FakeService, task_set: str) -> str:
        one = next(each for each in service.sets if each["id"] == task_set)
        return str(one["loadBalancers"][0]["targetGroupArn"])

    def _one(self, identifier: str) -> Deployment:
        return next(one for one in self.deployments if one.id == identifier)

    def _error(self, code: str) -> Exception:
        return AwsError(code)
