"""A pause before a service under ECS tries again to start a task that did not last.

AWS: a service whose tasks cannot be started tries ever less often.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html

MiniStack 1.5.33 starts the next one at once: some twenty-five tasks a second, each with a container of its own.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.services import ecs

from rehearsal.aws.corrections.binding import Binding
from rehearsal.aws.corrections.ecs_service_scheduler import BackOff


def apply(binding: Binding) -> None:
    """Draw MiniStack's conclusion of a failure after a pause; a task that lasts ends the pauses."""
    record_failure, record_health = ecs._record_service_task_failure, ecs._record_service_task_healthy
    pauses: dict[str, BackOff] = defaultdict(BackOff)

    def failed(task: dict[str, Any], digest_resolution_failed: bool = False) -> None:
        if not str(task.get("group", "")).startswith("service:"):
            return
        pause = pauses[f"{task['clusterArn']} {task['group']}"]
        pause.failed(task["taskArn"], time.monotonic())

        def later() -> None:
            time.sleep(max(pause.not_before - time.monotonic(), 0))
            record_failure(task, digest_resolution_failed)

        spawn_background(later, thread_name=f"ecs-pause-{task['taskArn'][-8:]}")

    def healthy(service: str, task: dict[str, Any]) -> None:
        record_health(service, task)
        if task.get("_startup_stable"):
            pauses[f"{task['clusterArn']} {task['group']}"].lasted()

    binding.replace(ecs, "_record_service_task_failure", failed)
    binding.replace(ecs, "_record_service_task_healthy", healthy)
