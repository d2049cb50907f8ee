"""The calls about deployments: create, look at, continue, stop."""

from __future__ import annotations

from typing import Any

from rehearsal.aws.codedeploy import appspec
from rehearsal.aws.codedeploy.engine.runner import Runner
from rehearsal.aws.codedeploy.models import FINAL, Deployment, Store, new_deployment_id, sha256
from rehearsal.aws.service_model import Handler, ServiceError
from rehearsal.aws.world import World

Document = dict[str, Any]

_AT_ONCE = 25
_WAITS = ("READY_WAIT", "TERMINATION_WAIT")


class Deployments:
    """Handlers of the calls about deployments."""

    def __init__(self, world: World, store: Store, runner: Runner) -> None:
        self._world = world
        self._store = store
        self._runner = runner

    def handlers(self) -> dict[str, Handler]:
        """By action."""
        return {
            "CreateDeployment": self.create,
            "GetDeployment": lambda request: {"deploymentInfo": self._find(request).view()},
            "BatchGetDeployments": self.batch,
            "ListDeployments": self.list,
            "StopDeployment": self.stop,
            "ContinueDeployment": self.go_on,
            "ListDeploymentTargets": self.list_targets,
            "GetDeploymentTarget": lambda request: {"deploymentTarget": self._target(self._started(request))},
            "BatchGetDeploymentTargets": self.batch_targets,
            "PutLifecycleEventHookExecutionStatus": self.put_hook_status,
            "GetApplicationRevision": self.revision,
            "ListApplicationRevisions": self.revisions,
        }

    def create(self, request: Document) -> Document:
        """CreateDeployment."""
        application, name = request["applicationName"], request.get("deploymentGroupName", "")
        if not name:
            raise ServiceError("DeploymentGroupNameRequiredException", "The deployment group name was not specified.")
        if application not in self._store.applications:
            raise _no_application(application)
        group = self._store.groups.get((application, name))
        if group is None:
            raise ServiceError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
        content = self._content(request)
        try:
            spec = appspec.parse(content)
        except appspec.AppSpecError as error:
            raise ServiceError("InvalidRevisionException", str(error)) from None
        config = request.get("deploymentConfigName") or group["deploymentConfigName"]
        if config not in self._store.configs:
            raise ServiceError(
                "DeploymentConfigDoesNotExistException", f"No deployment configuration found for name: {config}"
            )
        with self._store.lock:
            if active := self._store.active_in(application, name):
                raise ServiceError(
                    "DeploymentLimitExceededException",
                    f"The Deployment Group '{name}' already has an active Deployment '{active.id}'",
                )
            done = [d for d in self._store.of_group(application, name) if d.status == "Succeeded"]
            deployment = Deployment(
                id=new_deployment_id(),
                application=application,
                group=group,
                appspec=spec,
                content=content,
                config_name=config,
                routing=self._store.configs[config].get("trafficRoutingConfig") or {"type": "AllAtOnce"},
                created=self._world.clock.now(),
                description=request.get("description", ""),
                auto_rollback=request.get("autoRollbackConfiguration") or group["autoRollbackConfiguration"],
                alarms=request.get("overrideAlarmConfiguration") or group["alarmConfiguration"],
                overrides_alarms="overrideAlarmConfiguration" in request,
                previous_content=done[-1].content if done else None,
            )
            self._store.deployments[deployment.id] = deployment
        self._runner.begin(deployment)
        return {"deploymentId": deployment.id}

    def batch(self, request: Document) -> Document:
        """BatchGetDeployments: unknown ids are left out."""
        found = [self._store.deployments.get(identifier) for identifier in request["deploymentIds"]]
        return {"deploymentsInfo": [deployment.view() for deployment in found if deployment]}

    def list(self, request: Document) -> Document:
        """ListDeployments, newest first."""
        application, group = request.get("applicationName"), request.get("deploymentGroupName")
        if group and (application, group) not in self._store.groups:
            raise ServiceError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {group}")
        statuses = request.get("includeOnlyStatuses")
        during = request.get("createTimeRange") or {}
        found = [
            deployment.id
            for deployment in self._store.deployments.values()
            if (not application or deployment.application == application)
            and (not group or deployment.group["deploymentGroupName"] == group)
            and (not statuses or deployment.status in statuses)
            and during.get("start", 0) <= deployment.created <= during.get("end", float("inf"))
        ]
        return {"deployments": found[::-1]}

    def stop(self, request: Document) -> Document:
        """StopDeployment: takes effect at the next step; `Pending` until then."""
        deployment = self._find(request)
        with self._store.lock:
            if not deployment.active:
                raise _completed(deployment)
            deployment.stop_with_rollback = request.get("autoRollbackEnabled")
            deployment.stop_requested = True
        message = "No new actions will be scheduled in the deployment."
        return {"status": "Pending", "statusMessage": message}

    def go_on(self, request: Document) -> Document:
        """ContinueDeployment."""
        deployment = self._find(request)
        kind = request.get("deploymentWaitType", "READY_WAIT")
        if kind not in _WAITS:
            raise ServiceError("InvalidDeploymentWaitTypeException", f"{kind} is not a wait type.")
        with self._store.lock:
            if not deployment.active:
                raise _completed(deployment)
            if deployment.waiting_for != kind:
                raise ServiceError(
                    "DeploymentIsNotInReadyStateException",
                    f"The deployment {deployment.id} is not in a state in which {kind} can be ended.",
                )
            deployment.continued.add(kind)
        return {}

    def list_targets(self, request: Document) -> Document:
        """ListDeploymentTargets: a deployment for ECS has one, its service."""
        cluster, service = self._started(request).service
        return {"targetIds": [f"{cluster}:{service}"]}

    def batch_targets(self, request: Document) -> Document:
        """BatchGetDeploymentTargets."""
        if len(request.get("targetIds", [])) > _AT_ONCE:
            raise ServiceError(
                "DeploymentTargetListSizeExceededException", f"At most {_AT_ONCE} targets can be asked for."
            )
        deployment = self._started(request)
        cluster, service = deployment.service
        for identifier in request.get("targetIds", []):
            if identifier != f"{cluster}:{service}":
                raise ServiceError(
                    "DeploymentTargetDoesNotExistException",
                    f"The deployment target {identifier} does not belong to the deployment {deployment.id}.",
                )
        return {"deploymentTargets": [self._target(deployment)]}

    def put_hook_status(self, request: Document) -> Document:
        """PutLifecycleEventHookExecutionStatus."""
        deployment = self._find(request)
        execution, status = request.get("lifecycleEventHookExecutionId", ""), request.get("status", "")
        if status not in ("Succeeded", "Failed"):
            raise ServiceError(
                "InvalidLifecycleEventHookExecutionStatusException", f"{status} is neither Succeeded nor Failed."
            )
        with self._store.lock:
            if execution not in deployment.hook_results:
                raise ServiceError(
                    "InvalidLifecycleEventHookExecutionIdException",
                    f"The hook execution {execution} does not belong to the deployment {deployment.id}.",
                )
            if deployment.hook_results[execution] != "Pending":
                raise ServiceError(
                    "LifecycleEventAlreadyCompletedException", "The lifecycle event is already completed."
                )
            deployment.hook_results[execution] = status
        return {"lifecycleEventHookExecutionId": execution}

    def revision(self, request: Document) -> Document:
        """GetApplicationRevision: the content of a revision that is known by its hash."""
        application = request["applicationName"]
        asked = request["revision"].get("appSpecContent") or request["revision"].get("string") or {}
        for deployment in reversed(list(self._store.deployments.values())):
            digest = sha256(deployment.content)
            if deployment.application == application and digest == (
                asked.get("sha256") or sha256(asked.get("content", ""))
            ):
                revision = {
                    "revisionType": "AppSpecContent",
                    "appSpecContent": {"content": deployment.content, "sha256": digest},
                }
                groups = [deployment.group["deploymentGroupName"]]
                info = {
                    "deploymentGroups": groups,
                    "registerTime": deployment.created,
                    "lastUsedTime": deployment.created,
                }
                return {"applicationName": application, "revision": revision, "revisionInfo": info}
        raise ServiceError("RevisionDoesNotExistException", "The named revision does not exist with the application.")

    def revisions(self, request: Document) -> Document:
        """ListApplicationRevisions, newest first."""
        application = request["applicationName"]
        if application not in self._store.applications:
            raise _no_application(application)
        known: dict[str, Document] = {}
        for deployment in reversed(list(self._store.deployments.values())):
            if deployment.application == application:
                known.setdefault(sha256(deployment.content), deployment.revision)
        return {"revisions": list(known.values())}

    def _content(self, request: Document) -> str:
        revision = request.get("revision")
        if not revision:
            raise ServiceError("RevisionRequiredException", "The revision was not specified.")
        if revision.get("revisionType") == "S3":
            raise ServiceError("InvalidRevisionException", "Revisions in S3 are not emulated; hand in AppSpecContent.")
        holder = revision.get("appSpecContent") or revision.get("string") or {}
        if holder.get("content"):
            return str(holder["content"])
        if digest := holder.get("sha256"):
            for deployment in self._store.deployments.values():
                if sha256(deployment.content) == digest:
                    return deployment.content
            raise ServiceError(
                "RevisionDoesNotExistException", "The named revision does not exist with the application."
            )
        raise ServiceError("InvalidRevisionException", "The revision has no AppSpec content.")

    def _find(self, request: Document) -> Deployment:
        identifier = request.get("deploymentId", "")
        if not identifier:
            raise ServiceError("DeploymentIdRequiredException", "The deployment ID was not specified.")
        found = self._store.deployments.get(identifier)
        if found is None:
            raise ServiceError("DeploymentDoesNotExistException", f"The deployment {identifier} could not be found")
        return found

    def _started(self, request: Document) -> Deployment:
        deployment = self._find(request)
        if deployment.started is None and deployment.status not in FINAL:
            raise ServiceError("DeploymentNotStartedException", f"The deployment {deployment.id} has not started yet.")
        return deployment

    def _target(self, deployment: Deployment) -> Document:
        cluster, service = deployment.service
        world = self._world
        return deployment.target(f"arn:aws:ecs:{world.region}:{world.account}:service/{cluster}/{service}")


def _no_application(name: str) -> ServiceError:
    return ServiceError("ApplicationDoesNotExistException", f"No application found for name: {name}")


def _completed(deployment: Deployment) -> ServiceError:
    return ServiceError(
        "DeploymentAlreadyCompletedException",
        f"The deployment {deployment.id} has already completed with status {deployment.status}.",
    )
