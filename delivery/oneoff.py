"""One task that runs a command of a service's image and ends: started once, followed, its log read, stopped in time.

`startedBy` marks it: whoever comes after a kill finds the task that still runs, or the one that has ended meanwhile.
`clientToken` closes the moment between the call and the task's coming into sight.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from delivery import schema
from delivery.aws import error_code, explained
from delivery.causes import in_words, stopped
from delivery.errors import Cancelled, DeliveryError, Refused
from delivery.lines import migrating
from delivery.log import Stream, Tail
from delivery.plan import ServicePlan
from delivery.redact import shown
from delivery.schema import Schema
from delivery.serving import short
from delivery.tasks import listed
from delivery.tools import Tools

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.literals import DesiredStatusType
    from mypy_boto3_ecs.type_defs import RunTaskRequestTypeDef

#: What `startedBy` of every migration begins with; AWS takes 128 letters, digits, `-`, `_` and `/`.
#: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
MARK = "slipway-migration/"
#: Lines that stay in the update; of a task that says more, the log is named.
MOST_LINES = 200
_LAST_LINES = 5
#: A log may be complete, and a task come into sight, so much later; by AWS's clock, and in looks.
_LATE_SECONDS = 60.0
_LATE_LOOKS = 10
_FEW_LOOKS = 3
#: A task that was told to stop has 30 seconds, or as long as its definition says (two minutes on Fargate at most).
_STOP_SECONDS = 300.0
#: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
#: Answers to StopTask about a task that ECS does not know any more.
_TOO_LATE = ("InvalidParameterException", "ClientException")
_STATUSES: tuple[DesiredStatusType, ...] = ("RUNNING", "STOPPED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one task is to do.

    service: whose image, network and log it has. definition: ARN of the task definition to start; another release's
    where that one's image has to work. command: in place of the image's own. release: id; direction: `up` or `down`.
    minutes: then it is stopped.
    """

    service: ServicePlan
    definition: str
    command: tuple[str, ...]
    release: str
    direction: str
    minutes: int

    @property
    def mark(self) -> str:
        """Its name in `startedBy`."""
        return f"{MARK}{self.release}/{self.direction}/{self.service.name}"

    def token(self, attempt: int) -> str:
        """Its `clientToken`, at most 64 characters; one that ended badly is followed by another attempt."""
        return f"{self.release}-{self.direction}-{attempt}-{self.service.name}"


def marked(ecs: ECSClient, services: Iterable[ServicePlan]) -> list[dict[str, Any]]:
    """The migrations of these services that ECS knows: those that run, and those that ended within the last hour.

    `startedBy` finds whole names only, so the tasks of each family are looked through.
    """
    places = {(service.cluster, short(service.task_definition).partition(":")[0]) for service in services}
    found = []
    for cluster, family in sorted(places):
        for status in _STATUSES:
            found += listed(ecs, cluster, status, family=family)
    return [task for task in found if str(task.get("startedBy", "")).startswith(MARK)]


def runs(task: dict[str, Any]) -> bool:
    """Whether a task may still do something, also where it was told to stop."""
    return task.get("lastStatus") != "STOPPED"


def end_all(ecs: ECSClient, services: Iterable[ServicePlan]) -> None:
    """Stop the migrations of these services that still run, so that their cluster can be deleted."""
    for service in services:
        try:
            for task in marked(ecs, [service]):
                if runs(task):
                    ecs.stop_task(cluster=service.cluster, task=task["taskArn"], reason="its environment is removed")
        except Exception as error:
            if error_code(error) not in ("ClusterNotFoundException", *_TOO_LATE):
                raise


class OneOff:
    """One such task. `task` is its ARN once there is one; `schema` what it told; `ran` whether its command began."""

    def __init__(self, job: Job, tools: Tools, *, alone: bool) -> None:
        self.task = ""
        self.schema: Schema | None = None
        self.ran = False
        self._job = job
        self._tools = tools
        self._ecs = tools.aws.ecs
        self._alone = alone
        self._over = False
        self._late = False
        self._deaf = False
        self._warned = False
        self._told = 0
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._tail = Tail(tools.aws.logs, None)

    def begin(self, services: Iterable[ServicePlan], *, resumed: bool) -> None:
        """Start it, or find it; waits while another migration of `services` runs. resumed: an update was killed before.

        Raises `Refused` where it cannot be started, or the other one does not end.
        """
        services, began = list(services), self._tools.clock.now()
        while True:
            self._tools.stop.check()
            found = marked(self._ecs, services)
            active = [task for task in found if runs(task)]
            ours = [task for task in found if task.get("startedBy") == self._job.mark]
            going = next((task for task in ours if runs(task) and task.get("desiredStatus") == "RUNNING"), None)
            if going:
                self._know(going["taskArn"])
                self._tools.teller.note(f"{self._name}: the migration that was begun goes on ({short(self.task)})")
                return
            if not active:
                break
            self._wait_for(active[0], began)
        done = next((task for task in ours if self._done(task)), None) if resumed else None
        if done:
            self._know(done["taskArn"])
        else:
            self._start(attempt=len(ours))

    def follow(self) -> Schema:
        """Follow it to its end and return what it told; a schema that is unknown where it told none.

        Raises `Refused` where it failed or took too long, `Cancelled` where somebody asked to stop.
        """
        began = self._tools.clock.now()
        while True:
            task = self._look(began)
            self._read()
            if task is not None and not runs(task):
                break
            began = self._patience(task, began)
            self._tools.clock.pause()
        self._over = True
        if not self._done(task):
            self._read_to_the_end(wanted=False)
            self.ran = bool(task.get("startedAt")) or self._exit_code(task) is not None
            raise self._failure(task)
        self._read_to_the_end(wanted=True)
        return self.schema or Schema(revision=schema.UNKNOWN)

    @property
    def _name(self) -> str:
        return self._job.service.name

    def _wait_for(self, other: dict[str, Any], began: datetime) -> None:
        """Wait a moment for another migration, which may be at work on the same database."""
        self._tools.teller.progress(f"0% waiting for migration {short(other['taskArn'])}")
        if self._tools.clock.since(began) > self._job.minutes * 60:
            raise Refused(
                f"{self._name}: another migration of this environment still runs: task {short(other['taskArn'])}",
                "wait until it has ended, or stop that task in ECS; then run the update again",
            )
        self._tools.clock.pause()

    def _start(self, attempt: int) -> None:
        job = self._job
        wish: RunTaskRequestTypeDef = {
            "cluster": job.service.cluster,
            "taskDefinition": job.definition,
            "launchType": "FARGATE",
            "count": 1,
            "overrides": {"containerOverrides": [{"name": job.service.container, "command": list(job.command)}]},
            "startedBy": job.mark,
            "clientToken": job.token(attempt),
            "enableECSManagedTags": True,
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": sorted(job.service.subnets),
                    "securityGroups": sorted(job.service.security_groups),
                    "assignPublicIp": "ENABLED" if job.service.assign_public_ip else "DISABLED",
                }
            },
        }
        try:
            answer = self._ecs.run_task(**wish)
        except Exception as error:
            # The same release asked before with other words, such as a definition that was registered again since.
            existing = getattr(error, "response", {}).get("resourceIds")
            if error_code(error) != "ConflictException" or not existing:
                raise
            self._know(existing[0])
            return
        if not answer.get("tasks"):
            why = "; ".join(
                " ".join(filter(None, [one.get("reason"), one.get("detail")])) for one in answer.get("failures", [])
            )
            raise Refused(
                f"{self._name}: its migration could not be started: {shown(why) or 'ECS gave no reason'}",
                "mend the cause and run the update again; nothing has moved",
            )
        self._know(answer["tasks"][0]["taskArn"])

    def _know(self, task: str) -> None:
        job = self._job
        self.task, self.ran = task, True
        container = self._tools.world.definitions.container(job.definition, job.service.container)
        self._tail = Tail(self._tools.aws.logs, Stream.find(container, short(task)))
        self._tools.stop.on(task, self._stop)

    def _stop(self) -> None:
        """Tell ECS to stop it, at once; also from another thread. One that has ended needs nothing."""
        if self._over:
            return
        try:
            self._ecs.stop_task(cluster=self._job.service.cluster, task=self.task, reason="the update wants it to stop")
        except Exception as error:
            if error_code(error) not in _TOO_LATE:
                raise

    def _look(self, began: datetime) -> dict[str, Any] | None:
        """See how far it is; None where ECS does not show it yet."""
        found = self._ecs.describe_tasks(cluster=self._job.service.cluster, tasks=[self.task])["tasks"]
        if found:
            return cast("dict[str, Any]", found[0])
        if self._tools.clock.since(began) > _LATE_SECONDS:
            raise Refused(
                f"{self._name}: ECS does not know its migration any more (task {short(self.task)})",
                "run the update again: it migrates again",
            )
        return None

    def _patience(self, task: dict[str, Any] | None, began: datetime) -> datetime:
        """Tell how long it takes and stop it where that is too long; return since when the present wait is counted."""
        created = (task or {}).get("createdAt")
        since = began if self._late or not isinstance(created, datetime) else min(created, began)
        spent = self._tools.clock.since(since)
        if self._late and spent > _STOP_SECONDS:
            raise Refused(
                f"{self._name}: its migration was told to stop and does not end (task {short(self.task)})",
                "look at that task in ECS; the next update waits for it",
            )
        if not self._late and (self._tools.stop.asked or spent > self._job.minutes * 60):
            self._late, began = True, self._tools.clock.now()
            self._stop()
            self._tools.clock.brisk()
        what = "0% stopping the migration" if self._late else migrating(int(spent // 60), self._job.minutes)
        self._tools.teller.progress(what if self._alone else f"{what} · {self._name}")
        return began

    def _read(self) -> bool:
        """Tell what is new in the log; whether there was anything. A log that cannot be read stops no migration."""
        any_new, self._deaf = False, False
        try:
            for line in self._tail.new():
                any_new = True
                self._hear(line)
        except Exception as error:
            self._deaf = True
            if not self._warned:
                self._warned = True
                self._tools.teller.warn(f"{self._name}: the migration's log cannot be read: {explained(error).message}")
        if any_new:
            self._tools.clock.brisk()
        return any_new

    def _hear(self, line: str) -> None:
        found = schema.read(line)
        if found:
            self.schema = found
            return
        text = shown(line)
        if not text:
            return
        self._last.append(text)
        self._told += 1
        if self._told <= MOST_LINES:
            self._tools.teller.note(f"{self._name}: {text}")
        elif self._told == MOST_LINES + 1 and self._tail.stream:
            where = f"log group {self._tail.stream.group}, stream {self._tail.stream.name}"
            self._tools.teller.note(f"{self._name}: … more in {where}")

    def _read_to_the_end(self, *, wanted: bool) -> None:
        """Read what comes after the task's end. wanted: the schema is waited for, so patiently."""
        began, looks = self._tools.clock.now(), 0
        while self._tail.stream:
            quiet = not self._read()
            looks += 1
            if quiet and (self.schema or (not wanted and looks >= _FEW_LOOKS)):
                return
            # Where AWS does not answer, its clock stands still.
            if quiet and looks >= _LATE_LOOKS and (self._deaf or self._tools.clock.since(began) > _LATE_SECONDS):
                return
            self._tools.clock.pause()

    def _exit_code(self, task: dict[str, Any]) -> int | None:
        containers = (one for one in task.get("containers", []) if one.get("name") == self._job.service.container)
        return next((one.get("exitCode") for one in containers), None)

    def _done(self, task: dict[str, Any]) -> bool:
        """Whether it ended by itself, and well: one that was stopped may have ended politely in its middle."""
        return not runs(task) and task.get("stopCode") == "EssentialContainerExited" and self._exit_code(task) == 0

    def _failure(self, task: dict[str, Any]) -> DeliveryError:
        said = f"; last lines of its log: {' | '.join(self._last)}" if self._last else ""
        if self._tools.stop.asked:
            return Cancelled(
                f"the update was cancelled, and the migration of {self._name} stopped in its middle{said}",
                "run it again when you want it: it migrates again",
            )
        if self._late:
            return Refused(
                f"{self._name}: its migration took longer than {self._job.minutes} minutes and was stopped{said}",
                f"make it shorter, or raise services.{self._name}.migrate.timeout; traffic has not moved",
            )
        why = in_words(stopped(task, self._job.service.container), self._job.service.container)
        return Refused(
            f"{self._name}: its migration failed: {why}{said}",
            "mend the migration and run the update again; traffic has not moved",
        )
