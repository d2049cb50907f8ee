"""Why the tasks of a release did not come up: how they stopped, their last words, and what the load balancer says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from delivery.definitions import Definitions
from delivery.log import Stream
from delivery.plan import ServicePlan
from delivery.redact import shown
from delivery.tasks import listed
from delivery.trouble import MANY_FAILED, Report, Trouble, of_event, of_task, verdict

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.literals import DesiredStatusType
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_logs import CloudWatchLogsClient

T = TypeVar("T")

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: How an event names the task set or deployment that it speaks of.
_NAMES_SET = re.compile(r"ecs-svc/\d+")

#: The readable part of a target group's ARN.
_TARGET_GROUP = re.compile(r"arn:[^\s)]+:targetgroup/([^\s/)]+)/\w+")
#: The name of a secret in its ARN; no secret itself, and what looks like a value would not be shown.
_SECRET = re.compile(r"arn:aws[\w-]*:secretsmanager:[\w-]*:\d*:secret:([\w/+=.@-]+)(?::[\w.-]*)*")
#: ECS says why at the end, after the image's name, more than once.
_LONGEST_REASON = 600
_LOG_LINES = 5
#: So many tasks' last lines are read: a check that failed does not say which of them answered.
_LOGS_READ = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A task that failed.

    reason: in ECS's and the container's words; exit_code: where it ended by itself; report: what it means.
    """

    id: str
    reason: str
    exit_code: int | None
    report: Report = field(default=Report(Trouble.CRASH, False), compare=False)


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
        tasks = self._tasks(service, "STOPPED")
        recent = [task for task in tasks if not (self.since and task.get("stoppedAt", self.since) < self.since)]
        return failed(recent, started_by, service.container)

    def hopeless(self, service: ServicePlan, started_by: str, running: int) -> Trouble | None:
        """What keeps the tasks that a task set or deployment starts from coming up; None as long as there is hope.

        Tasks fail again and again where three did and none runs, else where twice as many did as there should be.
        """
        if not started_by:
            return None
        enough = max(MANY_FAILED, 2 * service.desired_count) if running else MANY_FAILED
        reports = [task.report for task in self.failed_tasks(service, started_by)]
        events = [of_event(event) for event in self.unplaced(service, started_by)]
        return verdict([*reports, *(report for report in events if report)], enough)

    def unplaced(self, service: ServicePlan, started_by: str) -> list[str]:
        """The service's events, newest first, which say that a task of a task set or deployment found no place."""
        found = self._ecs.describe_services(cluster=service.cluster, services=[service.service])["services"]
        return unplaced(cast("dict[str, Any]", found[0]), started_by) if found else []

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
        events = _try(lambda: self.unplaced(service, started_by)) or []
        said += [shown(event, _LONGEST_REASON) for event in events[:1]]
        health = _try(lambda: self.health(group)) if group else ""
        return "; ".join([*said, *([health] if health else [])])

    def last_words(self, service: ServicePlan, started_by: str) -> list[str]:
        """The last lines that the running tasks of a task set or deployment wrote; empty where they cannot be read."""
        running = _try(lambda: self._tasks(service, "RUNNING")) or []
        ours = [task for task in running if started_by and task.get("startedBy") == started_by]
        events: list[tuple[int, str]] = []
        for task in ours[:_LOGS_READ]:
            events += _try(lambda task=task: self._events(service, _id(task))) or []  # type: ignore[misc]
        return [line for _, line in sorted(events, key=lambda event: event[0])[-_LOG_LINES:]]

    def last_lines(self, service: ServicePlan, task: str) -> list[str]:
        """The last lines that a task's container wrote, fit to be shown."""
        return [line for _, line in self._events(service, task)]

    def _tasks(self, service: ServicePlan, status: DesiredStatusType) -> list[dict[str, Any]]:
        return listed(self._ecs, service.cluster, status, serviceName=service.service)

    def _events(self, service: ServicePlan, task: str) -> list[tuple[int, str]]:
        """The last lines that a task's container wrote, each with its time."""
        container = self._definitions.container(service.task_definition, service.container)
        stream = Stream.find(container, task)
        if stream is None:
            return []
        found = self._logs.get_log_events(
            logGroupName=stream.group, logStreamName=stream.name, limit=_LOG_LINES, startFromHead=False
        )
        return [(event.get("timestamp", 0), shown(event.get("message", ""), 200)) for event in found.get("events", [])]

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


def unplaced(service: dict[str, Any], started_by: str) -> list[str]:
    """The messages of a service's events, newest first, which say that a task of one task set found no place.

    An event names the task set that it speaks of, or none: then it counts if it is not older than this one. Where the
    service does not know the task set (any more), only events that name it count.
    """
    parts: list[dict[str, Any]] = [*(service.get("taskSets") or []), *(service.get("deployments") or [])]
    made = next((part.get("createdAt", _LONG_AGO) for part in parts if part.get("id") == started_by), None)
    return [
        event["message"]
        for event in service.get("events") or []
        if of_event(event.get("message", ""))
        and (
            started_by in event["message"]
            or (not _NAMES_SET.search(event["message"]) and made and event.get("createdAt", _LONG_AGO) >= made)
        )
    ]


def in_words(task: Stopped, container: str) -> str:
    """How a task ended."""
    exited = f" (container {container} exited with {task.exit_code})" if task.exit_code is not None else ""
    return f"{task.reason}{exited}"


def stopped(task: dict[str, Any], container: str) -> Stopped:
    """How a task ended, in ECS's and its container's words, fit to be shown."""
    ours: dict[str, Any] = next((one for one in task.get("containers", []) if one.get("name") == container), {})
    reasons = [task.get("stoppedReason", ""), ours.get("reason", "")]
    said = ": ".join(dict.fromkeys(reason for reason in reasons if reason))
    ended_itself = task.get("stopCode") == "EssentialContainerExited"
    return Stopped(
        id=_id(task),
        reason=shown(_SECRET.sub(r"`\1`", _TARGET_GROUP.sub(r"\1", said)), _LONGEST_REASON) or "no reason given",
        exit_code=ours.get("exitCode") if ended_itself else None,
        # How a container that ran ended is its own matter, whatever words are used for it.
        report=of_task(said) if task.get("stopCode") == "TaskFailedToStart" else Report(Trouble.CRASH, False),
    )


def _id(task: dict[str, Any]) -> str:
    return str(task.get("taskArn", "")).rpartition("/")[2]


def _try(look: Callable[[], T]) -> T | None:
    try:
        return look()
    except Exception:
        return None
