"""Deployment groups: what CodeDeploy checks before it keeps one, and how it shows one."""

from __future__ import annotations

import copy
from typing import Any

from rehearsal.aws.codedeploy.engine.cloud import Cloud
from rehearsal.aws.codedeploy.models import Store
from rehearsal.aws.service_model import ServiceError

Document = dict[str, Any]

_LONGEST_TERMINATION_WAIT = 2880
"""Minutes. https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html"""
_MEMBERS = (
    "deploymentConfigName",
    "serviceRoleArn",
    "triggerConfigurations",
    "alarmConfiguration",
    "autoRollbackConfiguration",
    "deploymentStyle",
    "blueGreenDeploymentConfiguration",
    "loadBalancerInfo",
    "ecsServices",
    "outdatedInstancesStrategy",
)


def updated(old: Document, request: Document) -> Document:
    """The group as the request wants it: what the request leaves out stays."""
    group = copy.deepcopy(old)
    for name in _MEMBERS:
        if name in request:
            group[name] = copy.deepcopy(request[name])
    group.setdefault("deploymentConfigName", "CodeDeployDefault.OneAtATime")
    group.setdefault("outdatedInstancesStrategy", "UPDATE")
    group.setdefault("autoRollbackConfiguration", {"enabled": False, "events": []})
    group.setdefault("alarmConfiguration", {"enabled": False, "ignorePollAlarmFailure": False, "alarms": []})
    group.setdefault("triggerConfigurations", [])
    group.setdefault("loadBalancerInfo", {})
    group.setdefault("ecsServices", [])
    group.setdefault("blueGreenDeploymentConfiguration", {})
    group.setdefault("deploymentStyle", {})
    _complete_waits(group["blueGreenDeploymentConfiguration"])
    return group


def _complete_waits(configuration: Document) -> None:
    """AWS always answers with both waits; `aws ecs deploy` reads them without asking."""
    if ready := configuration.get("deploymentReadyOption"):
        ready.setdefault("waitTimeInMinutes", 0)
    if end := configuration.get("terminateBlueInstancesOnDeploymentSuccess"):
        end.setdefault("terminationWaitTimeInMinutes", 0)


def check(group: Document, store: Store, cloud: Cloud, key: tuple[str, str]) -> None:
    """Refuse a group for ECS as CodeDeploy does."""
    if not group.get("serviceRoleArn"):
        raise ServiceError("RoleRequiredException", "Service role is required.")
    if group["deploymentConfigName"] not in store.configs:
        raise ServiceError(
            "DeploymentConfigDoesNotExistException",
            f"No deployment configuration found for name: {group['deploymentConfigName']}",
        )
    style = group["deploymentStyle"]
    if (style.get("deploymentType"), style.get("deploymentOption")) != ("BLUE_GREEN", "WITH_TRAFFIC_CONTROL"):
        raise ServiceError(
            "InvalidDeploymentStyleException",
            "For ECS deployment group, deploymentType must be BLUE_GREEN and deploymentOption WITH_TRAFFIC_CONTROL.",
        )
    _check_blue_green(group["blueGreenDeploymentConfiguration"])
    _check_service(group, store, cloud, key)
    _check_pair(group, cloud)


def _check_blue_green(configuration: Document) -> None:
    ready = configuration.get("deploymentReadyOption")
    end = configuration.get("terminateBlueInstancesOnDeploymentSuccess")
    if not ready or not end:
        raise ServiceError(
            "InvalidBlueGreenDeploymentConfigurationException",
            "For ECS deployment group, deploymentReadyOption and terminateBlueInstancesOnDeploymentSuccess "
            "are required.",
        )
    if ready.get("actionOnTimeout") == "CONTINUE_DEPLOYMENT" and ready.get("waitTimeInMinutes"):
        raise ServiceError(
            "InvalidDeploymentWaitTypeException",
            "waitTimeInMinutes must be 0 or omitted when actionOnTimeout is CONTINUE_DEPLOYMENT.",
        )
    if end.get("terminationWaitTimeInMinutes", 0) > _LONGEST_TERMINATION_WAIT:
        raise ServiceError(
            "InvalidBlueGreenDeploymentConfigurationException",
            f"terminationWaitTimeInMinutes must be between 0 and {_LONGEST_TERMINATION_WAIT}.",
        )


def _check_service(group: Document, store: Store, cloud: Cloud, key: tuple[str, str]) -> None:
    services = group["ecsServices"]
    if len(services) != 1 or not services[0].get("serviceName") or not services[0].get("clusterName"):
        raise ServiceError(
            "InvalidECSServiceException", "The deployment group needs exactly one ECS service and cluster."
        )
    cluster, name = services[0]["clusterName"], services[0]["serviceName"]
    found = cloud.service(cluster, name)
    if found is None:
        raise ServiceError("InvalidECSServiceException", f"Unable to find ECS service {name} in cluster {cluster}.")
    if found["deploymentController"]["type"] != "CODE_DEPLOY":
        raise ServiceError(
            "InvalidECSServiceException",
            "Deployment group's ECSService must be configured for a CODE_DEPLOY deployment controller.",
        )
    for other_key, other in store.groups.items():
        if other_key != key and services[0] in other["ecsServices"]:
            raise ServiceError(
                "ECSServiceMappingLimitExceededException",
                f"The ECS service {name} is already associated with the deployment group {other_key[1]}.",
            )


def _check_pair(group: Document, cloud: Cloud) -> None:
    pairs = group["loadBalancerInfo"].get("targetGroupPairInfoList") or []
    if len(pairs) != 1:
        raise ServiceError(
            "InvalidLoadBalancerInfoException", "The deployment group needs exactly one target group pair."
        )
    pair = pairs[0]
    names = [entry.get("name", "") for entry in pair.get("targetGroups") or []]
    if len(names) != 2 or len(set(names)) != 2:
        raise ServiceError("InvalidTargetGroupPairException", "The pair needs two different target groups.")
    for name in names:
        if cloud.target_group(name) is None:
            raise ServiceError("InvalidTargetGroupPairException", f"The target group {name} could not be found.")
    production = (pair.get("prodTrafficRoute") or {}).get("listenerArns") or []
    test = (pair.get("testTrafficRoute") or {}).get("listenerArns") or []
    if len(production) != 1:
        raise ServiceError("InvalidTargetGroupPairException", "The pair needs exactly one production listener.")
    if len(test) > 1:
        raise ServiceError("InvalidTargetGroupPairException", "The pair takes at most one test listener.")
    if production == test:
        raise ServiceError("InvalidTargetGroupPairException", "The production and the test listener must be different.")
