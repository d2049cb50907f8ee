"""CodeDeploy on a cloud in memory and a clock that is moved by hand."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.codedeploy.api import CodeDeploy
from rehearsal.aws.codedeploy.engine import runner
from rehearsal.aws.world import World
from tests.rehearsal.aws.codedeploy.cloud import FakeCloud

Document = dict[str, Any]


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What the emulator logs, as it comes. The unit tests run without pytest's own `caplog`."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    logger = logging.getLogger("slipway")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


class RefusedError(Exception):
    """What the service answered instead."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Desk:
    """The service behind its own JSON protocol, with an application `app` and a group `group`."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.cloud = FakeCloud()
        world = World(
            clock=self.clock,
            account="111122223333",
            region="eu-central-1",
            port=1,
            proxy_port=2,
            home=Path(),
            label="a=b",
        )
        self.told: list[Document] = []
        self.service = CodeDeploy(world, self.cloud, self.told.append)

    def call(self, action: str, **request: Any) -> Document:
        status, _, body = self.service.handle(action, json.dumps(request).encode())
        answer: Document = json.loads(body)
        if status != 200:
            raise RefusedError(answer["__type"], answer["message"])
        return answer

    def create(self, **changes: Any) -> None:
        self.call("CreateApplication", applicationName="app", computePlatform="ECS")
        self.call("CreateDeploymentGroup", **self.group(**changes))

    def group(self, **changes: Any) -> Document:
        return {
            "applicationName": "app",
            "deploymentGroupName": "group",
            "deploymentConfigName": "CodeDeployDefault.ECSCanary10Percent5Minutes",
            "serviceRoleArn": "arn:aws:iam::111122223333:role/codedeploy",
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            "ecsServices": [{"clusterName": "cluster", "serviceName": "service"}],
            "loadBalancerInfo": {"targetGroupPairInfoList": [self.pair()]},
            "blueGreenDeploymentConfiguration": self.waits(),
            "autoRollbackConfiguration": {
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            },
            "alarmConfiguration": {"enabled": True, "alarms": [{"name": "errors"}, {"name": "latency"}]},
            **changes,
        }

    @staticmethod
    def pair(test: bool = True) -> Document:
        routes = {"testTrafficRoute": {"listenerArns": ["test"]}} if test else {}
        return {
            "targetGroups": [{"name": "blue"}, {"name": "green"}],
            "prodTrafficRoute": {"listenerArns": ["prod"]},
            **routes,
        }

    @staticmethod
    def waits(ready: int | None = None, termination: int = 10) -> Document:
        option: Document = {"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0}
        if ready is not None:
            option = {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": ready}
        end = {"action": "TERMINATE", "terminationWaitTimeInMinutes": termination}
        return {"deploymentReadyOption": option, "terminateBlueInstancesOnDeploymentSuccess": end}

    @staticmethod
    def appspec(task_definition: str = "app:2", **more: Any) -> str:
        properties = {
            "TaskDefinition": task_definition,
            "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 80},
        }
        service = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
        return json.dumps({"version": 0.0, "Resources": [service], **more})

    def deploy(self, content: str | None = None, **more: Any) -> str:
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": content or self.appspec()}}
        request = {"applicationName": "app", "deploymentGroupName": "group", "revision": revision, **more}
        return str(self.call("CreateDeployment", **request)["deploymentId"])

    def deployment(self, identifier: str) -> Document:
        found: Document = self.call("GetDeployment", deploymentId=identifier)["deploymentInfo"]
        return found

    def status(self, identifier: str) -> str:
        return str(self.deployment(identifier)["status"])

    def target(self, identifier: str) -> Document:
        answer = self.call("BatchGetDeploymentTargets", deploymentId=identifier, targetIds=["cluster:service"])
        found: Document = answer["deploymentTargets"][0]["ecsTarget"]
        return found

    def events(self, identifier: str) -> dict[str, str]:
        return {event["lifecycleEventName"]: event["status"] for event in self.target(identifier)["lifecycleEvents"]}

    def steps(self, count: int = 20) -> None:
        """Let the engine act without letting time go on."""
        for _ in range(count):
            self.service.runner.tick()

    def minutes(self, minutes: float) -> None:
        """Let time go on, and the engine act."""
        self.clock.advance(minutes * 60)
        self.steps()

    def weights(self, listener: str = "prod") -> dict[str, int]:
        return {arn.removeprefix("arn/"): weight for arn, weight in self.cloud.listeners[listener].items()}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(runner, "_ALARM_TICK", 0.0)
    return Desk()
