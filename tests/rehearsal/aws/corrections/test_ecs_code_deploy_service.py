"""What a service under CodeDeploy refuses and keeps."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import ecs_code_deploy_service, ecs_task_sets
from rehearsal.aws.corrections.ecs_task_sets import TaskSets

pytestmark = pytest.mark.ministack


@pytest.fixture
def ecs(ministack: Any) -> Any:
    client = ministack.client("ecs")
    client.create_cluster(clusterName="c")
    for _ in range(2):
        client.register_task_definition(family="t", containerDefinitions=[{"name": "a", "image": "i"}])
    return client


@pytest.fixture
def corrected(binding: Any) -> None:
    ecs_task_sets.apply(binding, TaskSets(ManualClock()), lambda: None)
    ecs_code_deploy_service.apply(binding)


def create(ecs: Any, **more: Any) -> Any:
    return ecs.create_service(
        cluster="c",
        serviceName="s",
        taskDefinition="t:1",
        desiredCount=1,
        deploymentController={"type": "CODE_DEPLOY"},
        **more,
    )["service"]


NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


def test_stock_ministack_takes_a_new_task_definition(ecs: Any) -> None:
    create(ecs)
    assert ecs.update_service(cluster="c", service="s", taskDefinition="t:2")["service"]["taskDefinition"].endswith(
        ":2"
    )


def test_stock_ministack_loses_the_rebalancing(ecs: Any) -> None:
    assert "availabilityZoneRebalancing" not in create(ecs, availabilityZoneRebalancing="DISABLED")


@pytest.mark.usefixtures("corrected")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"taskDefinition": "t:2"}, "Unable to update task definition on services with a CODE_DEPLOY"),
        ({"networkConfiguration": NETWORK}, "Unable to update network parameters on services with a CODE_DEPLOY"),
        ({"forceNewDeployment": True}, "Cannot force a new deployment on services with a CODE_DEPLOY"),
        ({"platformVersion": "1.4.0"}, "Unable to update platform version on services with a CODE_DEPLOY"),
        (
            {"loadBalancers": [{"targetGroupArn": "x"}]},
            "Unable to update load balancers on services with a CODE_DEPLOY",
        ),
    ],
)
def test_what_belongs_to_codedeploy_is_refused(ecs: Any, change: Any, words: Any) -> None:
    create(ecs)
    with pytest.raises(ClientError, match="InvalidParameterException") as caught:
        ecs.update_service(cluster="c", service="s", **change)
    message = caught.value.response["Error"]["Message"]
    assert message.startswith(words)
    assert message.endswith("deployment controller. Use AWS CodeDeploy to trigger a new deployment.")


@pytest.mark.usefixtures("corrected")
def test_what_does_not_is_taken(ecs: Any) -> None:
    create(ecs)
    settings = {"maximumPercent": 150, "minimumHealthyPercent": 50}
    changed = ecs.update_service(
        cluster="c",
        service="s",
        desiredCount=3,
        forceNewDeployment=False,
        healthCheckGracePeriodSeconds=7,
        deploymentConfiguration=settings,
        propagateTags="SERVICE",
    )["service"]
    assert changed["desiredCount"] == 3
    assert changed["healthCheckGracePeriodSeconds"] == 7
    assert changed["propagateTags"] == "SERVICE"


@pytest.mark.usefixtures("corrected")
def test_the_rebalancing_is_kept(ecs: Any) -> None:
    assert create(ecs, availabilityZoneRebalancing="ENABLED")["availabilityZoneRebalancing"] == "ENABLED"
    (found,) = ecs.describe_services(cluster="c", services=["s"])["services"]
    assert found["availabilityZoneRebalancing"] == "ENABLED"


@pytest.mark.usefixtures("corrected")
def test_a_service_with_a_deployment_in_flight_is_not_deleted(ecs: Any) -> None:
    create(ecs)
    task_set = ecs.create_task_set(cluster="c", service="s", taskDefinition="t:2", launchType="FARGATE")["taskSet"]
    with pytest.raises(ClientError, match="The service cannot be stopped while deployments are active"):
        ecs.delete_service(cluster="c", service="s", force=True)
    ecs.delete_task_set(cluster="c", service="s", taskSet=task_set["id"])
    ecs.delete_service(cluster="c", service="s", force=True)


@pytest.mark.usefixtures("corrected")
def test_a_target_group_that_no_listener_uses_is_refused(ecs: Any, ministack: Any) -> None:
    elb = ministack.client("elbv2")
    group = elb.create_target_group(Name="g", Protocol="HTTP", Port=80, VpcId="v")["TargetGroups"][0]["TargetGroupArn"]
    behind = [{"targetGroupArn": group, "containerName": "a", "containerPort": 80}]
    with pytest.raises(ClientError, match="does not have an associated load balancer"):
        create(ecs, loadBalancers=behind)
    (balancer,) = elb.create_load_balancer(Name="lb", Subnets=["subnet-1"])["LoadBalancers"]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    create(ecs, loadBalancers=behind)


@pytest.mark.usefixtures("corrected")
def test_a_service_under_ecs_is_as_before(ecs: Any) -> None:
    ecs.create_service(cluster="c", serviceName="w", taskDefinition="t:1", desiredCount=0)
    updated = ecs.update_service(cluster="c", service="w", taskDefinition="t:2", forceNewDeployment=True)
    assert updated["service"]["taskDefinition"].endswith(":2")
