"""Services: shifted ones, workers, their tasks, roles, scaling, alarms and deployments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from unittest.mock import patch

import pulumi
import pytest
from pulumi_aws.secretsmanager.outputs import GetSecretVersionsVersionResult

from components import (
    Cluster,
    ClusterArgs,
    Image,
    ImageArgs,
    LoadBalancer,
    LoadBalancerArgs,
    Network,
    NetworkArgs,
    Service,
    ServiceArgs,
)
from components.deployment import Deployment
from components.secrets import current
from delivery.strategy import parse
from settings import AlarmSettings, Database, Environment, ExistingNetwork, Scale, Secret
from tests.components.support import ACCOUNT, ARN, Built, app, build, environment, worker

IMAGE = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/shop/api@sha256:" + "a" * 64
SUBNETS = ["subnet-1", "subnet-2"]
#: Nothing here is about the network: one that exists takes the fewest resources.
NETWORK = ExistingNetwork(vpc_id="vpc-1", public=("subnet-1", "subnet-2"), private=())


def services(env: Environment, world: Mapping[str, Any] | None = None) -> Built:
    return build(lambda on: declare_services(env, on), env, world)


def declare_services(env: Environment, on: pulumi.ResourceOptions) -> None:
    network = Network("network", NetworkArgs(names=env.names, network=NETWORK), on)
    cluster = Cluster("cluster", ClusterArgs(names=env.names), on)
    door = LoadBalancer("door", LoadBalancerArgs(env=env, network=network), on) if env.reachable else None
    for one in env.services:
        image = Image(one.name, ImageArgs(env=env, app=one, taken=IMAGE), on)
        parts = ServiceArgs(env=env, app=one, image=image, network=network, cluster=cluster, door=door)
        Service(one.name, parts, on)


@cache
def plain() -> Built:
    """Build the service as it ships; tests only read it."""
    return services(environment())


KNOWN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/key-AbCdEf"
PICTURES = "arn:aws:iam::111122223333:policy/read-pictures"
#: A service with something in every setting.
FULL = environment(
    services=(
        app(
            env={"LEVEL": "info", "A": "1"},
            command=("serve", "--fast"),
            policies=(PICTURES,),
            scale=Scale(low=2, high=6),
        ),
    ),
    secrets=(
        Secret(variable="DATABASE_URL", name="shop/db", arn=None, key=""),
        Secret(variable="KEY", name=None, arn=KNOWN, key="signing"),
        Secret(variable="LATEST", name="shop/db", arn=None, key="", pinned=False),
        Secret(variable="LATEST_KEY", name=None, arn=KNOWN, key="signing", pinned=False),
    ),
    alarms=AlarmSettings(period=60, datapoints=3, error_percent=2.5, latency_seconds=0.8, min_requests=50),
    strategy=parse("canary 10% 5m, bake 10m, warm 30m"),
)


@cache
def full() -> Built:
    """Build the service with something in every setting; tests only read it."""
    return services(FULL)


def test_a_service_with_a_port_is_codedeploys_to_shift() -> None:
    made = plain().one("Service")
    assert made.inputs == {
        "name": "shop-staging-api",
        "cluster": "arn:shop-staging-services",
        "taskDefinition": "arn:api-task-definition",
        "desiredCount": 1,
        "launchType": "FARGATE",
        "deploymentController": {"type": "CODE_DEPLOY"},
        "healthCheckGracePeriodSeconds": 60,
        "loadBalancers": [
            {"targetGroupArn": "arn:shop-staging-api-blue", "containerName": "api", "containerPort": 8000}
        ],
        "networkConfiguration": {"subnets": SUBNETS, "securityGroups": ["id:api-group"], "assignPublicIp": True},
        "propagateTags": "SERVICE",
        "enableEcsManagedTags": True,
    }
    assert made.ignored == ("taskDefinition", "loadBalancers", "networkConfiguration", "platformVersion")


def test_no_update_asks_of_the_service_what_only_codedeploy_may_change() -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html."""
    may = {"desiredCount", "healthCheckGracePeriodSeconds", "propagateTags", "enableEcsManagedTags"}
    makes_another = {"name", "cluster", "launchType", "deploymentController"}
    made = plain().one("Service")
    assert set(made.inputs) - set(made.ignored) == may | makes_another


def test_it_waits_for_listeners_roles_and_logs() -> None:
    """AWS refuses it without the first, and its tasks do not start without the others."""
    waits = plain().one("Service").dependencies
    assert {"door-api-listener", "door-api-test", "api-task-execution-policy", "api-task-logs"} <= waits


def test_a_worker_rolls_and_goes_back_by_itself() -> None:
    built = services(environment(services=(worker(),)))
    made = built.one("Service")
    assert made.inputs["deploymentController"] == {"type": "ECS"}
    assert made.inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert "loadBalancers" not in made.inputs
    assert made.ignored == ("taskDefinition",)
    assert not built.of("DeploymentGroup")
    assert not built.of("MetricAlarm")
    assert not built.of("SecurityGroupIngressRule")


def test_tasks_are_reached_by_the_load_balancer_alone() -> None:
    built = plain()
    port = {"ipProtocol": "tcp", "fromPort": 8000, "toPort": 8000}
    assert built.of("SecurityGroupIngressRule")["api-in"].inputs == {
        "securityGroupId": "id:api-group",
        "referencedSecurityGroupId": "id:door-group",
        "description": "the load balancer",
        **port,
    }
    assert {name: one.inputs for name, one in built.of("SecurityGroupEgressRule").items()} == {
        "api-from-door": {
            "securityGroupId": "id:door-group",
            "referencedSecurityGroupId": "id:api-group",
            "description": "tasks of api",
            **port,
        },
        "api-out": {
            "securityGroupId": "id:api-group",
            "ipProtocol": "-1",
            "cidrIpv4": "0.0.0.0/0",
            "description": "images, AWS, the world",
        },
    }


def test_a_task_definition_stays_registered_and_names_the_image_by_digest() -> None:
    made = full().one("TaskDefinition")
    inputs = dict(made.inputs)
    (container,) = json.loads(inputs.pop("containerDefinitions"))
    assert len(container.pop("secrets")) == len(FULL.secrets)
    assert inputs == {
        "family": "shop-staging-api",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"},
        "executionRoleArn": "arn:shop-staging-api-execution",
        "taskRoleArn": "arn:shop-staging-api-task",
        "skipDestroy": True,
    }
    assert container == {
        "name": "api",
        "image": IMAGE,
        "essential": True,
        "command": ["serve", "--fast"],
        "environment": [{"name": "A", "value": "1"}, {"name": "LEVEL", "value": "info"}],
        "portMappings": [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/shop/staging/api",
                "awslogs-region": "eu-central-1",
                "awslogs-stream-prefix": "api",
            },
        },
    }


def test_secrets_reach_the_task_as_references_and_its_role_may_read_just_them() -> None:
    built = full()
    database = f"arn:aws:secretsmanager:{ARN}:secret:shop/db-AbCdEf"
    (container,) = json.loads(built.one("TaskDefinition").inputs["containerDefinitions"])
    assert container["secrets"] == [
        {"name": "DATABASE_URL", "valueFrom": f"{database}:::current-1234"},
        {"name": "KEY", "valueFrom": f"{KNOWN}:signing::current-1234"},
        {"name": "LATEST", "valueFrom": database},
        {"name": "LATEST_KEY", "valueFrom": f"{KNOWN}:signing::"},
    ]
    asked = {token for token, _, _ in built.calls if "secretsmanager" in token}
    assert asked == {"aws:secretsmanager/getSecretVersions:getSecretVersions"}, "ids of versions, never a value"
    statements = built.policy("api-task-execution-policy")["Statement"]
    assert statements[-1] == {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": sorted([database, KNOWN]),
    }


def test_a_new_value_of_a_secret_is_another_task_definition() -> None:
    """It shows in the next preview, and is a release of its own."""
    following = {"versionId": "v2", "versionStages": ["AWSCURRENT"], "createdTime": "", "lastAccessedDate": ""}
    made = services(FULL, {"aws:secretsmanager/getSecretVersions:getSecretVersions": {"versions": [following]}})
    before, after = (str(built.one("TaskDefinition").inputs["containerDefinitions"]) for built in (full(), made))
    assert before != after
    assert before.replace("current-1234", "v2") == after


@cache
def other() -> Built:
    """Build the service with another variable and more memory; tests only read it."""
    return services(environment(services=(app(env={"LEVEL": "debug"}, memory=1024),)))


def test_another_variable_alone_is_another_task_definition_of_the_same_image() -> None:
    before, after = (
        json.loads(built.one("TaskDefinition").inputs["containerDefinitions"])[0] for built in (plain(), other())
    )
    assert after == {**before, "environment": [{"name": "LEVEL", "value": "debug"}]}


def test_more_memory_keeps_the_image() -> None:
    before, after = (built.one("TaskDefinition") for built in (plain(), other()))
    assert (before.inputs["memory"], after.inputs["memory"]) == ("512", "1024")
    assert "containerDefinitions" not in after.ignored
    images = [json.loads(made.inputs["containerDefinitions"])[0]["image"] for made in (before, after)]
    assert images == [IMAGE, IMAGE]


def test_a_secret_without_a_value_is_told() -> None:
    coming = GetSecretVersionsVersionResult(
        created_time="", last_accessed_date="", version_id="v1", version_stages=["AWSPENDING"]
    )
    with pytest.raises(pulumi.RunError) as told:
        current([coming], "shop/db")
    assert str(told.value) == (
        "secret shop/db has no current version, so no task that needs it could start.\n"
        "Fix:   give it a value: `aws secretsmanager put-secret-value --secret-id shop/db --secret-string …`."
    )


def test_the_execution_role_pulls_one_image_and_writes_one_log() -> None:
    assert plain().policy("api-task-execution-policy")["Statement"] == [
        {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]},
        {
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": [f"arn:aws:ecr:{ARN}:repository/shop/api"],
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"arn:aws:logs:{ARN}:log-group:/shop/staging/api:*"],
        },
    ]


def test_the_application_may_do_nothing_but_what_its_policies_say() -> None:
    built = full()
    assert [one.inputs["policyArn"] for one in built.of("RolePolicyAttachment").values()] == [PICTURES]
    assert "api-task-own-policy" not in built.of("RolePolicy")


def test_logs_are_kept_as_long_as_the_settings_say() -> None:
    assert plain().one("LogGroup").inputs == {"name": "/shop/staging/api", "retentionInDays": 30}


def test_the_database_lets_the_tasks_of_every_service_in() -> None:
    database = Database(security_group="sg-0a1b2c3d", port=5433)
    built = services(environment(services=(app(), worker()), database=database))
    for name in ("api", "worker"):
        assert built.of("SecurityGroupIngressRule")[f"{name}-database"].inputs == {
            "securityGroupId": "sg-0a1b2c3d",
            "description": f"tasks of staging {name}",
            "referencedSecurityGroupId": f"id:{name}-group",
            "ipProtocol": "tcp",
            "fromPort": 5433,
            "toPort": 5433,
        }


def test_a_fixed_number_of_tasks_is_not_scaled() -> None:
    built = plain()
    assert not built.of("slipway:aws:Scaling")
    made = built.one("Service")
    assert (made.inputs["desiredCount"], "desiredCount" in made.ignored) == (1, False)


def test_a_range_is_scaled_by_how_busy_tasks_are() -> None:
    built = full()
    what = {
        "serviceNamespace": "ecs",
        "scalableDimension": "ecs:service:DesiredCount",
        "resourceId": "service/shop-staging-services/shop-staging-api",
    }
    assert built.one("Target").inputs == {**what, "minCapacity": 2, "maxCapacity": 6}
    assert built.one("Policy").inputs == {
        **what,
        "name": "shop-staging-api-busy",
        "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 60,
            "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
        },
    }
    made = built.one("Service")
    assert (made.inputs["desiredCount"], "desiredCount" in made.ignored) == (2, True)


def query(id_: str, metric: str, stat: str, colour: str) -> dict[str, Any]:
    return {
        "id": id_,
        "returnData": False,
        "metric": {
            "namespace": "AWS/ApplicationELB",
            "metricName": metric,
            "dimensions": {
                "LoadBalancer": "suffix/shop-staging-door",
                "TargetGroup": f"suffix/shop-staging-api-{colour}",
            },
            "period": 60,
            "stat": stat,
        },
    }


@pytest.mark.parametrize("colour", ["blue", "green"])
def test_each_target_group_is_watched_for_itself(colour: str) -> None:
    made = full().of("MetricAlarm")
    common = {"evaluationPeriods": 3, "datapointsToAlarm": 3, "treatMissingData": "notBreaching"}
    requests = query("requests", "RequestCount", "Sum", colour)
    assert made[f"api-alarms-{colour}-errors"].inputs == {
        "name": f"shop-staging-api-{colour}-errors",
        "alarmDescription": f"api, {colour} target group: more than 2.5 % of requests fail",
        "metricQueries": [
            requests,
            query("errors", "HTTPCode_Target_5XX_Count", "Sum", colour),
            query("refused", "TargetConnectionErrorCount", "Sum", colour),
            {
                "id": "bad",
                "label": "errors",
                "returnData": True,
                "expression": "IF(requests >= 50, 100 * (FILL(errors, 0) + FILL(refused, 0)) / requests, 0)",
            },
        ],
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 2.5,
        **common,
    }
    assert made[f"api-alarms-{colour}-latency"].inputs == {
        "name": f"shop-staging-api-{colour}-latency",
        "alarmDescription": f"api, {colour} target group: 5 % of requests take longer than 0.8 s",
        "metricQueries": [
            requests,
            query("latency", "TargetResponseTime", "p95", colour),
            {"id": "bad", "label": "latency", "returnData": True, "expression": "IF(requests >= 50, latency, 0)"},
        ],
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 0.8,
        **common,
    }
    assert made[f"api-alarms-{colour}-health"].inputs == {
        "name": f"shop-staging-api-{colour}-health",
        "alarmDescription": f"api, {colour} target group: a task is unhealthy all the time",
        "metricQueries": [query("unhealthy", "UnHealthyHostCount", "Minimum", colour) | {"returnData": True}],
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "threshold": 1,
        **common,
    }


def test_codedeploy_waits_for_checks_keeps_blue_warm_and_goes_back_by_itself() -> None:
    built = full()
    assert built.one("Application").inputs == {"name": "shop-staging-api", "computePlatform": "ECS"}
    group = built.one("DeploymentGroup")
    assert group.inputs == {
        "appName": "shop-staging-api",
        "deploymentGroupName": "shop-staging-api",
        "deploymentConfigName": "CodeDeployDefault.ECSCanary10Percent5Minutes",
        "serviceRoleArn": "arn:shop-staging-api-codedeploy",
        "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
        "ecsService": {"clusterName": "shop-staging-services", "serviceName": "shop-staging-api"},
        "loadBalancerInfo": {
            "targetGroupPairInfo": {
                "targetGroups": [{"name": "shop-staging-api-blue"}, {"name": "shop-staging-api-green"}],
                "prodTrafficRoute": {"listenerArns": ["arn:door-api-listener"]},
                "testTrafficRoute": {"listenerArns": ["arn:door-api-test"]},
            }
        },
        "blueGreenDeploymentConfig": {
            "deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 60},
            "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 40},
        },
        "alarmConfiguration": {
            "enabled": True,
            "alarms": [
                f"shop-staging-api-{colour}-{what}"
                for colour in ("blue", "green")
                for what in ("errors", "latency", "health")
            ],
        },
        "autoRollbackConfiguration": {
            "enabled": True,
            "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
        },
    }
    assert "api-deployment-role-policy" in group.dependencies


#: A rollout, CodeDeploy's configuration for it, and how traffic moves where that is not one of AWS's own.
ROLLOUTS: dict[str, tuple[str, dict[str, Any] | None]] = {
    "all at once, bake 5m": ("CodeDeployDefault.ECSAllAtOnce", None),
    "canary 10% 15m, bake 5m": ("CodeDeployDefault.ECSCanary10Percent15Minutes", None),
    "linear 10% every 1m, bake 5m": ("CodeDeployDefault.ECSLinear10PercentEvery1Minutes", None),
    "linear 10% every 3m, bake 5m": ("CodeDeployDefault.ECSLinear10PercentEvery3Minutes", None),
    "canary 20% 3m, bake 5m": (
        "shop-staging-api-canary-20-percent-3-minutes",
        {"type": "TimeBasedCanary", "timeBasedCanary": {"percentage": 20, "interval": 3}},
    ),
    "linear 25% every 2m, bake 5m": (
        "shop-staging-api-linear-25-percent-2-minutes",
        {"type": "TimeBasedLinear", "timeBasedLinear": {"percentage": 25, "interval": 2}},
    ),
}


@cache
def rollouts() -> Built:
    """Build one service, and beside its own deployment one for each rollout."""

    def declare(on: pulumi.ResourceOptions) -> None:
        with patch("components.service.Deployment", wraps=Deployment) as made:
            declare_services(environment(), on)
        args = made.call_args.args[1]
        for rollout in ROLLOUTS:
            Deployment(rollout, replace(args, env=replace(args.env, strategy=parse(rollout))), on)

    return build(declare)


@pytest.mark.parametrize("rollout", ROLLOUTS)
def test_each_rollout_has_a_configuration_of_aws_or_one_that_is_named_by_its_steps(rollout: str) -> None:
    """AWS cannot change a configuration: other steps must be another one, which is made before the old one goes."""
    name, routing = ROLLOUTS[rollout]
    built = rollouts()
    assert built.of("DeploymentGroup")[f"{rollout}-group"].inputs["deploymentConfigName"] == name
    own = built.of("DeploymentConfig").get(f"{rollout}-config")
    if routing is None:
        assert own is None
    else:
        assert own is not None
        assert own.inputs == {
            "deploymentConfigName": name,
            "computePlatform": "ECS",
            "trafficRoutingConfig": routing,
        }


def test_codedeploys_role_moves_this_service_and_no_other() -> None:
    assert plain().policy("api-deployment-role-policy")["Statement"] == [
        {
            "Effect": "Allow",
            "Action": [
                "ecs:CreateTaskSet",
                "ecs:DeleteTaskSet",
                "ecs:DescribeServices",
                "ecs:UpdateServicePrimaryTaskSet",
            ],
            "Resource": [
                f"arn:aws:ecs:{ARN}:service/shop-staging-services/shop-staging-api",
                f"arn:aws:ecs:{ARN}:task-set/shop-staging-services/shop-staging-api/*",
            ],
        },
        {
            "Effect": "Allow",
            "Action": ["elasticloadbalancing:ModifyListener"],
            "Resource": ["arn:door-api-listener", "arn:door-api-test"],
        },
        {
            "Effect": "Allow",
            "Action": [
                "cloudwatch:DescribeAlarms",
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeTargetGroups",
            ],
            "Resource": ["*"],
        },
        {
            "Effect": "Allow",
            "Action": ["iam:PassRole"],
            "Resource": ["arn:shop-staging-api-execution", "arn:shop-staging-api-task"],
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        },
    ]


def test_it_tells_where_users_reach_it() -> None:
    built = plain()
    assert built.outputs["api"] == {
        "url": "http://shop-staging-door.elb.amazonaws.com",
        "task_definition": "arn:api-task-definition",
    }
