"""A small AWS in memory: what a release calls, with a clock that only moves when somebody waits or calls.

`FakeAws` is the account. Its clients answer in boto3's shapes, as far as the product reads them. `traffic` keeps every
state of the production listeners, so that a test can ask who met which release.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from typing import Any, cast

from delivery.aws import Clients
from delivery.clock import Clock
from delivery.plan import Check, ReleasePlan, ServicePlan
from delivery.stop import Stop
from delivery.strategy import Strategy
from delivery.tools import Tools
from tests.delivery.fake_clients import ACCOUNT, START, FakeClients
from tests.delivery.fake_codedeploy import FakeCodeDeploy
from tests.delivery.fake_tasks import FakeTasks

BUCKET = "shop-staging-releases-111122223333"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/shop/api"
CALL_SECONDS = 0.05


@cache
def date_header(second: int) -> str:
    """The Date header of that second of the epoch."""
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)


@dataclass
class FakeService:
    """An ECS service behind two target groups, with its task sets."""

    name: str
    sets: list[dict[str, Any]] = field(default_factory=list)
    shares: dict[str, int] = field(default_factory=dict)
    test: str = ""
    deployments: list[dict[str, Any]] = field(default_factory=list)
    desired: int = 2
    events: list[dict[str, Any]] = field(default_factory=list)

    def group(self, colour: str) -> str:
        """The ARN of a target group."""
        return f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:targetgroup/{self.name}-{colour}/1"

    @property
    def primary(self) -> dict[str, Any]:
        """The task set that serves."""
        return next(one for one in self.sets if one["status"] == "PRIMARY")

    def task_set(
        self, task_definition: str, colour: str, number: int, status: str, external: str = ""
    ) -> dict[str, Any]:
        """A task set, all of whose tasks run."""
        return {
            "id": f"ecs-svc/{number}",
            "externalId": external,
            "status": status,
            "taskDefinition": task_definition,
            "runningCount": self.desired,
            "computedDesiredCount": self.desired,
            "loadBalancers": [{"targetGroupArn": self.group(colour)}],
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": ["subnet-1"],
                    "securityGroups": ["sg-1"],
                    "assignPublicIp": "ENABLED",
                }
            },
        }


class FakeAws:
    """One account."""

    def __init__(self) -> None:
        self.one_at_a_time = threading.RLock()
        self.now = START
        self.clock = Clock(sleep=self.sleep, monotonic=lambda: self.now)
        self.calls: list[str] = []
        self.before_call: Callable[[str], None] = lambda name: None
        self.after_call: Callable[[str], None] = lambda name: None
        self.services: dict[str, FakeService] = {}
        self.definitions: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.others: dict[str, dict[str, bytes]] = {}
        """The objects of other environments' buckets."""
        self.written: dict[str, float] = {}
        self.held: set[str] = set()
        self.ringing: dict[str, str] = {}
        self.secrets: dict[str, dict[str, list[str]]] = {}
        self.images: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.answer: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda definition, request: {"status": 200}
        self.visit: Callable[[str, str], dict[str, Any]] = lambda definition, url: {"status": 200}
        self.visited: list[str] = []
        self.alarms: dict[str, dict[str, Any]] = {}
        self.no_alarms: set[str] = set()
        self.stopped_tasks: list[dict[str, Any]] = []
        self.running_tasks: list[dict[str, Any]] = []
        self.log: list[str] = []
        self.logs: dict[str, list[str]] = {}
        self.traffic: list[tuple[float, str, str, int]] = []
        self.codedeploy = FakeCodeDeploy(self)
        self.tasks = FakeTasks(self)
        self.heard: list[str] = []

    def sleep(self, seconds: float) -> None:
        """Somebody waits."""
        self.now += seconds
        self.codedeploy.tick()

    def called(self, name: str) -> None:
        """Somebody calls: time passes, and AWS tells it."""
        self.before_call(name)
        self.calls.append(name)
        self.now += CALL_SECONDS
        self.codedeploy.tick()
        self.clock.hear({"date": date_header(int(self.now))})

    def add_service(self, name: str, task_definition: str) -> FakeService:
        """A service that serves a task definition with all traffic."""
        service = FakeService(name)
        service.sets = [service.task_set(task_definition, "blue", len(self.services) + 1, "PRIMARY")]
        self.services[name] = service
        self.route(service, {service.group("blue"): 100})
        service.test = service.group("blue")
        return service

    def define(self, revision: int, image: str, family: str = "api", **more: Any) -> str:
        """Register a task definition and the image that it runs."""
        arn = f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task-definition/{family}:{revision}"
        log = {"logDriver": "awslogs", "options": {"awslogs-group": "/api", "awslogs-stream-prefix": "ecs"}}
        self.definitions[arn] = {
            "taskDefinitionArn": arn,
            "status": "ACTIVE",
            "revision": revision,
            "cpu": "256",
            "containerDefinitions": [{"name": family, "image": image, "logConfiguration": log, **more}],
        }
        self.images[image.rpartition("@")[2]] = '{"manifest": true}'
        return arn

    def route(self, service: FakeService, shares: dict[str, int]) -> None:
        """Set the production listener, and remember who meets what from now on."""
        service.shares = shares
        by_group = {one["loadBalancers"][0]["targetGroupArn"]: one["taskDefinition"] for one in service.sets}
        for group, share in shares.items():
            self.traffic.append((self.now, service.name, by_group.get(group, "nothing"), share))

    def met(self, task_definition: str) -> bool:
        """Whether users ever met a task definition."""
        return any(share > 0 for _, _, definition, share in self.traffic if definition == task_definition)

    def documents(self, prefix: str) -> Iterator[dict[str, Any]]:
        """The JSON documents of the bucket under a prefix."""
        for key in sorted(self.objects):
            if key.startswith(prefix):
                yield json.loads(self.objects[key])

    def tools(self, stop: Stop | None = None) -> Tools:
        """What a release works with in this account."""
        return Tools.make(cast(Clients, FakeClients(self)), self.clock, self, stop or Stop(), self)

    def get(self, urls: Sequence[str], timeout_seconds: float) -> list[Mapping[str, Any]]:
        """Ask the services' URLs, as users do: whoever has most of the traffic answers."""
        answers: list[Mapping[str, Any]] = []
        for url in urls:
            self.visited.append(url)
            service = self.services[url.removeprefix("http://").partition(".")[0]]
            group = max(service.shares, key=lambda one: service.shares[one])
            behind = next(one for one in service.sets if one["loadBalancers"][0]["targetGroupArn"] == group)
            answers.append({"status": None, "body": "", "error": "", **self.visit(behind["taskDefinition"], url)})
        return answers

    def progress(self, line: str) -> None:
        """Hear progress."""
        self.heard.append(line)

    def note(self, line: str) -> None:
        """Hear what stays."""
        self.heard.append(f"note: {line}")

    def warn(self, line: str) -> None:
        """Hear a warning."""
        self.heard.append(f"warning: {line}")


def image(digit: str) -> str:
    """The reference of an image, by one hexadecimal digit."""
    return f"{REPOSITORY}@sha256:{digit * 64}"


def service_plan(task_definition: str, reference: str, name: str = "api", **changes: Any) -> ServicePlan:
    """A service behind the door, as the program would hand it over."""
    given: dict[str, Any] = {
        "name": name,
        "cluster": "shop-staging",
        "service": name,
        "task_definition": task_definition,
        "image": reference,
        "container": "api",
        "port": 8000,
        "application": name,
        "deployment_group": name,
        "deployment_config": "canary",
        "target_groups": tuple(FakeService(name).group(colour) for colour in ("blue", "green")),
        "listener": f"listener/production/{name}",
        "test_listener": f"listener/test/{name}",
        "load_balancer": "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/door/1",
        "url": f"http://{name}.shop.example",
        "subnets": ("subnet-1",),
        "security_groups": ("sg-1",),
        "assign_public_ip": True,
        "scalable": True,
        "checks": (Check(f"/{name}/health"),),
        "alarms": (f"{name}-errors",),
    }
    return ServicePlan(**{**given, **changes})


def release_plan(*services: ServicePlan, version: str = "1.8.0", **changes: Any) -> ReleasePlan:
    """A release of services to staging."""
    given: dict[str, Any] = {
        "environment": "staging",
        "records_bucket": BUCKET,
        "version": version,
        "commit": "3f9c1e2",
        "strategy": Strategy(kind="canary", percent=10, interval_minutes=1, bake_minutes=1),
        "services": services,
        "checker_function": "checker",
        "account": ACCOUNT,
    }
    return ReleasePlan(**{**given, **changes})
