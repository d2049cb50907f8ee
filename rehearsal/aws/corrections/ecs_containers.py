"""Containers of tasks: images from ECR by their AWS names, limits, labels, nothing left behind.

AWS: a task definition names images as `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`; a task that cannot
start is STOPPED with a reason (CannotPullContainerError, CannotStartContainerError) and leaves no container; memory is
limited as the task definition says; one whose essential container exits is stopped with `Essential container in task
exited`.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html

MiniStack 1.5.33 hands ECR's names to a Docker engine that cannot resolve them, leaves a `Created` container behind for
each failed start, ignores limits, and asks the engine ten times a second about every task.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any

import docker
from docker.errors import DockerException, ImageNotFound, NotFound
from ministack.core.concurrency import spawn_background
from ministack.core.responses import request_scope
from ministack.services import ecs

from rehearsal.aws.corrections.binding import Binding

_ECR = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/")
_LOGS_GRACE = 1.0
_GENERIC = "ResourceInitializationError: unable to pull image or start container: "
_SMALLEST_MEMORY = 6  # MiB; Docker's own floor


def local_name(image: str | None, port: int) -> str | None:
    """An image of ECR as the Docker engine of this machine reaches it; other images as they are."""
    return None if image is None else _ECR.sub(f"localhost:{port}/", image)


def apply(binding: Binding, port: int, label: str, remember: Callable[[str], None]) -> None:
    """Start containers from the registry at `port`, marked with `label` (`key=value`).

    `remember` hears of each image of that registry before it is pulled.
    """
    run_container, build_arguments = ecs._run_docker_container, ecs._build_run_kwargs
    build_containers, fail_start, mark_stopped = (
        ecs._build_task_containers,
        ecs._fail_task_start,
        ecs._mark_task_stopped,
    )
    key, _, value = label.partition("=")

    def arguments(definition: dict[str, Any], task_definition: dict[str, Any], *args: Any) -> dict[str, Any]:
        built: dict[str, Any] = build_arguments(definition, task_definition, *args)
        built["labels"] = {**built["labels"], key: value}
        memory = int(definition.get("memory") or task_definition.get("memory") or 0)
        if memory >= _SMALLEST_MEMORY:
            built["mem_limit"] = f"{memory}m"
        if cpu := int(definition.get("cpu") or task_definition.get("cpu") or 0):
            built["cpu_shares"] = cpu
        if user := definition.get("user"):
            built["user"] = user
        if definition.get("readonlyRootFilesystem"):
            built["read_only"] = True
        if entry_point := definition.get("entryPoint"):
            built["entrypoint"] = entry_point
        return built

    def run(client: Any, definition: dict[str, Any], run_arguments: dict[str, Any], **options: Any) -> Any:
        for name in ("cache_image", "fallback_image"):
            options[name] = local_name(options.get(name), port)
        image = str(local_name(definition["image"], port))
        if image != definition["image"]:
            remember(image)
        here = {**definition, "image": image}
        try:
            return run_container(client, here, run_arguments, **options)
        except ImageNotFound as error:
            raise ecs._ImagePullError(
                "pull image manifest has been retried 1 time(s): "
                f"failed to resolve ref {definition['image']}: not found"
            ) from error
        except Exception:
            with contextlib.suppress(DockerException):
                client.containers.get(run_arguments["name"]).remove(force=True)
            raise

    def containers(task_definition: dict[str, Any], overrides: Any) -> list[dict[str, Any]]:
        built: list[dict[str, Any]] = build_containers(task_definition, overrides)
        for container in built:
            if "@" in container["image"]:
                container["imageDigest"] = container["image"].partition("@")[2]
        return built

    def fail(task: dict[str, Any], client: Any, reason: str) -> None:
        fail_start(task, client, reason.replace(_GENERIC, "CannotStartContainerError: "))

    def stopped(arn: str, task: dict[str, Any], reason: str, code: str, exit_code: int | None = None) -> Any:
        words = "Essential container in task exited" if code == "EssentialContainerExited" else reason
        return mark_stopped(arn, task, words, code, exit_code)

    binding.replace(ecs, "_build_run_kwargs", arguments)
    binding.replace(ecs, "_run_docker_container", run)
    binding.replace(ecs, "_build_task_containers", containers)
    binding.replace(ecs, "_fail_task_start", fail)
    binding.replace(ecs, "_mark_task_stopped", stopped)
    binding.replace(ecs, "_watch_task_lifecycle", watch)


def watch(task: dict[str, Any], client: Any, account: str, region: str) -> None:
    """Wait for the exit of each container of a running task, then let MiniStack draw the conclusion."""
    for identifier in list(task.get("_docker_ids") or []):
        spawn_background(_wait, task, client, identifier, account, region, thread_name=f"ecs-wait-{identifier[:8]}")
    group, cluster = task.get("group", ""), ecs._cluster_name_from_arn(task.get("clusterArn", ""))
    if cluster and group.startswith("service:"):
        service = f"{cluster}/{group.removeprefix('service:')}"
        ecs._schedule_service_deployment_completion(cluster, service, account, region, healthy_task=task)


def _wait(task: dict[str, Any], client: Any, identifier: str, account: str, region: str) -> None:
    with request_scope(account, region):
        while ecs._task_is_active(task["taskArn"], task):
            try:
                client.api.wait(identifier, timeout=None)
            except NotFound:
                return
            except (DockerException, OSError):
                time.sleep(_LOGS_GRACE)
                continue
            ecs._maybe_mark_stopped(task, client)
            if task["lastStatus"] == "STOPPED":
                time.sleep(_LOGS_GRACE)
            break
    if task["lastStatus"] == "STOPPED":
        remove(client, identifier)


def remove(client: docker.DockerClient, identifier: str) -> None:
    """Remove a container if it is still there."""
    with contextlib.suppress(DockerException, OSError):
        client.api.remove_container(identifier, v=True, force=True)
