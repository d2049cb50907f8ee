"""Looks at the environment by AWS's API, and at what is left on this machine."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import docker
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.aws import containers
from rehearsal.aws.trouble import INSIDE
from rehearsal.bench import traffic
from rehearsal.faults.seen import Deployment, Serving
from rehearsal.faults.settings import MARK
from rehearsal.processes import Process, strays
from rehearsal.stage import builder, docker_engine, emulator, stores
from rehearsal.stage.stage import Stage

TASK = "com.amazonaws.ecs.task-arn"
#: Seconds that what has to go may take to go: a plugin without its engine notices within a few.
PATIENCE = 12.0
#: What stands during the whole matrix.
_STANDING = frozenset({builder.NAME, docker_engine.NAME, emulator.NAME, traffic.NAME})
#: What the toolchain keeps warm for the next update, and ends by itself a minute later.
_KEPT_WARM = "keeper"
#: What Docker starts beside each container.
_SHIM = "containerd-shim"
#: Docker's own plugin, which does not notice that its engine is gone. Nothing of Slipway's can end it then.
_STAYS = "pulumi-resource-docker-build"


class Sight:
    """Sees one environment. bucket: of its records."""

    def __init__(self, stage: Stage, bucket: str) -> None:
        self._stage = stage
        self._bucket = bucket
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A client whose calls no trouble meets."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=self._stage.emulator.endpoint,
                region_name=self._stage.emulator.region,
                aws_access_key_id=self._stage.emulator.account,
                aws_secret_access_key=self._stage.planted.aws_secret_key,
                config=Config(user_agent_extra=INSIDE, s3={"addressing_style": "path"}),
            )
        return self._clients[service]

    # What stands still

    @cached_property
    def cluster(self) -> str:
        """The environment's cluster: the only one."""
        return str(self.client("ecs").list_clusters()["clusterArns"][0])

    @cached_property
    def service(self) -> str:
        """The ECS service that users meet."""
        found = self.client("ecs").list_services(cluster=self.cluster)["serviceArns"]
        named = [arn for arn in found if self._stage.project.service in arn.rpartition("/")[2].split("-")]
        return str((named or found)[0])

    @cached_property
    def group(self) -> dict[str, Any]:
        """The deployment group of that service."""
        codedeploy = self.client("codedeploy")
        for application in codedeploy.list_applications()["applications"]:
            for name in codedeploy.list_deployment_groups(applicationName=application)["deploymentGroups"]:
                found: dict[str, Any] = codedeploy.get_deployment_group(
                    applicationName=application, deploymentGroupName=name
                )["deploymentGroupInfo"]
                if found["ecsServices"][0]["serviceName"] == self.service.rpartition("/")[2]:
                    return found
        raise LookupError(f"no deployment group moves {self.service}")

    @property
    def listener(self) -> str:
        """The listener for users."""
        (pair,) = self.group["loadBalancerInfo"]["targetGroupPairInfoList"]
        return str(pair["prodTrafficRoute"]["listenerArns"][0])

    @property
    def alarms(self) -> list[str]:
        """The alarms that watch a release."""
        return [alarm["name"] for alarm in self.group["alarmConfiguration"]["alarms"]]

    # What moves

    def weights(self) -> dict[str, int]:
        """Target group → weight, as the listener for users has it."""
        (found,) = self.client("elbv2").describe_listeners(ListenerArns=[self.listener])["Listeners"]
        for action in found["DefaultActions"]:
            if groups := (action.get("ForwardConfig") or {}).get("TargetGroups"):
                return {one["TargetGroupArn"]: int(one.get("Weight", 1)) for one in groups}
            if "TargetGroupArn" in action:
                return {action["TargetGroupArn"]: 1}
        return {}

    def route(self, weights: dict[str, int]) -> None:
        """Give target groups weights, as a person may in the console."""
        groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        self.client("elbv2").modify_listener(ListenerArn=self.listener, DefaultActions=[action])

    def task_sets(self) -> list[dict[str, Any]]:
        """The service's task sets as ECS tells of them."""
        return list(self._service().get("taskSets") or [])

    def version_of(self, task_set: dict[str, Any]) -> str:
        """The version that the tasks of a task set were started as."""
        return self._version(str(task_set["taskDefinition"]))

    def serving(self) -> Serving | None:
        """Who serves users; None where nothing does."""
        state = self._service()
        primary = next((one for one in state.get("taskSets") or [] if one["status"] == "PRIMARY"), None)
        if primary is None:
            return None
        group = next((one["targetGroupArn"] for one in primary.get("loadBalancers") or []), "")
        weights = self.weights()
        total = sum(weights.values()) or 1
        return Serving(
            version=self.version_of(primary),
            share=round(100 * weights.get(group, 0) / total),
            running=primary["runningCount"],
            desired=primary.get("computedDesiredCount", state["desiredCount"]),
        )

    def settled(self, limit: float = 20.0) -> Serving | None:
        """Who serves users, once ECS has replaced the tasks that a fault has killed; it has so many seconds."""
        until(lambda: (found := self.serving()) is None or found.running >= found.desired, limit)
        return self.serving()

    def desired(self) -> int:
        """How many tasks the service should have."""
        return int(self._service()["desiredCount"])

    def active_deployment(self) -> str:
        """The deployment that holds the group; empty where there is none."""
        found = self._list(["Created", "Queued", "InProgress", "Ready", "Baking"])
        return found[0] if found else ""

    def deployments(self, since: float) -> list[Deployment]:
        """The deployments that were made since a moment of the emulated clock, oldest first."""
        codedeploy, found = self.client("codedeploy"), []
        for identifier in reversed(self._list(None, since)):
            info = codedeploy.get_deployment(deploymentId=identifier)["deploymentInfo"]
            words = str(info.get("description", "")).split()
            marked = words[:2] == ["slipway", "release"] and len(words) > 2
            release = words[2] if marked else ""
            found.append(
                Deployment(id=identifier, creator=info["creator"], release=release, status=info.get("status", ""))
            )
        return found

    def ringing(self) -> list[str]:
        """The alarms that ring."""
        answer = self.client("cloudwatch").describe_alarms(AlarmNames=self.alarms, StateValue="ALARM")
        return [alarm["AlarmName"] for alarm in answer.get("MetricAlarms", [])]

    def warden(self) -> list[str]:
        """The EventBridge rules by which somebody hears of deployments when no update runs; none where nobody does."""
        rules = self.client("events").list_rules()["Rules"]
        return [rule["Name"] for rule in rules if "warden" in rule["Name"]]

    # What is written down

    def document(self, key: str) -> dict[str, Any] | None:
        """A document of the environment's bucket; None where there is none."""
        try:
            body = self.client("s3").get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        found: dict[str, Any] = json.loads(body)
        return found

    def journal(self) -> dict[str, Any] | None:
        """What is under way."""
        return self.document("journal.json")

    def forget_journal(self) -> None:
        """Remove the journal."""
        self.client("s3").delete_object(Bucket=self._bucket, Key="journal.json")

    def pointer(self) -> str:
        """The version that the environment says it serves."""
        return str((self.document("pointer.json") or {}).get("version", ""))

    def records(self, version: str, newest: int = 8) -> list[dict[str, Any]]:
        """The records of one version among the newest, oldest first."""
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix="releases/")
        keys = sorted(item["Key"] for page in pages for item in page.get("Contents", []))[-newest:]
        found = [record for key in keys if (record := self.document(key))]
        return [record for record in found if record["version"] == version]

    # Tasks and their containers

    def tasks(self, task_set: str = "") -> list[str]:
        """The ARNs of tasks that run or will; of one task set where one is named."""
        found: list[str] = []
        pages = self.client("ecs").get_paginator("list_tasks").paginate(cluster=self.cluster, desiredStatus="RUNNING")
        for page in pages:
            found += page["taskArns"]
        if not task_set or not found:
            return found
        told = self.client("ecs").describe_tasks(cluster=self.cluster, tasks=found)["tasks"]
        return [task["taskArn"] for task in told if task.get("startedBy") == task_set]

    def containers(self) -> dict[str, str]:
        """Container → its task's ARN, of all containers of the emulated AWS, running or not; without the stores."""
        engine: docker.DockerClient = containers.connect()
        label = containers.label_of(self._stage.home.aws)
        found = engine.api.containers(all=True, filters={"label": [label]})
        spared = {f"/{stores.container_name(self._stage.home, kind)}" for kind in stores.KINDS}
        return {one["Id"]: one["Labels"].get(TASK, "") for one in found if not spared & set(one["Names"])}

    def kill_container(self, task_set: str, limit: float = 15.0) -> bool:
        """Kill the container of one task of a task set, as soon as there is one; False where none came up."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            tasks = set(self.tasks(task_set))
            ours = [container for container, task in self.containers().items() if task in tasks]
            if ours:
                engine: docker.DockerClient = containers.connect()
                engine.api.kill(ours[0])
                return True
            time.sleep(0.1)
        return False

    # What is left

    def left(self, known: Sequence[Process]) -> list[str]:
        """What a cell has left over, in words. `known`: the processes that were there before it."""
        found = self._left(known)
        until = time.monotonic() + PATIENCE
        while found and time.monotonic() < until:
            time.sleep(0.3)
            found = self._left(known)
        return found

    def _left(self, known: Sequence[Process]) -> list[str]:
        found = [f"process {one.pid} ({one.what})" for one in self.processes() if one not in known]
        found += [f"the stack's lock {path.name}" for path in self.locks()]
        journal = self.journal()
        if journal is not None:
            found.append(f"a journal at the step: {journal.get('step')}")
        found += [f"autoscaling of {name} is suspended" for name in self._suspended()]
        tasks = set(self.tasks())
        lost = [container for container, task in self.containers().items() if task not in tasks]
        # Tasks that have just ended take their containers along a moment later.
        found += [f"container {container[:12]} of no task" for container in lost]
        return found

    def processes(self) -> list[Process]:
        """The processes of this rehearsal's updates: not the stage's, nor what the toolchain keeps warm for a while."""
        spared = {process.pid for process in self._stage.notebook.running() if process.what in _STANDING}
        ours = list(strays(self._stage.home))
        spared |= {process.pid for process in ours if _KEPT_WARM in words(process.pid)}
        # Each container has one, whose parent is nobody; containers are counted for themselves.
        spared |= {process.pid for process in ours if _SHIM in " ".join(words(process.pid)[:1])}
        spared |= {process.pid for process in self.orphans()}
        return [process for process in ours if not spared & {process.pid, *ancestors(process.pid)}]

    def orphans(self) -> list[Process]:
        """The plugins that somebody else makes, and that have been left by their engine."""
        ours = [process for process in strays(self._stage.home) if _STAYS in " ".join(words(process.pid)[:1])]
        return [process for process in ours if not any("pulumi" in words(pid)[:1] for pid in ancestors(process.pid))]

    def locks(self) -> list[Path]:
        """The locks in Pulumi's state."""
        return [path for path in self._stage.home.state.rglob("locks/**/*.json") if path.is_file()]

    def calm(self, limit: float = 30.0) -> bool:
        """Wait until no alarm rings and nothing moves; False where that does not come."""
        return until(lambda: not self.ringing() and self._still(), limit)

    def _still(self) -> bool:
        sets = self.task_sets()
        return all(one.get("stabilityStatus") == "STEADY_STATE" for one in sets if one["status"] == "PRIMARY")

    def _suspended(self) -> Iterator[str]:
        answer = self.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
        for target in answer["ScalableTargets"]:
            if any((target.get("SuspendedState") or {}).values()):
                yield target["ResourceId"]

    def _service(self) -> dict[str, Any]:
        (found,) = self.client("ecs").describe_services(cluster=self.cluster, services=[self.service])["services"]
        service: dict[str, Any] = found
        return service

    def _version(self, definition: str) -> str:
        told = self.client("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]
        pairs = {pair["name"]: pair["value"] for pair in told["containerDefinitions"][0].get("environment", [])}
        return str(pairs.get(MARK, ""))

    def _list(self, statuses: list[str] | None, since: float | None = None) -> list[str]:
        wish: dict[str, Any] = {"includeOnlyStatuses": statuses} if statuses else {}
        if since is not None:
            wish["createTimeRange"] = {"start": datetime.fromtimestamp(since, UTC)}
        found: list[str] = self.client("codedeploy").list_deployments(
            applicationName=self.group["applicationName"],
            deploymentGroupName=self.group["deploymentGroupName"],
            **wish,
        )["deployments"]
        return found


def until(holds: Callable[[], bool], limit: float, pace: float = 0.1) -> bool:
    """Wait until something holds; False where it does not within `limit` seconds."""
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(pace)
    return True


def words(pid: int) -> list[str]:
    """The words by which a process was started; none where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def ancestors(pid: int) -> Iterator[int]:
    """The parent of a process, that one's parent, and so on up."""
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return
        yield pid


def descendants(pid: int) -> list[int]:
    """All processes that descend from one, which itself is not among them."""
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - names alone
        if name.isdigit() and int(name) != pid and pid in ancestors(int(name)):
            found.append(int(name))
    return found
