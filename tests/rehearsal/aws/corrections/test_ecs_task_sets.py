"""Task sets."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import ecs_task_sets, elb_target_health
from rehearsal.aws.corrections.ecs_service_scheduler import ServiceScheduler
from rehearsal.aws.corrections.ecs_task_sets import TaskSets
from rehearsal.aws.corrections.elb_targets import Targets

pytestmark = pytest.mark.ministack


class Services:
    """A cluster with two task definitions, two target groups, and the scheduler under the test's hand."""

    def __init__(self, ministack: Any, binding: Any) -> None:
        self.clock = ManualClock()
        self.targets = Targets(self.clock)
        self.scheduler = ServiceScheduler(self.clock, self.targets)
        elb_target_health.apply(binding, self.targets)
        ecs_task_sets.apply(binding, TaskSets(self.clock), self.scheduler.wake)
        self.ecs, self.elb = ministack.client("ecs"), ministack.client("elbv2")
        self.ecs.create_cluster(clusterName="c")
        for _ in range(2):
            self.ecs.register_task_definition(
                family="t", networkMode="awsvpc", containerDefinitions=[{"name": "a", "image": "i"}]
            )
        self.groups = [
            self.elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId="vpc-1", TargetType="ip")[
                "TargetGroups"
            ][0]["TargetGroupArn"]
            for name in ("blue", "green")
        ]
        self.next_address = 1

    def create(self, controller: Any = "CODE_DEPLOY", **more: Any) -> None:
        self.ecs.create_service(
            cluster="c",
            serviceName="s",
            taskDefinition="t:1",
            desiredCount=2,
            launchType="FARGATE",
            deploymentController={"type": controller},
            loadBalancers=[self.behind(0)],
            **more,
        )
        self.step()

    def behind(self, number: Any) -> Any:
        return {"targetGroupArn": self.groups[number], "containerName": "a", "containerPort": 8000}

    def add(self, **more: Any) -> Any:
        request = {"taskDefinition": "t:2", "launchType": "FARGATE", "loadBalancers": [self.behind(1)], **more}
        made = self.ecs.create_task_set(cluster="c", service="s", **request)["taskSet"]
        self.step()
        return made["id"]

    def service(self) -> Any:
        return self.ecs.describe_services(cluster="c", services=["s"])["services"][0]

    def task_sets(self) -> Any:
        return {each["id"]: each for each in self.service()["taskSets"]}

    def step(self) -> None:
        """Let the scheduler act, give new tasks an address as Docker would, and let it act again."""
        from ministack.services import ecs

        for _ in range(2):
            for service in ecs._services.values():
                self.scheduler.reconcile(service)
            for task in ecs._tasks.values():
                if not task.get("_container_ip"):
                    task["_container_ip"] = f"10.0.0.{self.next_address}"
                    self.next_address += 1

    def registered(self, number: Any) -> Any:
        return sorted(target.address for target in self.targets.of(self.groups[number]))

    def running(self, task_set: Any) -> Any:
        return len(self.ecs.list_tasks(cluster="c", startedBy=task_set)["taskArns"])


@pytest.fixture
def services(ministack: Any, binding: Any) -> Any:
    return Services(ministack, binding)


def test_stock_ministack_has_none(ministack: Any) -> None:
    ecs = ministack.client("ecs")
    ecs.register_task_definition(family="t", containerDefinitions=[{"name": "a", "image": "i"}])
    created = ecs.create_service(serviceName="s", taskDefinition="t:1", deploymentController={"type": "CODE_DEPLOY"})[
        "service"
    ]
    assert "taskSets" not in created
    with pytest.raises(ClientError, match="Unknown ECS action: CreateTaskSet"):
        ecs.create_task_set(cluster="default", service="s", taskDefinition="t:1")


def test_a_service_is_born_with_a_primary_one(services: Any) -> None:
    services.create()
    service = services.service()
    (first,) = service["taskSets"]
    assert service["deployments"] == []
    assert (first["status"], first["computedDesiredCount"], first["runningCount"]) == ("PRIMARY", 2, 2)
    assert first["taskDefinition"].endswith(":1")
    assert first["loadBalancers"] == [services.behind(0)]
    assert len(services.registered(0)) == 2


def test_a_service_under_external_is_born_without(services: Any) -> None:
    services.create("EXTERNAL")
    assert services.service()["taskSets"] == []
    services.add()
    assert services.service()["runningCount"] == 2


def test_a_second_one_runs_beside_the_first(services: Any) -> None:
    services.create()
    before = services.registered(0)
    green = services.add(externalId="d-1")
    found = services.task_sets()[green]
    assert (found["status"], found["externalId"], found["runningCount"]) == ("ACTIVE", "d-1", 2)
    assert services.service()["runningCount"] == 4
    assert services.registered(0) == before
    assert not set(before) & set(services.registered(1))


def test_a_change_of_primary_moves_no_task(services: Any) -> None:
    services.create()
    blue = next(iter(services.task_sets()))
    green = services.add()
    before = services.registered(0), services.registered(1)
    services.ecs.update_service_primary_task_set(cluster="c", service="s", primaryTaskSet=green)
    services.step()
    assert (services.registered(0), services.registered(1)) == before
    service = services.service()
    assert service["taskDefinition"].endswith(":2")
    assert service["loadBalancers"] == [services.behind(1)]
    assert {name: each["status"] for name, each in services.task_sets().items()} == {blue: "ACTIVE", green: "PRIMARY"}


def test_a_deleted_one_drains_and_leaves_no_address_behind(services: Any, wait: Any) -> None:
    services.create()
    green = services.add()
    address = services.registered(1)[0]
    target = services.targets.of(services.groups[1])[0]
    target.state, target.in_flight = "healthy", 1
    services.ecs.delete_task_set(cluster="c", service="s", taskSet=green)
    services.step()
    assert services.registered(1) == [address]
    assert services.targets.take(services.groups[1]) is None
    services.targets.give_back(target)
    wait(lambda: services.step() or green not in services.task_sets())
    assert services.registered(1) == []


def test_a_primary_one_is_not_deleted_unforced(services: Any) -> None:
    services.create()
    blue = next(iter(services.task_sets()))
    with pytest.raises(ClientError, match="cannot be deleted without force"):
        services.ecs.delete_task_set(cluster="c", service="s", taskSet=blue)


@pytest.mark.parametrize(("percent", "count"), [(0.0, 0), (50.0, 1), (75.0, 2), (100.0, 2)])
def test_scale_is_a_share_of_the_desired_count(services: Any, percent: Any, count: Any) -> None:
    services.create()
    green = services.add(scale={"value": percent, "unit": "PERCENT"})
    assert services.task_sets()[green]["computedDesiredCount"] == count
    assert services.running(green) == count


def test_the_scale_can_be_changed(services: Any) -> None:
    services.create()
    green = services.add(scale={"value": 50.0, "unit": "PERCENT"})
    services.ecs.update_task_set(cluster="c", service="s", taskSet=green, scale={"value": 100.0, "unit": "PERCENT"})
    services.step()
    assert services.running(green) == 2


def test_the_desired_count_sizes_every_one(services: Any, wait: Any) -> None:
    services.create()
    green = services.add()
    services.ecs.update_service(cluster="c", service="s", desiredCount=3)
    services.step()
    assert services.service()["runningCount"] == 6
    services.ecs.update_service(cluster="c", service="s", desiredCount=1)
    wait(lambda: services.step() or services.service()["runningCount"] == 2)
    assert services.running(green) == 1


def test_steady_is_what_has_its_count_and_is_healthy(services: Any) -> None:
    services.create()
    (first,) = services.service()["taskSets"]
    assert first["stabilityStatus"] == "STABILIZING"
    for target in services.targets.of(services.groups[0]):
        target.state = "healthy"
    services.step()
    (first,) = services.service()["taskSets"]
    assert first["stabilityStatus"] == "STEADY_STATE"
    assert services.service()["events"][0]["message"] == "(service s) has reached a steady state."


def test_unknown_and_inactive_task_definitions_are_refused(services: Any) -> None:
    services.create()
    with pytest.raises(ClientError, match="Unable to describe task definition"):
        services.add(taskDefinition="t:9")
    services.ecs.deregister_task_definition(taskDefinition="t:2")
    with pytest.raises(ClientError, match="TaskDefinition is inactive"):
        services.add()


def test_a_service_under_ecs_has_none(services: Any) -> None:
    services.ecs.create_service(cluster="c", serviceName="s", taskDefinition="t:1", desiredCount=0)
    with pytest.raises(ClientError, match="EXTERNAL or CODE_DEPLOY deployment controller"):
        services.add()


def test_describe_names_what_is_missing(services: Any) -> None:
    services.create()
    answer = services.ecs.describe_task_sets(cluster="c", service="s", taskSets=["ecs-svc/no"])
    assert answer["taskSets"] == []
    assert answer["failures"] == [{"arn": "ecs-svc/no", "reason": "MISSING"}]


def test_a_deleted_service_leaves_nothing(services: Any) -> None:
    services.create()
    services.ecs.delete_service(cluster="c", service="s", force=True)
    services.step()
    assert services.registered(0) == []
    assert services.service()["runningCount"] == 0
