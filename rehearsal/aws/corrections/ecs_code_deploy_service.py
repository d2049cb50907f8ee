"""What a service under CodeDeploy refuses, and members of a service that MiniStack leaves out.

AWS: UpdateService of such a service takes the desired count, deployment configuration, grace period, placement and tag
options only, and names CodeDeploy in its refusal; a service whose target group no listener uses is not created, and
one with a deployment in flight not deleted; `availabilityZoneRebalancing`, placement and tag options are kept and
answered.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html

MiniStack 1.5.33 takes everything, replaces the tasks itself, and loses those members.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ecs

from rehearsal.aws.corrections.binding import Binding
from rehearsal.aws.corrections.elb_weighted_forward import load_balancers

_REFUSED = {
    "taskDefinition": "Unable to update task definition",
    "networkConfiguration": "Unable to update network parameters",
    "loadBalancers": "Unable to update load balancers",
    "platformVersion": "Unable to update platform version",
    "capacityProviderStrategy": "Unable to update capacity provider strategy",
    "serviceRegistries": "Unable to update service registries",
    "forceNewDeployment": "Cannot force a new deployment",
}
_KEPT = (
    "availabilityZoneRebalancing",
    "placementConstraints",
    "placementStrategy",
    "enableECSManagedTags",
    "propagateTags",
)


def apply(binding: Binding) -> None:
    """Refuse as AWS does, keep what AWS keeps."""
    create, update, delete = ecs._create_service, ecs._update_service, ecs._delete_service

    def create_service(data: dict[str, Any]) -> Any:
        for balancer in data.get("loadBalancers") or ():
            group = balancer.get("targetGroupArn")
            if group and not load_balancers(group):
                return _refuse(
                    f"The target group with targetGroupArn {group} does not have an associated load balancer."
                )
        answer = create(data)
        if answer[0] == 200 and (service := _find(data.get("cluster"), data.get("serviceName", ""))):
            service["availabilityZoneRebalancing"] = data.get("availabilityZoneRebalancing", "DISABLED")
            _keep(service, data)
            return ecs.json_response({"service": ecs._sanitize(service)})
        return answer

    def update_service(data: dict[str, Any]) -> Any:
        service = _find(data.get("cluster"), data.get("service", ""))
        if service and service["deploymentController"].get("type") == "CODE_DEPLOY":
            for member, words in _REFUSED.items():
                if data.get(member):
                    return _refuse(
                        f"{words} on services with a CODE_DEPLOY deployment controller. "
                        "Use AWS CodeDeploy to trigger a new deployment."
                    )
        answer = update(data)
        if answer[0] == 200 and service:
            _keep(service, data)
            return ecs.json_response({"service": ecs._sanitize(service)})
        return answer

    def delete_service(data: dict[str, Any]) -> Any:
        service = _find(data.get("cluster"), data.get("service", ""))
        if service and any(task_set["status"] == "ACTIVE" for task_set in service.get("taskSets", ())):
            return _refuse("The service cannot be stopped while deployments are active.")
        return delete(data)

    binding.replace(ecs, "_create_service", create_service)
    binding.replace(ecs, "_update_service", update_service)
    binding.replace(ecs, "_delete_service", delete_service)


def _find(cluster: str | None, reference: str) -> dict[str, Any] | None:
    found = ecs._resolve_service_ref(reference)
    name = ecs._resolve_cluster_name(cluster or "default")
    return ecs._services.get(f"{name}/{found[0]}") if found and name else None


def _keep(service: dict[str, Any], data: dict[str, Any]) -> None:
    for member in _KEPT:
        if member in data:
            service[member] = data[member]


def _refuse(message: str) -> Any:
    return error_response_json("InvalidParameterException", message, 400)
