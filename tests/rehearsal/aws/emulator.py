"""A running emulated AWS, and an environment with a service in it, as tests use them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

T = TypeVar("T")
ACCOUNT, REGION = "111122223333", "eu-central-1"
ROOT = Path(__file__).parents[3]
SPEED = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], T | None], seconds: float = 30, every: float = 0.05) -> T:
    """The first true answer of `what`."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := what():
            return answer
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(every)


class Emulator:
    """A running `python -m rehearsal.aws`."""

    def __init__(self, home: Path, speed: float = SPEED) -> None:
        self.home = home
        self.port, self.proxy_port = free_port(), free_port()
        self.log = (home.parent / f"{home.name}.log").open("w+")
        command = [
            sys.executable,
            "-m",
            "rehearsal.aws",
            "--port",
            str(self.port),
            "--proxy-port",
            str(self.proxy_port),
        ]
        command += ["--region", REGION, "--account", ACCOUNT, "--speed", str(speed), "--home", str(home)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self.log, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready "), self.errors()
        self.ready: dict[str, Any] = json.loads(line.removeprefix("ready "))
        self.endpoint: str = self.ready["endpoint"]

    def errors(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def client(self, name: str) -> Any:
        session: Any = boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="test", region_name=REGION)
        return session.client(name, endpoint_url=self.endpoint, config=Config(retries={"total_max_attempts": 1}))

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()


class Shop:
    """A network, a load balancer with two listeners, two target groups, a service, and its deployment group."""

    def __init__(self, emulator: Emulator, image: str) -> None:
        self.name = f"t{uuid.uuid4().hex[:8]}"
        self.emulator, self.image = emulator, image
        self.ecs, self.elb = emulator.client("ecs"), emulator.client("elbv2")
        self.codedeploy, self.cloudwatch = emulator.client("codedeploy"), emulator.client("cloudwatch")
        self.ec2 = emulator.client("ec2")
        self._network()
        self._load_balancer()
        self._service()
        self._group()

    def _network(self) -> None:
        self.vpc = self.ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.7.{number}.0/24")["Subnet"]["SubnetId"]
            for number in (1, 2)
        ]
        self.security_group = self.ec2.create_security_group(GroupName=self.name, Description="x", VpcId=self.vpc)[
            "GroupId"
        ]

    def _load_balancer(self) -> None:
        created = self.elb.create_load_balancer(
            Name=self.name, Subnets=self.subnets, SecurityGroups=[self.security_group]
        )["LoadBalancers"][0]
        self.arn, self.dns = created["LoadBalancerArn"], created["DNSName"]
        self.groups = {
            colour: self.elb.create_target_group(
                Name=f"{self.name}-{colour}",
                Protocol="HTTP",
                Port=8000,
                VpcId=self.vpc,
                TargetType="ip",
                HealthCheckPath="/health",
                HealthCheckIntervalSeconds=10,
                HealthyThresholdCount=2,
                UnhealthyThresholdCount=2,
            )["TargetGroups"][0]["TargetGroupArn"]
            for colour in ("blue", "green")
        }
        forward = [{"Type": "forward", "TargetGroupArn": self.groups["blue"]}]
        self.listeners = {
            port: self.elb.create_listener(
                LoadBalancerArn=self.arn, Port=port, Protocol="HTTP", DefaultActions=forward
            )["Listeners"][0]["ListenerArn"]
            for port in (80, 8080)
        }

    def task_definition(self, **environment: str) -> str:
        container = {
            "name": "app",
            "image": self.image,
            "portMappings": [{"containerPort": 8000}],
            "environment": [{"name": name, "value": value} for name, value in environment.items()],
        }
        registered: str = self.ecs.register_task_definition(
            family=self.name,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[container],
        )["taskDefinition"]["taskDefinitionArn"]
        return registered

    def _service(self) -> None:
        self.ecs.create_cluster(clusterName=self.name)
        self.network = {
            "awsvpcConfiguration": {
                "subnets": self.subnets,
                "securityGroups": [self.security_group],
                "assignPublicIp": "ENABLED",
            }
        }
        self.first = self.task_definition(VERSION="v1")
        self.ecs.create_service(
            cluster=self.name,
            serviceName=self.name,
            taskDefinition=self.first,
            desiredCount=2,
            launchType="FARGATE",
            deploymentController={"type": "CODE_DEPLOY"},
            networkConfiguration=self.network,
            loadBalancers=[{"targetGroupArn": self.groups["blue"], "containerName": "app", "containerPort": 8000}],
        )

    def _group(self) -> None:
        self.codedeploy.create_application(applicationName=self.name, computePlatform="ECS")
        self.codedeploy.create_deployment_group(**self.group_request())

    def group_request(self, **changes: Any) -> dict[str, Any]:
        return {
            "applicationName": self.name,
            "deploymentGroupName": self.name,
            "deploymentConfigName": "CodeDeployDefault.ECSCanary10Percent5Minutes",
            "serviceRoleArn": f"arn:aws:iam::{ACCOUNT}:role/codedeploy",
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            "ecsServices": [{"clusterName": self.name, "serviceName": self.name}],
            "loadBalancerInfo": {
                "targetGroupPairInfoList": [
                    {
                        "targetGroups": [{"name": f"{self.name}-blue"}, {"name": f"{self.name}-green"}],
                        "prodTrafficRoute": {"listenerArns": [self.listeners[80]]},
                        "testTrafficRoute": {"listenerArns": [self.listeners[8080]]},
                    }
                ]
            },
            "blueGreenDeploymentConfiguration": {
                "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT"},
                "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 1},
            },
            "autoRollbackConfiguration": {
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            },
            **changes,
        }

    def update_group(self, **changes: Any) -> None:
        request = {"applicationName": self.name, "currentDeploymentGroupName": self.name, **changes}
        self.codedeploy.update_deployment_group(**request)

    def service(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ecs.describe_services(cluster=self.name, services=[self.name])["services"][0]
        return found

    def settle(self) -> None:
        """Wait until the first task set is steady."""
        wait_for(lambda: self.service()["taskSets"][0]["stabilityStatus"] == "STEADY_STATE")

    def deploy(self, task_definition: str, hooks: dict[str, str] | None = None, **request: Any) -> str:
        content = {
            "version": 0.0,
            "Resources": [
                {
                    "TargetService": {
                        "Type": "AWS::ECS::Service",
                        "Properties": {
                            "TaskDefinition": task_definition,
                            "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 8000},
                        },
                    }
                }
            ],
            "Hooks": [{name: function} for name, function in (hooks or {}).items()],
        }
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}}
        made = self.codedeploy.create_deployment(
            applicationName=self.name, deploymentGroupName=self.name, revision=revision, **request
        )
        return str(made["deploymentId"])

    def deployment(self, identifier: str) -> dict[str, Any]:
        found: dict[str, Any] = self.codedeploy.get_deployment(deploymentId=identifier)["deploymentInfo"]
        return found

    def until(self, identifier: str, *statuses: str, seconds: float = 60) -> dict[str, Any]:
        def reached() -> dict[str, Any] | None:
            found = self.deployment(identifier)
            done = found["status"] in statuses
            assert done or found["status"] not in ("Succeeded", "Failed", "Stopped"), found
            return found if done else None

        return wait_for(reached, seconds)

    def events(self, identifier: str) -> dict[str, str]:
        target = self.codedeploy.batch_get_deployment_targets(
            deploymentId=identifier, targetIds=[f"{self.name}:{self.name}"]
        )["deploymentTargets"][0]["ecsTarget"]
        return {event["lifecycleEventName"]: event["status"] for event in target["lifecycleEvents"]}

    def weights(self, port: int = 80) -> dict[str, int]:
        (listener,) = self.elb.describe_listeners(ListenerArns=[self.listeners[port]])["Listeners"]
        named = {arn: colour for colour, arn in self.groups.items()}
        groups = listener["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
        return {named[group["TargetGroupArn"]]: group["Weight"] for group in groups}

    def active(self) -> list[dict[str, Any]]:
        """The deployments that have not ended."""
        ids = self.codedeploy.list_deployments(applicationName=self.name, deploymentGroupName=self.name)["deployments"]
        found = self.codedeploy.batch_get_deployments(deploymentIds=ids)["deploymentsInfo"] if ids else []
        return [deployment for deployment in found if deployment["status"] not in ("Succeeded", "Failed", "Stopped")]

    def remove(self) -> None:
        """End what is in flight, then the service. A rollback is let go on to its end."""
        for deployment in self.active():
            if deployment["creator"] == "user":
                self.codedeploy.stop_deployment(deploymentId=deployment["deploymentId"], autoRollbackEnabled=True)
        wait_for(lambda: not self.active())
        self.ecs.update_service(cluster=self.name, service=self.name, desiredCount=0)
        wait_for(lambda: all(s["status"] != "ACTIVE" for s in self.service()["taskSets"]))
        self.ecs.delete_service(cluster=self.name, service=self.name, force=True)
