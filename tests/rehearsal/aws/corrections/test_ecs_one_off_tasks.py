"""One-off tasks."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.corrections import ecs_one_off_tasks

pytestmark = pytest.mark.ministack

NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}


@pytest.fixture
def ecs(ministack: Any) -> Any:
    client = ministack.client("ecs")
    client.create_cluster(clusterName="one")
    client.register_task_definition(
        family="api",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "api", "image": "i"}],
    )
    return client


def wish(**changes: Any) -> Any:
    overrides = {"containerOverrides": [{"name": "api", "command": ["migrate", "up"]}]}
    given = {"cluster": "one", "taskDefinition": "api", "launchType": "FARGATE", "networkConfiguration": NETWORK}
    return {**given, "overrides": overrides, "startedBy": "me/1", "clientToken": "once", **changes}


def started(ecs: Any, **changes: Any) -> Any:
    (task,) = ecs.run_task(**wish(**changes))["tasks"]
    return task


def test_stock_ministack_starts_a_task_for_each_request(ecs: Any) -> None:
    assert started(ecs)["taskArn"] != started(ecs)["taskArn"]


def test_stock_ministack_takes_a_task_without_a_network(ecs: Any) -> None:
    assert started(ecs, networkConfiguration={})["group"] == ""


def test_stock_ministack_lets_a_stopped_container_end_well(ecs: Any) -> None:
    assert stopped(ecs, started(ecs))["containers"][0]["exitCode"] == 0


def stopped(ecs: Any, task: Any) -> Any:
    ecs.stop_task(cluster="one", task=task["taskArn"], reason="enough")
    (found,) = ecs.describe_tasks(cluster="one", tasks=[task["taskArn"]])["tasks"]
    return found


@pytest.fixture
def corrected(ecs: Any, binding: Any) -> Any:
    ecs_one_off_tasks.apply(binding)
    return ecs


def test_a_token_starts_once_in_a_cluster(corrected: Any) -> None:
    first = started(corrected)
    assert started(corrected)["taskArn"] == first["taskArn"]
    assert started(corrected, clientToken="twice")["taskArn"] != first["taskArn"]
    corrected.create_cluster(clusterName="two")
    assert started(corrected, cluster="two")["taskArn"] != first["taskArn"]
    assert corrected.list_tasks(cluster="one", family="api")["taskArns"].count(first["taskArn"]) == 1


def test_a_token_with_other_words_names_the_task_that_it_started(corrected: Any) -> None:
    first = started(corrected)
    with pytest.raises(ClientError) as refused:
        corrected.run_task(**wish(startedBy="me/2"))
    assert refused.value.response["Error"]["Code"] == "ConflictException"
    assert refused.value.response["resourceIds"] == [first["taskArn"]]  # type: ignore[typeddict-item]


def test_a_token_is_answered_with_a_task_that_has_ended(corrected: Any) -> None:
    first = started(corrected)
    stopped(corrected, first)
    again = started(corrected)
    assert (again["taskArn"], again["lastStatus"]) == (first["taskArn"], "STOPPED")


def test_a_network_is_needed(corrected: Any) -> None:
    with pytest.raises(ClientError, match="Network Configuration must be provided"):
        corrected.run_task(**wish(networkConfiguration={}))


def test_what_is_asked_for_is_shown(corrected: Any) -> None:
    task = started(corrected)
    assert (task["group"], task["startedBy"]) == ("family:api", "me/1")
    assert task["overrides"]["containerOverrides"][0]["command"] == ["migrate", "up"]


def test_a_container_that_is_stopped_is_killed(corrected: Any) -> None:
    task = stopped(corrected, started(corrected))
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert task["containers"][0]["exitCode"] == 137


def test_a_definition_that_is_not_there_is_refused_as_before(corrected: Any) -> None:
    with pytest.raises(ClientError, match="Unable to find task definition"):
        corrected.run_task(**wish(taskDefinition="web"))
