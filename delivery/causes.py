"""Why the tasks of a release did not come up: how they stopped, their last words, and what the load balancer says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from delivery.definitions import Definitions
from delivery.log import Stream
from delivery.plan import ServicePlan
from delivery.redact import shown

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_logs import CloudWatchLogsClient

T = TypeVar("T")

#: So many tasks that failed are a loop: waiting an hour for it helps nobody.
_MANY_FAILED = 3
#: The readable part of a target group's ARN.
_TARGET_GROUP = re.compile(r"arn:[^\s)]+:targetgroup/([^\s/)]+)/\w+")
_LOG_LINES = 5
_LISTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A task that failed. reason: in ECS's and the container's words; exit_code: where it ended by itself."""

    id: str
    reason: str
    exit_code: int | None


class Causes:
    """Looks for reasons in what ECS, logs and load balancer know. ECS remembers a stopped task for an hour."""

    def __init__(
        self,
        ecs: ECSClient,
        elbv2: ElasticLoadBalancingv2Client,
        logs: CloudWatchLogsClient,
        definitions: Definitions,
    ) -> None:
        self._ecs = ecs
        self._elbv2 = elbv2
        self._logs = logs
        self._definitions = definitions
        #: Tasks that stopped before this are no cause: what they missed is there by now.
        self.since: datetime | None = None

    def failed_tasks(self, service: ServicePlan, started_by: str) -> list[Stopped]:
        """The tasks that failed among those that a task set or deployment of the service started."""
        arns = self._ecs.list_tasks(
            cluster=service.cluster, serviceName=service.service, desiredStatus="STOPPED", maxResults=_LISTED
        ).get("taskArns", [])
        if not arns:
            return []
        tasks = self._ecs.describe_tasks(cluster=service.cluster, tasks=arns)["tasks"]
        recent = [task for task in tasks if not (self.since and task.get("stoppedAt", self.since) < self.since)]
        return failed((cast("dict[str, Any]", task) for task in recent), started_by, service.container)

    def loops(self, service: ServicePlan, started_by: str, running: int) -> bool:
        """Whether tasks fail again and again: three where none runs, else twice as many as there should be."""
        enough = max(_MANY_FAILED, 2 * service.desired_count) if running else _MANY_FAILED
        return bool(started_by) and len(self.failed_tasks(service, started_by)) >= enough

    def explain(self, service: ServicePlan, started_by: str, group: str) -> str:
        """All that can be said about why green did not come up; empty where nothing can.

        Whatever cannot be read is left out: a reason is a help, and looking for it must not hide the failure itself.
        """
        said = []
        stopped = _try(lambda: self.failed_tasks(service, started_by)) or []
        for reason, count in Counter(in_words(task, service.container) for task in stopped).most_common(2):
            said.append(f"{count} task{'s' if count > 1 else ''} stopped: {reason}")
        if stopped:
            lines = _try(lambda: self.last_lines(service, stopped[0].id))
            said += ["last lines of its log: " + " | ".join(lines)] if lines else []
        health = _try(lambda: self.health(group)) if group else ""
        return "; ".join([*said, *([health] if health else [])])

    def last_lines(self, service: ServicePlan, task: str) -> list[str]:
        """The last lines that a task's container wrote, fit to be shown."""
        container = self._definitions.container(service.task_definition, service.container)
        stream = Stream.find(container, task)
        if stream is None:
            return []
        found = self._logs.get_log_events(
            logGroupName=stream.group, logStreamName=stream.name, limit=_LOG_LINES, startFromHead=False
        )
        return [shown(event.get("message", ""), 200) for event in found.get("events", [])]

    def health(self, group: str) -> str:
        """What the load balancer says about the targets of a group that are not healthy."""
        found = self._elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        states = [one.get("TargetHealth", {}) for one in found]
        reasons = Counter(
            shown(state.get("Description") or state.get("Reason", "no reason given"))
            for state in states
            if state.get("State") == "unhealthy"
        )
        return "; ".join(f"health check: {reason}" for reason, _ in reasons.most_common(2))


def failed(tasks: Iterable[dict[str, Any]], started_by: str, container: str) -> list[Stopped]:
    """The tasks that ended by themselves or were given up by the load balancer; not those that were merely replaced."""
    chosen = [
        task
        for task in tasks
        if task.get("startedBy") == started_by
        and (
            task.get("stopCode") in ("TaskFailedToStart", "EssentialContainerExited")
            or "health check" in task.get("stoppedReason", "")
        )
    ]
    return [stopped(task, container) for task in chosen]


def in_words(task: Stopped, container: str) -> str:
    """How a task ended."""
    exited = f" (container {container} exited with {task.exit_code})" if task.exit_code is not None else ""
    return f"{task.reason}{exited}"


def stopped(task: dict[str, Any], container: str) -> Stopped:
    """How a task ended, in ECS's and its container's words, fit to be shown."""
    ours: dict[str, Any] = next((one for one in task.get("containers", []) if one.get("name") == container), {})
    reasons = [_TARGET_GROUP.sub(r"\1", task.get("stoppedReason", "")), ours.get("reason", "")]
    return Stopped(
        id=task.get("taskArn", "").rpartition("/")[2],
        reason=shown(": ".join(reason for reason in reasons if reason)) or "no reason given",
        exit_code=ours.get("exitCode") if task.get("stopCode") == "EssentialContainerExited" else None,
    )


def _try(look: Callable[[], T]) -> T | None:
    try:
        return look()
    except Exception:
        return None
