"""CodeDeploy's deployments of one account: found, started, looked at, told to go on or to stop."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from delivery.appspec import fingerprint, revision
from delivery.aws import error_code
from delivery.meaning import ACTIVE, Mark, Phase, View, understand
from delivery.plan import ServicePlan

if TYPE_CHECKING:
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_codedeploy.literals import DeploymentStatusType
    from mypy_boto3_codedeploy.type_defs import CreateDeploymentInputTypeDef, ECSTargetTypeDef

AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"
#: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html
_DESCRIPTION_LENGTH = 256
#: Answers to a wish that came too late: the next look shows what became of it.
_TOO_LATE = (
    "DeploymentAlreadyCompletedException",
    "DeploymentIsNotInReadyStateException",
    "UnsupportedActionForDeploymentTypeException",
)
#: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_BatchGetDeployments.html
_BATCH = 25
_ABSENT = (
    "ApplicationDoesNotExistException",
    "DeploymentGroupDoesNotExistException",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A deployment that holds its group. `takes_back`: AWS made it to undo another one."""

    id: str
    mark: Mark | None
    takes_back: bool
    view: View


class Deployments:
    """Wraps the client; nothing here waits."""

    def __init__(self, codedeploy: CodeDeployClient) -> None:
        self._codedeploy = codedeploy

    def active(self, service: ServicePlan) -> Active | None:
        """The deployment that holds the service's group; None where there is none, or no group."""
        candidates = [self._describe(deployment) for deployment in self._list(service, ACTIVE)]
        running = [candidate for candidate in candidates if not candidate.view.phase.over]
        # AWS allows one; while it hands over to a rollback, both may be listed, and the rollback counts.
        return next((one for one in running if one.takes_back), running[0] if running else None)

    def marked(self) -> list[Active]:
        """All deployments of the account that are ours and hold their group, whatever their group is.

        A deployment that takes another one back carries no mark, and is not among them.
        """
        found: list[str] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._codedeploy.list_deployments(includeOnlyStatuses=ACTIVE, **page)
            found += answer.get("deployments", [])
            if not answer.get("nextToken"):
                break
            page = {"nextToken": answer["nextToken"]}
        infos = [
            info
            for start in range(0, len(found), _BATCH)
            for info in self._codedeploy.batch_get_deployments(deploymentIds=found[start : start + _BATCH]).get(
                "deploymentsInfo", []
            )
        ]
        ours = [info["deploymentId"] for info in infos if Mark.read(info.get("description", ""))]
        return [active for active in map(self._describe, ours) if not active.view.phase.over]

    def just_ended(self, service: ServicePlan, now: datetime) -> str:
        """The group's last deployment, if it was stopped or failed a moment ago and its rollback is not known yet.

        In that moment nothing is active, and what serves is about to change.
        """
        for deployment in self._list(service, ("Failed", "Stopped"))[:1]:
            info = self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
            ended, undone = info.get("completeTime"), info.get("rollbackInfo", {})
            if ended and not undone and (now - ended).total_seconds() < WayBack.PATIENCE_SECONDS:
                return deployment
        return ""

    def start(
        self,
        service: ServicePlan,
        release: str,
        version: str,
        *,
        at_once: bool = False,
        unwatched: Collection[str] = (),
    ) -> str:
        """Start bringing a service's target and return the deployment's id; empty where the group is held by another.

        at_once: shift in one step, whatever the group says. unwatched: alarms that are left out of it.
        """
        wish: CreateDeploymentInputTypeDef = {
            "applicationName": service.application or "",
            "deploymentGroupName": service.deployment_group or "",
            "revision": revision(service),
            "description": f"{Mark(release, fingerprint(service))} version {version}"[:_DESCRIPTION_LENGTH],
            "autoRollbackConfiguration": {
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            },
        }
        config = AT_ONCE if at_once else service.deployment_config
        if config:
            wish["deploymentConfigName"] = config
        if unwatched:
            watched = [name for name in service.alarms if name not in unwatched]
            wish["overrideAlarmConfiguration"] = {
                "enabled": bool(watched),
                "alarms": [{"name": name} for name in watched],
            }
        try:
            return self._codedeploy.create_deployment(**wish)["deploymentId"]
        except Exception as error:
            if error_code(error) == "DeploymentLimitExceededException":
                return ""
            raise

    def look(self, deployment: str) -> View:
        """Say how far a deployment is."""
        info = self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
        return understand(info, self._target(deployment))

    def glance(self, deployment: str) -> View:
        """Say whether a deployment is over, and what takes it back: one call; its tasks and traffic are not asked."""
        return understand(self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"], None)

    def go(self, deployment: str) -> None:
        """Begin to shift traffic to a green that waits."""
        self._wish("READY_WAIT", deployment)

    def end_warm(self, deployment: str) -> None:
        """Let go of the blue that a finished shift keeps."""
        self._wish("TERMINATION_WAIT", deployment)

    def stop(self, deployment: str) -> None:
        """Stop, and take traffic back to blue; returns before either has happened."""
        try:
            self._codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
        except Exception as error:
            if error_code(error) not in _TOO_LATE:
                raise

    def _list(self, service: ServicePlan, statuses: tuple[DeploymentStatusType, ...]) -> list[str]:
        """The deployments of a service's group that are in one of the statuses, newest first; none without a group."""
        try:
            found = self._codedeploy.list_deployments(
                applicationName=service.application or "",
                deploymentGroupName=service.deployment_group or "",
                includeOnlyStatuses=statuses,
            )
        except Exception as error:
            if error_code(error) in _ABSENT:
                return []
            raise
        return found.get("deployments", [])

    def _wish(self, wait: str, deployment: str) -> None:
        try:
            self._codedeploy.continue_deployment(deploymentId=deployment, deploymentWaitType=wait)  # type: ignore[arg-type]
        except Exception as error:
            if error_code(error) not in _TOO_LATE:
                raise

    def _describe(self, deployment: str) -> Active:
        info = self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
        return Active(
            id=deployment,
            mark=Mark.read(info.get("description", "")),
            takes_back=info.get("creator") == "codeDeployRollback"
            or bool(info.get("rollbackInfo", {}).get("rollbackTriggeringDeploymentId")),
            view=understand(info, self._target(deployment)),
        )

    def _target(self, deployment: str) -> ECSTargetTypeDef | None:
        """The deployment's ECS target; None until it has one."""
        try:
            ids = self._codedeploy.list_deployment_targets(deploymentId=deployment).get("targetIds", [])
            if not ids:
                return None
            found = self._codedeploy.batch_get_deployment_targets(deploymentId=deployment, targetIds=ids[:1])
        except Exception as error:
            if error_code(error) in ("DeploymentNotStartedException", "DeploymentTargetDoesNotExistException"):
                return None
            raise
        return next((t["ecsTarget"] for t in found.get("deploymentTargets", []) if "ecsTarget" in t), None)


class WayBack:
    """Follows a deployment that was stopped or failed, to the end of the deployment that takes it back."""

    #: AWS names the rollback a moment after the end; by its clock.
    PATIENCE_SECONDS = 60.0

    def __init__(self, deployments: Deployments, deployment: str) -> None:
        self._deployments = deployments
        self.deployment = deployment
        self.view: View | None = None
        self._waited_since: datetime | None = None

    def over(self, now: datetime) -> bool:
        """Look once. `now` is AWS's time. True when nothing more will move."""
        ended = self.view is not None and self.view.phase.over
        if self.view is None or not (ended and self.view.rollback):
            self.view = self._deployments.glance(self.deployment) if ended else self._deployments.look(self.deployment)
        if not self.view.phase.over:
            return False
        if self.view.phase == Phase.SUCCEEDED:
            return True
        if self.view.rollback:
            return self._deployments.glance(self.view.rollback).phase.over
        if self.view.rollback_note:
            return True
        self._waited_since = self._waited_since or now
        return (now - self._waited_since).total_seconds() >= self.PATIENCE_SECONDS
