"""The service scheduler for task sets: starts, replaces and drains tasks, one decision at a time.

AWS: the scheduler keeps each task set at its count, replaces tasks that exit or fail their load balancer's health
checks after the grace period, tries ever less often when tasks cannot start, and takes a task out of its target group
and lets its requests end before it stops it.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html

MiniStack 1.5.33 reconciles in whatever thread notices a change, several at once; starts a task that cannot start again
at once, some twenty-five times a second; and stops containers in the middle of their requests.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import new_uuid, request_scope
from ministack.services import ecs

from rehearsal.aws.clock import Clock
from rehearsal.aws.corrections.ecs_task_sets import (
    Service,
    Task,
    TaskSet,
    has_task_sets,
    publish_targets,
    tasks_of,
    wanted,
)
from rehearsal.aws.corrections.elb_targets import Target, Targets

_TICK = 0.2
_DRAIN_TICK = 0.05
_LONGEST_PAUSE = 30.0
_START_ALLOWANCE = 15.0  # wall seconds: a container's start is real, whatever the speed of the clock
_MANY_FAILURES = 3
_FAILED = ("EssentialContainerExited", "TaskFailedToStart")

log = logging.getLogger("slipway.scheduler")


@dataclass
class BackOff:
    """How long to wait after tasks that did not last: 1, 2, 4 … up to 30 seconds of the wall."""

    failures: int = 0
    not_before: float = 0.0
    counted: set[str] = field(default_factory=set)

    def failed(self, task: str, now: float) -> None:
        """One more task has failed; each counts once."""
        if task in self.counted:
            return
        self.counted.add(task)
        self.failures += 1
        self.not_before = now + min(2.0 ** (self.failures - 1), _LONGEST_PAUSE)

    def lasted(self) -> None:
        """A task has become steady."""
        self.failures, self.not_before = 0, 0.0


class ServiceScheduler:
    """One thread for all services that are made of task sets."""

    def __init__(self, clock: Clock, targets: Targets) -> None:
        self._clock = clock
        self._targets = targets
        self._awake = threading.Event()
        self._ended = threading.Event()
        self._back_off: dict[str, BackOff] = {}

    def wake(self) -> None:
        """There is something to look at."""
        self._awake.set()

    def run(self) -> None:
        """Work until `end`."""
        while not self._ended.is_set():
            self._awake.wait(_TICK)
            self._awake.clear()
            for (account, region, _), service in ecs._services.all_items():
                if has_task_sets(service) and "taskSets" in service:
                    with request_scope(account, region):
                        try:
                            self.reconcile(service)
                        except Exception:
                            log.exception("service %s: reconciliation failed", service["serviceName"])

    def end(self) -> None:
        """Stop working."""
        self._ended.set()
        self._awake.set()

    def reconcile(self, service: Service) -> None:
        """Bring every task set of a service closer to what it should be."""
        if service["status"] != "ACTIVE":
            if service["taskSets"]:
                publish_targets(service)
                service["taskSets"] = []
            return
        for task_set in list(service["taskSets"]):
            self._replace_unhealthy(service, task_set)
            self._fill(service, task_set)
        cluster = ecs._cluster_name_from_arn(service["clusterArn"])
        ecs._refresh_service_state(cluster, f"service:{service['serviceName']}")
        ecs._recount_cluster(cluster)
        for task_set in list(service["taskSets"]):
            self._count(service, task_set)
            if task_set["status"] == "DRAINING" and not self._any_task(task_set):
                service["taskSets"].remove(task_set)
                self._back_off.pop(task_set["id"], None)

    def _fill(self, service: Service, task_set: TaskSet) -> None:
        tasks = tasks_of(task_set)
        missing = wanted(service, task_set) - len(tasks)
        task_set["computedDesiredCount"] = wanted(service, task_set)
        if missing > 0 and self._may_start(service, task_set):
            self._start(service, task_set, missing)
        elif missing < 0:
            reason = f"Scaling activity initiated by (deployment {task_set['id']})"
            newest = sorted(tasks, key=lambda task: str(task.get("createdAt", "")), reverse=True)
            for task in newest[:-missing]:
                self._drain(service, task, reason)

    def _may_start(self, service: Service, task_set: TaskSet) -> bool:
        pause = self._back_off.setdefault(task_set["id"], BackOff())
        before = pause.failures
        now = time.monotonic()
        for arn, task in ecs._tasks.items():
            if task.get("_deployment_id") == task_set["id"] and task.get("stopCode") in _FAILED:
                pause.failed(arn, now)
        if before < _MANY_FAILURES <= pause.failures:
            self._tell(service, "is unable to consistently start tasks successfully.")
        return now >= pause.not_before

    def _start(self, service: Service, task_set: TaskSet, count: int) -> None:
        status, _, body = ecs._run_task(
            {
                "cluster": ecs._cluster_name_from_arn(service["clusterArn"]),
                "taskDefinition": task_set["taskDefinition"],
                "count": count,
                "group": f"service:{service['serviceName']}",
                "startedBy": task_set["id"],
                "launchType": task_set.get("launchType"),
                "capacityProviderStrategy": task_set.get("capacityProviderStrategy"),
                "platformVersion": task_set.get("platformVersion", ""),
                "networkConfiguration": task_set.get("networkConfiguration") or {},
                "enableExecuteCommand": service.get("enableExecuteCommand", False),
                "_deploymentId": task_set["id"],
            }
        )
        if status == 200:
            self._tell(service, f"has started {count} tasks: (task set {task_set['id']}).")
        else:
            log.warning("service %s: cannot start tasks: %s", service["serviceName"], body)

    def _replace_unhealthy(self, service: Service, task_set: TaskSet) -> None:
        grace = max(self._clock.wall(float(service.get("healthCheckGracePeriodSeconds") or 0)), _START_ALLOWANCE)
        now = time.monotonic()
        for task in tasks_of(task_set):
            if task["lastStatus"] != "RUNNING":
                continue
            since = task.setdefault("_running_since", now)
            sick = [target for target in self._registrations(task, task_set) if target.state == "unhealthy"]
            if sick and now - since > grace:
                group = sick[0].group
                self._back_off.setdefault(task_set["id"], BackOff()).failed(task["taskArn"], now)
                self._tell(
                    service, f"(port {sick[0].port}) is unhealthy in target-group {group} due to ({sick[0].reason})."
                )
                self._drain(service, task, f"Task failed ELB health checks in (target-group {group})")

    def _drain(self, service: Service, task: Task, reason: str) -> None:
        """Out of the target group first; the container ends when its requests have."""
        task["_draining"] = True
        publish_targets(service)
        cluster = ecs._cluster_name_from_arn(service["clusterArn"])
        address = ecs._task_ip(task)

        def stop() -> None:
            while address and self._targets.serves(address):
                time.sleep(_DRAIN_TICK)
            ecs._stop_task({"task": task["taskArn"], "cluster": cluster, "reason": reason})
            task["stopCode"] = "ServiceSchedulerInitiated"
            self.wake()

        spawn_background(stop, thread_name=f"ecs-drain-{task['taskArn'][-8:]}")

    def _count(self, service: Service, task_set: TaskSet) -> None:
        tasks = tasks_of(task_set)
        running = [task for task in tasks if task["lastStatus"] == "RUNNING"]
        task_set["runningCount"] = len(running)
        task_set["pendingCount"] = len(tasks) - len(running)
        steady = len(running) == task_set["computedDesiredCount"] == len(tasks) and all(
            self._in_service(task, task_set) for task in running
        )
        status = "STEADY_STATE" if steady else "STABILIZING"
        if steady and (pause := self._back_off.get(task_set["id"])):
            pause.lasted()
        if status != task_set["stabilityStatus"]:
            task_set["stabilityStatus"], task_set["stabilityStatusAt"] = status, self._clock.now()
            if status == "STEADY_STATE":
                self._tell(service, "has reached a steady state.")

    def _in_service(self, task: Task, task_set: TaskSet) -> bool:
        """Whether the task's load balancer, where there is one, knows it and finds it well."""
        found = self._registrations(task, task_set)
        known = bool(found) or not task_set.get("loadBalancers")
        return known and all(target.state in ("healthy", "unused") for target in found)

    def _registrations(self, task: Task, task_set: TaskSet) -> list[Target]:
        address = ecs._task_ip(task)
        return [
            target
            for binding in task_set.get("loadBalancers") or ()
            for target in self._targets.of(binding["targetGroupArn"])
            if target.address == address and target.state != "draining"
        ]

    @staticmethod
    def _any_task(task_set: TaskSet) -> bool:
        return any(
            task.get("_deployment_id") == task_set["id"] and task["lastStatus"] in ecs._PRE_STOP_STATUSES
            for task in ecs._tasks.values()
        )

    def _tell(self, service: Service, what: str) -> None:
        message = f"(service {service['serviceName']}) {what}"
        event: dict[str, Any] = {"id": new_uuid(), "createdAt": self._clock.now(), "message": message}
        service["events"].insert(0, event)
        del service["events"][100:]
