"""ECS's tasks, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.literals import DesiredStatusType

#: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
_DESCRIBED = 100


def listed(ecs: ECSClient, cluster: str, status: DesiredStatusType, **of: str) -> list[dict[str, Any]]:
    """Return the tasks of a cluster that should run or have stopped, described; ECS knows a stopped one for an hour.

    of: `serviceName` or `family`. A page holds a hundred, in no order that AWS promises: a service whose tasks fail
    again and again fills more than one within the hour.
    """
    pages = ecs.get_paginator("list_tasks").paginate(cluster=cluster, desiredStatus=status, **of)  # type: ignore[arg-type]
    arns = [arn for page in pages for arn in page.get("taskArns", [])]
    found: list[dict[str, Any]] = []
    for start in range(0, len(arns), _DESCRIBED):
        answer = ecs.describe_tasks(cluster=cluster, tasks=arns[start : start + _DESCRIBED])
        found += cast("list[dict[str, Any]]", answer["tasks"])
    return found
