"""Task sets: what a service under CODE_DEPLOY or EXTERNAL is made of, and the scheduler that keeps them.

AWS: such a service consists of task sets, one of them PRIMARY; each has its own task definition, network, target group
and scale. A change of primary moves no task. The service shows what its primary is; `deployments` is empty.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskSet.html

MiniStack 1.5.33 has no task sets: it replaces the tasks of such a service itself, and knows none of the five actions.
"""

from __future__ import annotations

import math
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid
from ministack.services import alb, ecs

from rehearsal.aws.clock import Clock
from rehearsal.aws.corrections.binding import Binding

Service = dict[str, Any]
TaskSet = dict[str, Any]
Task = dict[str, Any]

_CONTROLLERS = ("CODE_DEPLOY", "EXTERNAL")
_FULL = {"value": 100.0, "unit": "PERCENT"}
_COPIED = ("taskDefinition", "launchType", "capacityProviderStrategy", "platformVersion", "platformFamily")
_COPIED_STRUCTURES = ("networkConfiguration", "loadBalancers", "serviceRegistries")


def has_task_sets(service: Service) -> bool:
    """Whether the service's controller works with task sets."""
    return (service.get("deploymentController") or {}).get("type") in _CONTROLLERS


def tasks_of(task_set: TaskSet) -> list[Task]:
    """The task set's tasks that have not stopped and are not about to."""
    return [
        task
        for task in ecs._tasks.values()
        if task.get("_deployment_id") == task_set["id"]
        and task["lastStatus"] in ecs._PRE_STOP_STATUSES
        and not task.get("_draining")
    ]


def wanted(service: Service, task_set: TaskSet) -> int:
    """How many tasks the task set should have."""
    if service["status"] != "ACTIVE" or task_set["status"] == "DRAINING":
        return 0
    return math.ceil(int(service["desiredCount"]) * float(task_set["scale"]["value"]) / 100)


def primary(service: Service) -> TaskSet | None:
    """The service's primary task set."""
    return next((task_set for task_set in service.get("taskSets", ()) if task_set["status"] == "PRIMARY"), None)


def publish_targets(service: Service) -> None:
    """Register exactly the running tasks of each task set in its own target groups."""
    for task_set in service.get("taskSets", ()):
        for binding in task_set.get("loadBalancers") or ():
            addresses = []
            if service["status"] == "ACTIVE":
                running = [task for task in tasks_of(task_set) if task["lastStatus"] == "RUNNING"]
                addresses = [(ip, binding["containerPort"]) for task in running if (ip := ecs._task_ip(task))]
            ledger = task_set.setdefault("_published", {})
            group = binding["targetGroupArn"]
            if ledger.get(group) != addresses:
                alb.set_targets_for_group(group, addresses, [ip for ip, _ in ledger.get(group, ())])
                ledger[group] = addresses


class TaskSets:
    """The five actions, and the first task set of a new service."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def adopt(self, service: Service) -> None:
        """Make the task set that a CODE_DEPLOY service is born with."""
        if "taskSets" in service:
            return
        service["deployments"] = []
        service["taskSets"] = []
        if service["deploymentController"]["type"] == "CODE_DEPLOY":
            given = {name: service[name] for name in (*_COPIED, *_COPIED_STRUCTURES) if service.get(name)}
            first = self._make(service, given)
            first["status"] = "PRIMARY"
            service["taskSets"].append(first)

    def create(self, data: dict[str, Any]) -> Any:
        """CreateTaskSet."""
        service, refusal = _service(data)
        if service is None:
            return refusal
        definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")) or "")
        if not definition:
            return _client_error("ClientException", "Unable to describe task definition.")
        if definition["status"] != "ACTIVE":
            return _client_error("ClientException", "TaskDefinition is inactive")
        current = primary(service) or {}
        given = {name: current[name] for name in ("platformFamily",) if name in current}
        given |= {name: data[name] for name in (*_COPIED, *_COPIED_STRUCTURES, "externalId", "scale") if data.get(name)}
        given["taskDefinition"] = definition["taskDefinitionArn"]
        task_set = self._make(service, given)
        service["taskSets"].append(task_set)
        if data.get("tags"):
            ecs._tags[task_set["taskSetArn"]] = list(data["tags"])
        return json_response({"taskSet": ecs._sanitize(task_set)})

    def describe(self, data: dict[str, Any]) -> Any:
        """DescribeTaskSets."""
        service, refusal = _service(data)
        if service is None:
            return refusal
        asked = data.get("taskSets") or []
        found = [s for s in service["taskSets"] if not asked or s["id"] in asked or s["taskSetArn"] in asked]
        known = {s["id"] for s in found} | {s["taskSetArn"] for s in found}
        failures = [{"arn": name, "reason": "MISSING"} for name in asked if name not in known]
        return json_response({"taskSets": [ecs._sanitize(s) for s in found], "failures": failures})

    def update(self, data: dict[str, Any]) -> Any:
        """UpdateTaskSet: its scale."""
        return self._change(data, "taskSet", lambda service, task_set: task_set.update(scale=data["scale"]))

    def promote(self, data: dict[str, Any]) -> Any:
        """UpdateServicePrimaryTaskSet: no task moves; the service shows what its primary is."""

        def change(service: Service, task_set: TaskSet) -> None:
            for other in service["taskSets"]:
                if other["status"] == "PRIMARY":
                    other["status"] = "ACTIVE"
            task_set["status"] = "PRIMARY"
            for name in (*_COPIED, *_COPIED_STRUCTURES):
                if name in task_set:
                    service[name] = task_set[name]

        return self._change(data, "primaryTaskSet", change)

    def delete(self, data: dict[str, Any]) -> Any:
        """DeleteTaskSet: its tasks drain, then it is gone."""
        service, refusal = _service(data)
        if service is None:
            return refusal
        task_set = _task_set(service, data.get("taskSet", ""))
        if task_set is None:
            return _client_error("TaskSetNotFoundException", "The specified task set wasn't found.")
        if task_set["status"] == "PRIMARY" and not data.get("force"):
            return _client_error("InvalidParameterException", "The primary task set cannot be deleted without force.")
        task_set["status"] = "DRAINING"
        task_set["updatedAt"] = self._clock.now()
        return json_response({"taskSet": ecs._sanitize(task_set)})

    def _change(self, data: dict[str, Any], member: str, change: Any) -> Any:
        service, refusal = _service(data)
        if service is None:
            return refusal
        task_set = _task_set(service, data.get(member, ""))
        if task_set is None:
            return _client_error("TaskSetNotFoundException", "The specified task set wasn't found.")
        change(service, task_set)
        task_set["updatedAt"] = self._clock.now()
        return json_response({"taskSet": ecs._sanitize(task_set)})

    def _make(self, service: Service, given: dict[str, Any]) -> TaskSet:
        number = new_uuid().replace("-", "")[:19]
        cluster = ecs._cluster_name_from_arn(service["clusterArn"])
        now = self._clock.now()
        where = f"arn:aws:ecs:{get_region()}:{get_account_id()}"
        task_set = {
            "id": f"ecs-svc/{number}",
            "taskSetArn": f"{where}:task-set/{cluster}/{service['serviceName']}/ecs-svc/{number}",
            "serviceArn": service["serviceArn"],
            "clusterArn": service["clusterArn"],
            "startedBy": "CODE_DEPLOY" if service["deploymentController"]["type"] == "CODE_DEPLOY" else "",
            "status": "ACTIVE",
            "computedDesiredCount": 0,
            "pendingCount": 0,
            "runningCount": 0,
            "createdAt": now,
            "updatedAt": now,
            "scale": dict(_FULL),
            "stabilityStatus": "STABILIZING",
            "stabilityStatusAt": now,
            "loadBalancers": [],
            "serviceRegistries": [],
            **given,
        }
        if not task_set.get("launchType") and not task_set.get("capacityProviderStrategy"):
            task_set["launchType"] = service.get("launchType") or "EC2"
        return task_set


def apply(binding: Binding, task_sets: TaskSets, wake: Any) -> None:
    """Give MiniStack the actions; `wake` is called whenever the scheduler has something to look at."""
    reconcile, sync_targets = ecs._reconcile_service_tasks, ecs._sync_service_targets

    def reconcile_service(cluster: str, key: str) -> None:
        service = ecs._services.get(key)
        if not service or not has_task_sets(service):
            reconcile(cluster, key)
            return
        task_sets.adopt(service)
        wake()

    def sync(cluster: str, service: Service) -> None:
        if has_task_sets(service):
            publish_targets(service)
        else:
            sync_targets(cluster, service)

    def waking(action: Any) -> Any:
        def handle(data: dict[str, Any]) -> Any:
            answer = action(data)
            wake()
            return answer

        return handle

    binding.replace(ecs, "_reconcile_service_tasks", reconcile_service)
    binding.replace(ecs, "_sync_service_targets", sync)
    for name, action in (
        ("CreateTaskSet", waking(task_sets.create)),
        ("DescribeTaskSets", task_sets.describe),
        ("UpdateTaskSet", waking(task_sets.update)),
        ("UpdateServicePrimaryTaskSet", waking(task_sets.promote)),
        ("DeleteTaskSet", waking(task_sets.delete)),
    ):
        binding.add(ecs, "_ACTION_MAP", name, action)


def _service(data: dict[str, Any]) -> tuple[Service | None, Any]:
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    if cluster is None or cluster not in ecs._clusters:
        return None, _client_error("ClusterNotFoundException", "Cluster not found.")
    reference = ecs._resolve_service_ref(data.get("service", ""))
    service = ecs._services.get(f"{cluster}/{reference[0]}") if reference else None
    if not service:
        return None, _client_error("ServiceNotFoundException", "Service not found.")
    if service["status"] != "ACTIVE":
        return None, _client_error("ServiceNotActiveException", "Service was not ACTIVE.")
    if not has_task_sets(service):
        message = "The service must use the EXTERNAL or CODE_DEPLOY deployment controller to work with task sets."
        return None, _client_error("InvalidParameterException", message)
    return service, None


def _task_set(service: Service, reference: str) -> TaskSet | None:
    return next((s for s in service["taskSets"] if reference in (s["id"], s["taskSetArn"])), None)


def _client_error(code: str, message: str) -> Any:
    return error_response_json(code, message, 400)
