"""CodeDeploy's calls about what stands still: applications, deployment groups, configurations, tags."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from rehearsal.aws.codedeploy import groups, routing
from rehearsal.aws.codedeploy.deployments import Deployments
from rehearsal.aws.codedeploy.engine.cloud import BotoCloud, Cloud
from rehearsal.aws.codedeploy.engine.runner import Runner
from rehearsal.aws.codedeploy.models import Store
from rehearsal.aws.codedeploy.notifications import Notifications, Publish
from rehearsal.aws.codedeploy.resources import resources
from rehearsal.aws.iam.call import Call
from rehearsal.aws.iam.guard import Owned
from rehearsal.aws.service_model import Handler, ModelledService, ServiceError
from rehearsal.aws.world import World

Document = dict[str, Any]


class CodeDeploy(ModelledService):
    """The service; `runner` carries its deployments."""

    def __init__(self, world: World, cloud: Cloud, publish: Publish) -> None:
        self._world = world
        self._cloud = cloud
        self.store = Store()
        self.notifications = Notifications(world, publish)
        self.runner = Runner(self.store, cloud, world.clock, self.notifications.tell)
        deployments = Deployments(world, self.store, self.runner)
        super().__init__(
            "codedeploy",
            {**self._handlers_of_what_stands(), **deployments.handlers()},
            validation_error="ValidationException",
        )

    @classmethod
    def of(cls, world: World, publish: Publish) -> CodeDeploy:
        """Working on the emulated AWS of `world`, its engine running; `publish` is the way to EventBridge."""
        service = cls(world, BotoCloud(world.endpoint, world.region, world.account), publish)
        service.runner.start_thread()
        return service

    def resources(self, call: Call) -> Owned:
        """Return what a call is made on (ARNs), each with its tags."""
        with self.store.lock:
            return [
                (arn, {tag["Key"]: tag["Value"] for tag in self.store.tags.get(arn, [])})
                for arn in resources(call, self.store)
            ]

    def _handlers_of_what_stands(self) -> dict[str, Handler]:
        return {
            "CreateApplication": self._create_application,
            "GetApplication": lambda request: {"application": self._application(request["applicationName"])},
            "BatchGetApplications": self._batch_applications,
            "UpdateApplication": self._update_application,
            "DeleteApplication": self._delete_application,
            "ListApplications": lambda request: {"applications": sorted(self.store.applications)},
            "CreateDeploymentConfig": self._create_config,
            "GetDeploymentConfig": lambda request: {
                "deploymentConfigInfo": self._config(request["deploymentConfigName"])
            },
            "DeleteDeploymentConfig": self._delete_config,
            "ListDeploymentConfigs": lambda request: {"deploymentConfigsList": sorted(self.store.configs)},
            "CreateDeploymentGroup": self._create_group,
            "GetDeploymentGroup": self._get_group,
            "BatchGetDeploymentGroups": self._batch_groups,
            "UpdateDeploymentGroup": self._update_group,
            "DeleteDeploymentGroup": self._delete_group,
            "ListDeploymentGroups": self._list_groups,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": lambda request: {"Tags": self.store.tags.get(request["ResourceArn"], [])},
        }

    def _create_application(self, request: Document) -> Document:
        name = request["applicationName"]
        if name in self.store.applications:
            raise ServiceError("ApplicationAlreadyExistsException", f"Application already exists: {name}")
        if request.get("computePlatform", "Server") != "ECS":
            raise ServiceError("InvalidComputePlatformException", "Only the compute platform ECS is emulated.")
        application = {
            "applicationId": str(uuid.uuid4()),
            "applicationName": name,
            "createTime": self._world.clock.now(),
            "linkedToGitHub": False,
            "computePlatform": "ECS",
        }
        self.store.applications[name] = application
        self._set_tags(f"application:{name}", request)
        return {"applicationId": application["applicationId"]}

    def _application(self, name: str) -> Document:
        if name not in self.store.applications:
            raise ServiceError("ApplicationDoesNotExistException", f"No application found for name: {name}")
        return self.store.applications[name]

    def _batch_applications(self, request: Document) -> Document:
        return {"applicationsInfo": [self._application(name) for name in request["applicationNames"]]}

    def _update_application(self, request: Document) -> Document:
        old, new = request["applicationName"], request.get("newApplicationName")
        application = self._application(old)
        if new and new != old:
            if new in self.store.applications:
                raise ServiceError("ApplicationAlreadyExistsException", f"Application already exists: {new}")
            application["applicationName"] = new
            self.store.applications[new] = self.store.applications.pop(old)
            for owner, name in [key for key in self.store.groups if key[0] == old]:
                self.store.groups[new, name] = self.store.groups.pop((owner, name)) | {"applicationName": new}
            self._move_tags(f"application:{old}", f"application:{new}")
        return {}

    def _delete_application(self, request: Document) -> Document:
        """Takes its groups with it; one that is not there is fine, as on AWS."""
        name = request["applicationName"]
        for owner, group in [key for key in self.store.groups if key[0] == name]:
            self._delete_group({"applicationName": owner, "deploymentGroupName": group})
        self.store.applications.pop(name, None)
        self.store.tags.pop(self._arn(f"application:{name}"), None)
        return {}

    def _create_config(self, request: Document) -> Document:
        name = request["deploymentConfigName"]
        if name in self.store.configs:
            raise ServiceError("DeploymentConfigAlreadyExistsException", f"Deployment configuration exists: {name}")
        if name.startswith("CodeDeployDefault"):
            raise ServiceError(
                "InvalidDeploymentConfigNameException", "Names beginning CodeDeployDefault are reserved."
            )
        traffic = request.get("trafficRoutingConfig") or {"type": "AllAtOnce"}
        if problem := routing.problem(traffic):
            raise ServiceError("InvalidTrafficRoutingConfigurationException", problem)
        config = {
            "deploymentConfigId": str(uuid.uuid4()),
            "deploymentConfigName": name,
            "createTime": self._world.clock.now(),
            "computePlatform": request.get("computePlatform", "Server"),
            "trafficRoutingConfig": copy.deepcopy(traffic),
        }
        self.store.configs[name] = config
        return {"deploymentConfigId": config["deploymentConfigId"]}

    def _config(self, name: str) -> Document:
        if name not in self.store.configs:
            raise ServiceError(
                "DeploymentConfigDoesNotExistException", f"No deployment configuration found for name: {name}"
            )
        return self.store.configs[name]

    def _delete_config(self, request: Document) -> Document:
        name = request["deploymentConfigName"]
        if name.startswith("CodeDeployDefault"):
            raise ServiceError("InvalidOperationException", "A default deployment configuration cannot be deleted.")
        if any(group["deploymentConfigName"] == name for group in self.store.groups.values()):
            raise ServiceError("DeploymentConfigInUseException", f"The deployment configuration is in use: {name}")
        self.store.configs.pop(name, None)
        return {}

    def _create_group(self, request: Document) -> Document:
        application, name = request["applicationName"], request["deploymentGroupName"]
        self._application(application)
        if (application, name) in self.store.groups:
            raise ServiceError(
                "DeploymentGroupAlreadyExistsException",
                f"Deployment group name already exists for application: {application}",
            )
        identity = {
            "applicationName": application,
            "deploymentGroupId": str(uuid.uuid4()),
            "deploymentGroupName": name,
            "computePlatform": "ECS",
        }
        group = groups.updated(identity, request)
        groups.check(group, self.store, self._cloud, (application, name))
        self.store.groups[application, name] = group
        self._set_tags(f"deploymentgroup:{application}/{name}", request)
        return {"deploymentGroupId": group["deploymentGroupId"]}

    def _group(self, application: str, name: str) -> Document:
        self._application(application)
        if (application, name) not in self.store.groups:
            raise ServiceError("DeploymentGroupDoesNotExistException", f"No Deployment Group found for name: {name}")
        return self.store.groups[application, name]

    def _get_group(self, request: Document) -> Document:
        return {"deploymentGroupInfo": self._shown(request["applicationName"], request["deploymentGroupName"])}

    def _batch_groups(self, request: Document) -> Document:
        application = request["applicationName"]
        return {"deploymentGroupsInfo": [self._shown(application, name) for name in request["deploymentGroupNames"]]}

    def _shown(self, application: str, name: str) -> Document:
        """The group, with its last deployments."""
        shown = copy.deepcopy(self._group(application, name))
        deployments = list(self.store.of_group(application, name))
        succeeded = [deployment for deployment in deployments if deployment.status == "Succeeded"]
        for member, found in (("lastAttemptedDeployment", deployments), ("lastSuccessfulDeployment", succeeded)):
            if found:
                last = found[-1]
                info = {"deploymentId": last.id, "status": last.status, "createTime": last.created}
                shown[member] = info | ({"endTime": last.completed} if last.completed else {})
        if succeeded:
            shown["targetRevision"] = succeeded[-1].revision
        return shown

    def _update_group(self, request: Document) -> Document:
        application, name = request["applicationName"], request["currentDeploymentGroupName"]
        new = request.get("newDeploymentGroupName") or name
        group = groups.updated(self._group(application, name), request)
        group["deploymentGroupName"] = new
        groups.check(group, self.store, self._cloud, (application, name))
        if new != name:
            if (application, new) in self.store.groups:
                raise ServiceError(
                    "DeploymentGroupAlreadyExistsException",
                    f"Deployment group name already exists for application: {application}",
                )
            self.store.groups.pop((application, name))
            self._move_tags(f"deploymentgroup:{application}/{name}", f"deploymentgroup:{application}/{new}")
        self.store.groups[application, new] = group
        return {"hooksNotCleanedUp": []}

    def _delete_group(self, request: Document) -> Document:
        application, name = request["applicationName"], request["deploymentGroupName"]
        if active := self.store.active_in(application, name):
            raise ServiceError(
                "InvalidOperationException", f"The deployment group has an active deployment: {active.id}"
            )
        self.store.groups.pop((application, name), None)
        self.store.tags.pop(self._arn(f"deploymentgroup:{application}/{name}"), None)
        return {"hooksNotCleanedUp": []}

    def _list_groups(self, request: Document) -> Document:
        application = request["applicationName"]
        self._application(application)
        names = sorted(name for owner, name in self.store.groups if owner == application)
        return {"applicationName": application, "deploymentGroups": names}

    def _tag(self, request: Document) -> Document:
        arn = request["ResourceArn"]
        new = {tag["Key"]: tag for tag in request["Tags"]}
        kept = [tag for tag in self.store.tags.get(arn, []) if tag["Key"] not in new]
        self.store.tags[arn] = [*kept, *new.values()]
        return {}

    def _untag(self, request: Document) -> Document:
        arn = request["ResourceArn"]
        self.store.tags[arn] = [tag for tag in self.store.tags.get(arn, []) if tag["Key"] not in request["TagKeys"]]
        return {}

    def _set_tags(self, resource: str, request: Document) -> None:
        self.store.tags[self._arn(resource)] = list(request.get("tags") or [])

    def _move_tags(self, old: str, new: str) -> None:
        self.store.tags[self._arn(new)] = self.store.tags.pop(self._arn(old), [])

    def _arn(self, resource: str) -> str:
        return f"arn:aws:codedeploy:{self._world.region}:{self._world.account}:{resource}"
