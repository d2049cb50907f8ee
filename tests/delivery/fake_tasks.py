"""One-off tasks of the small AWS in `fakes`: they start, write, end or are stopped, as time passes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.delivery.fake_clients import ACCOUNT, AwsError

if TYPE_CHECKING:
    from tests.delivery.fakes import FakeAws

#: So long a task takes to start, and one that is told to stop to end.
STARTS = 3.0
STOPS = 4.0


def tells(revision: str, *known: str) -> str:
    """The last line of a migration."""
    return json.dumps({"schema": {"revision": revision, "known": known}})


@dataclass(slots=True)
class Script:
    """What a task does: its lines, one a second, and how it ends; `late`: seconds until its log can be read."""

    lines: Sequence[str] = (tells("0002", "0001", "0002"),)
    code: int = 0
    seconds: float = 5.0
    late: float = 0.0
    starts: bool = True


@dataclass(slots=True)
class FakeTask:
    """One task."""

    wish: dict[str, Any]
    number: int
    created: float
    script: Script
    stopped: float | None = None
    """When somebody told it to stop."""

    @property
    def arn(self) -> str:
        return f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task/{self.wish['cluster']}/t-{self.number}"

    @property
    def ends(self) -> float:
        own = self.created + STARTS + (self.script.seconds if self.script.starts else 0)
        return own if self.stopped is None else min(own, self.stopped + STOPS)

    def running(self, now: float) -> bool:
        return now < self.ends

    def described(self, now: float) -> dict[str, Any]:
        """As DescribeTasks shows it."""
        done = not self.running(now)
        cut = self.stopped is not None and self.stopped < self.created + STARTS + self.script.seconds
        container: dict[str, Any] = {"name": self.wish["overrides"]["containerOverrides"][0]["name"]}
        shown: dict[str, Any] = {
            "taskArn": self.arn,
            "startedBy": self.wish["startedBy"],
            "lastStatus": "STOPPED" if done else "RUNNING" if now > self.created + STARTS else "PROVISIONING",
            "desiredStatus": "STOPPED" if done or self.stopped is not None else "RUNNING",
            "createdAt": datetime.fromtimestamp(self.created, UTC),
            "containers": [container],
        }
        if now > self.created + STARTS and self.script.starts:
            shown["startedAt"] = datetime.fromtimestamp(self.created + STARTS, UTC)
        if not done:
            return shown
        if not self.script.starts:
            return shown | {"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: not found"}
        container["exitCode"] = 143 if cut else self.script.code
        code, reason = (
            ("UserInitiated", "stopped") if cut else ("EssentialContainerExited", "Essential container exited")
        )
        return shown | {"stopCode": code, "stoppedReason": reason}

    def written(self, now: float) -> list[str]:
        """The lines that its log shows."""
        began, until = self.created + STARTS, min(now, self.ends) if self.stopped is not None else now
        if not self.script.starts or now < began + self.script.late:
            return []
        last = len(self.script.lines) - 1
        due = [began + min(place, self.script.seconds) for place in range(last)] + [began + self.script.seconds]
        return [line for line, when in zip(self.script.lines, due, strict=False) if when <= until]


@dataclass
class FakeTasks:
    """All one-off tasks of an account. `scripts`: what the next ones do, in their order; the last one repeats."""

    aws: FakeAws
    all: list[FakeTask] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=lambda: [Script()])
    failures: list[dict[str, str]] = field(default_factory=list)

    @property
    def commands(self) -> list[list[str]]:
        """What was run, in its order."""
        return [task.wish["overrides"]["containerOverrides"][0]["command"] for task in self.all]

    def run(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Start a task, once for a token."""
        if self.failures:
            return {"tasks": [], "failures": self.failures}
        same = next((task for task in self.all if task.wish["clientToken"] == wish["clientToken"]), None)
        if same and same.wish != wish:
            error = AwsError("ConflictException", "the token is in use")
            error.response["resourceIds"] = [same.arn]  # type: ignore[assignment]
            raise error
        if same is None:
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            same = FakeTask(wish, len(self.all) + 1, self.aws.now, script)
            self.all.append(same)
        return {"tasks": [same.described(self.aws.now)], "failures": []}

    def listed(self, family: str, status: str) -> list[str]:
        """The tasks of a family that should be in a state."""
        return [
            task.arn
            for task in self.all
            if f"/{family}:" in task.wish["taskDefinition"] and task.described(self.aws.now)["desiredStatus"] == status
        ]

    def described(self, arns: Sequence[str]) -> list[dict[str, Any]]:
        """Tasks, as they are shown."""
        return [task.described(self.aws.now) for task in self.all if task.arn in arns]

    def stop(self, arn: str) -> None:
        """Tell a task to stop."""
        task = next((task for task in self.all if task.arn == arn), None)
        if task is None:
            raise AwsError("InvalidParameterException", "The referenced task was not found.")
        if task.stopped is None and task.running(self.aws.now):
            task.stopped = self.aws.now

    def log(self, stream: str, token: str) -> dict[str, Any] | None:
        """A page of two lines of a task's log; None where the stream is of no task here."""
        task = next((task for task in self.all if stream.rpartition("/")[2] == task.arn.rpartition("/")[2]), None)
        if task is None:
            return None
        lines, at = task.written(self.aws.now), int(token or 0)
        if not lines:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        page = lines[at : at + 2]
        return {"events": [{"message": line} for line in page], "nextForwardToken": str(at + len(page))}
