"""RunTask and StopTask as callers of one-off tasks rely on them: once for a token, with a network, ended by a signal.

AWS: requests with one `clientToken` start their tasks once in a cluster and get the same answer; with other words they
are refused with ConflictException, which names the tasks. A task definition of mode awsvpc needs a network
configuration. The group of a task that no service started is `family:<family>`. A container that StopTask ends has the
exit code of the signal, 137 for one that does not listen to SIGTERM.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html

MiniStack 1.5.33 starts a task for each request, whatever its token and its network, in no group, and lets a container
that was stopped in its middle end with 0, as if it had done its work.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import ecs

from rehearsal.aws.corrections.binding import Binding

_KILLED = 137


def apply(binding: Binding) -> None:
    """Remember what each token started, refuse what AWS refuses, and say how a stopped container ended."""
    run_task, stop_task = ecs._run_task, ecs._stop_task
    asked: dict[tuple[str, str, str, str], tuple[dict[str, Any], list[str]]] = {}
    lock = threading.Lock()

    def run(data: dict[str, Any]) -> Any:
        definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")))
        if definition is None:
            return run_task(data)
        if definition.get("networkMode") == "awsvpc" and not _network(data):
            return error_response_json(
                "InvalidParameterException",
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
                400,
            )
        wish = {**data, "group": data.get("group") or f"family:{definition['family']}"}
        token = wish.pop("clientToken", None)
        if token is None:
            return run_task(wish)
        key = (get_account_id(), get_region(), str(ecs._resolve_cluster_name(data.get("cluster", "default"))), token)
        with lock:
            if key in asked:
                return _again(wish, *asked[key])
            answer = run_task(wish)
            if answer[0] == 200:
                asked[key] = (wish, [task["taskArn"] for task in json.loads(answer[2])["tasks"]])
            return answer

    def stop(data: dict[str, Any]) -> Any:
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        task = ecs._resolve_task(data.get("task", ""), cluster) if cluster else None
        for container in (task or {}).get("containers", []):
            if container.get("lastStatus") == "RUNNING" and container.get("exitCode") is None:
                container["exitCode"] = _KILLED
        return stop_task(data)

    binding.replace(ecs, "_run_task", run)
    binding.replace(ecs, "_stop_task", stop)


def _again(wish: dict[str, Any], earlier: dict[str, Any], arns: list[str]) -> Any:
    """Answer a token that was asked with before."""
    if wish != earlier:
        words = "The provided clientToken is already in use with a different RunTask request."
        return error_response_json("ConflictException", words, 400, {"resourceIds": arns})
    tasks = [ecs._sanitize(ecs._tasks[arn]) for arn in arns if arn in ecs._tasks]
    return json_response({"tasks": tasks, "failures": []})


def _network(data: dict[str, Any]) -> bool:
    """Whether a request names subnets; the service scheduler hands its own through."""
    configuration = (data.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    return bool(configuration.get("subnets")) or str(data.get("group", "")).startswith("service:")
