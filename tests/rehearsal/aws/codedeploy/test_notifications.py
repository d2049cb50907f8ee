"""What EventBridge hears of deployments."""

from __future__ import annotations

import json
from typing import Any

import pytest

GROUP = {"applicationName": "app", "deploymentGroupName": "group"}


def heard(desk: Any) -> list[tuple[str, str]]:
    """Each deployment and state, in the order they were told."""
    details = [json.loads(entry["Detail"]) for entry in desk.told]
    return [(detail["deploymentId"], detail["state"]) for detail in details]


def test_an_event_says_what_awss_says(desk: Any) -> None:
    desk.create()
    deployment = desk.deploy()
    desk.steps(1)
    group = desk.call("GetDeploymentGroup", **GROUP)["deploymentGroupInfo"]
    (entry,) = desk.told
    assert json.loads(entry.pop("Detail")) == {
        "region": "eu-central-1",
        "deploymentId": deployment,
        "instanceGroupId": group["deploymentGroupId"],
        "deploymentGroup": "group",
        "state": "START",
        "application": "app",
    }
    arn = "arn:aws:codedeploy:eu-central-1:111122223333"
    assert entry == {
        "Source": "aws.codedeploy",
        "DetailType": "CodeDeploy Deployment State-change Notification",
        "Resources": [f"{arn}:application:app", f"{arn}:deploymentgroup:app/group"],
    }


def test_each_state_is_told_once(desk: Any) -> None:
    desk.create(blueGreenDeploymentConfiguration=desk.waits(ready=60))
    deployment = desk.deploy()
    desk.steps()
    assert heard(desk) == [(deployment, "START"), (deployment, "READY")]
    desk.call("ContinueDeployment", deploymentId=deployment)
    desk.steps()
    desk.minutes(6)
    desk.minutes(11)
    assert desk.status(deployment) == "Succeeded"
    assert heard(desk) == [(deployment, "START"), (deployment, "READY"), (deployment, "SUCCESS")]


def test_a_rollback_is_told_after_what_it_takes_back(desk: Any) -> None:
    desk.create()
    deployment = desk.deploy()
    desk.steps()
    desk.cloud.alarms.add("errors")
    desk.steps()
    rollback = desk.deployment(deployment)["rollbackInfo"]["rollbackDeploymentId"]
    assert heard(desk) == [(deployment, "START"), (deployment, "STOP"), (rollback, "START"), (rollback, "SUCCESS")]


def test_a_failure_is_told(desk: Any) -> None:
    desk.create()
    desk.cloud.sick = True
    deployment = desk.deploy()
    desk.steps()
    desk.minutes(61)
    assert (deployment, "FAILURE") in heard(desk)


def test_when_nobody_can_hear_deployments_go_on(desk: Any, monkeypatch: pytest.MonkeyPatch, logged: list[str]) -> None:
    desk.create(blueGreenDeploymentConfiguration=desk.waits(termination=0))

    def refuse(entry: Any) -> None:
        raise OSError("the bus is gone")

    monkeypatch.setattr(desk.service.notifications, "_publish", refuse)
    deployment = desk.deploy(deploymentConfigName="CodeDeployDefault.ECSAllAtOnce")
    desk.steps()
    assert desk.status(deployment) == "Succeeded"
    assert "START could not be told" in "".join(logged)
