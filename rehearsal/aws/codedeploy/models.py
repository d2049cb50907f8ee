"""What CodeDeploy remembers: applications, groups, configurations, deployments."""

from __future__ import annotations

import copy
import hashlib
import secrets
import string
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rehearsal.aws.codedeploy.appspec import AppSpec
from rehearsal.aws.codedeploy.routing import BUILT_IN

EVENTS = (
    "BeforeInstall",
    "Install",
    "AfterInstall",
    "AllowTestTraffic",
    "AfterAllowTestTraffic",
    "BeforeAllowTraffic",
    "AllowTraffic",
    "AfterAllowTraffic",
)
FINAL = ("Succeeded", "Failed", "Stopped")

Document = dict[str, Any]


def new_deployment_id() -> str:
    """`d-` and nine capital letters or digits, as CodeDeploy makes them."""
    return "d-" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(9))


def sha256(content: str) -> str:
    """By what a revision is known once its content has been handed in."""
    return hashlib.sha256(content.encode()).hexdigest()


@dataclass
class Event:
    """One lifecycle event of a deployment."""

    name: str
    status: str = "Pending"
    started: float | None = None
    ended: float | None = None
    message: str = ""

    def view(self) -> Document:
        """As BatchGetDeploymentTargets shows it."""
        shown: Document = {"lifecycleEventName": self.name, "status": self.status}
        if self.message:
            shown["diagnostics"] = {"errorCode": "ScriptFailed", "message": self.message}
        if self.started is not None:
            shown["startTime"] = self.started
        if self.ended is not None:
            shown["endTime"] = self.ended
        return shown


@dataclass
class Deployment:
    """One deployment: what was asked, and how far it has come. `group` is the group as it was at the start."""

    id: str
    application: str
    group: Document
    appspec: AppSpec
    content: str
    config_name: str
    routing: Document
    created: float
    creator: str = "user"
    description: str = ""
    status: str = "Created"
    started: float | None = None
    completed: float | None = None
    auto_rollback: Document = field(default_factory=dict)
    alarms: Document = field(default_factory=dict)
    overrides_alarms: bool = False
    error: Document | None = None
    rollback: Document = field(default_factory=dict)
    previous_content: str | None = None
    events: dict[str, Event] = field(default_factory=lambda: {name: Event(name) for name in EVENTS})
    task_sets: list[Document] = field(default_factory=list)
    waiting_for: str | None = None
    continued: set[str] = field(default_factory=set)
    stop_requested: bool = False
    stop_with_rollback: bool | None = None
    termination_wait_started: bool = False
    hook_results: dict[str, str] = field(default_factory=dict)
    blue: str = ""
    green: str = ""
    updated: float = 0.0

    @property
    def active(self) -> bool:
        """Whether it still holds the group."""
        return self.status not in FINAL

    @property
    def service(self) -> tuple[str, str]:
        """Cluster and service."""
        (pair,) = self.group["ecsServices"]
        return pair["clusterName"], pair["serviceName"]

    @property
    def revision(self) -> Document:
        """As GetDeployment shows it: by its hash."""
        return {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256(self.content)}}

    def view(self) -> Document:
        """As GetDeployment shows it."""
        states = ("Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready")
        overview = dict.fromkeys(states, 0)
        overview[self.target_status] = 1
        shown: Document = {
            "applicationName": self.application,
            "deploymentGroupName": self.group["deploymentGroupName"],
            "deploymentConfigName": self.config_name,
            "deploymentId": self.id,
            "revision": self.revision,
            "status": self.status,
            "createTime": self.created,
            "deploymentOverview": overview,
            "creator": self.creator,
            "ignoreApplicationStopFailures": False,
            "autoRollbackConfiguration": self.auto_rollback,
            "updateOutdatedInstancesOnly": False,
            "deploymentStyle": self.group["deploymentStyle"],
            "instanceTerminationWaitTimeStarted": self.termination_wait_started,
            "blueGreenDeploymentConfiguration": self.group["blueGreenDeploymentConfiguration"],
            "loadBalancerInfo": self.group["loadBalancerInfo"],
            "fileExistsBehavior": "DISALLOW",
            "deploymentStatusMessages": [],
            "computePlatform": "ECS",
            "rollbackInfo": self.rollback,
        }
        optional = {
            "description": self.description,
            "startTime": self.started,
            "completeTime": self.completed,
            "errorInformation": self.error,
            "overrideAlarmConfiguration": self.alarms if self.overrides_alarms else None,
            "previousRevision": self.previous_content
            and {"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256(self.previous_content)}},
        }
        return copy.deepcopy(shown | {name: value for name, value in optional.items() if value})

    @property
    def target_status(self) -> str:
        """The status of the one target a deployment has, its service."""
        return {"Created": "Pending", "Queued": "Pending", "Stopped": "Failed"}.get(self.status, self.status)

    def target(self, arn: str) -> Document:
        """As BatchGetDeploymentTargets shows it."""
        cluster, service = self.service
        return {
            "deploymentTargetType": "ECSTarget",
            "ecsTarget": {
                "deploymentId": self.id,
                "targetId": f"{cluster}:{service}",
                "targetArn": arn,
                "lastUpdatedAt": self.updated or self.created,
                "lifecycleEvents": [self.events[name].view() for name in EVENTS],
                "status": self.target_status,
                "taskSetsInfo": copy.deepcopy(self.task_sets),
            },
        }


@dataclass
class Store:
    """All of it. Calls and the engine work on it from several threads and hold `lock` while they do."""

    applications: dict[str, Document] = field(default_factory=dict)
    groups: dict[tuple[str, str], Document] = field(default_factory=dict)
    configs: dict[str, Document] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    tags: dict[str, list[Document]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Know CodeDeploy's own configurations."""
        for name, routing in BUILT_IN.items():
            self.configs[name] = {
                "deploymentConfigName": name,
                "computePlatform": "ECS",
                "trafficRoutingConfig": routing,
            }

    def of_group(self, application: str, group: str) -> Iterator[Deployment]:
        """The deployments of a group, oldest first."""
        for deployment in list(self.deployments.values()):
            if deployment.application == application and deployment.group["deploymentGroupName"] == group:
                yield deployment

    def active_in(self, application: str, group: str) -> Deployment | None:
        """The deployment that holds a group; there is at most one, and its termination wait counts."""
        return next((found for found in self.of_group(application, group) if found.active), None)
