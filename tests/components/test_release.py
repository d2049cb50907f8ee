"""What a release is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from delivery.strategy import parse
from settings import Cargo, Environment, Ran, Secret
from tests.components.support import ACCOUNT, ARN, Built, app, environment, program, worker
from tests.components.test_contract import large, small

IMAGE = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/shop"


def test_it_is_told_everything_that_it_moves_and_moves_it_with() -> None:
    env = environment(services=(app(), worker()))
    built = program(env)
    subnets = ["id:network-public-1", "id:network-public-2"]
    inputs = built.one("Release").inputs
    assert {key: value for key, value in inputs.items() if key not in ("services", "settings", "settingsHash")} == {
        "environment": "staging",
        "recordsBucket": "shop-staging-releases-111122223333",
        "checkerFunction": "shop-staging-checker",
        "version": "1.8.0",
        "commit": "3f9c1e2",
        "source": "build",
        "reason": "",
        "together": True,
        "secrets": {},
        "asked": "",
        "strategy": {
            "kind": "canary",
            "percent": 10,
            "intervalMinutes": 5,
            "bakeMinutes": 10,
            "warmMinutes": 60,
        },
        "checksBudgetSeconds": 60,
        "waive": {},
        "gates": {
            "after": "",
            "afterBucket": "",
            "afterNear": False,
            "tagged": False,
            "freeze": [],
            "override": {},
        },
    }
    assert (inputs["settings"], inputs["settingsHash"]) == (env.plain, env.settings_hash)
    assert inputs["services"] == [
        {
            "name": "api",
            "cluster": "shop-staging-services",
            "service": "shop-staging-api",
            "taskDefinition": "arn:api-task-definition",
            "image": f"{IMAGE}/api@sha256:{'b' * 64}",
            "container": "api",
            "declared": inputs["services"][0]["declared"],
            "port": 8000,
            "application": "shop-staging-api",
            "deploymentGroup": "shop-staging-api",
            "deploymentConfig": "CodeDeployDefault.ECSCanary10Percent5Minutes",
            "targetGroups": ["arn:shop-staging-api-blue", "arn:shop-staging-api-green"],
            "listener": "arn:door-api-listener",
            "testListener": "arn:door-api-test",
            "loadBalancer": "arn:shop-staging-door",
            "url": "http://shop-staging-door.elb.amazonaws.com",
            "subnets": subnets,
            "securityGroups": ["id:api-group"],
            "assignPublicIp": True,
            "desiredCount": 1,
            "scalable": False,
            "checks": [{"path": "/health", "status": 200}],
            "alarms": [
                f"shop-staging-api-{colour}-{what}"
                for colour in ("blue", "green")
                for what in ("errors", "latency", "health")
            ],
        },
        {
            "name": "worker",
            "cluster": "shop-staging-services",
            "service": "shop-staging-worker",
            "taskDefinition": "arn:worker-task-definition",
            "image": f"{IMAGE}/worker@sha256:{'b' * 64}",
            "container": "worker",
            "declared": inputs["services"][1]["declared"],
            "targetGroups": [],
            "url": "",
            "subnets": subnets,
            "securityGroups": ["id:worker-group"],
            "assignPublicIp": True,
            "desiredCount": 1,
            "scalable": False,
            "checks": [],
            "alarms": [],
        },
    ]


def test_it_is_told_how_a_database_is_migrated() -> None:
    built = large()
    service = built.one("Release").inputs["services"][0]
    assert service["migration"] == {
        "command": ["migrate", "up"],
        "downgrade": ["migrate", "down"],
        "timeoutMinutes": 30,
        "ahead": "refuse",
    }
    # The first task that looks for the database is a migration.
    assert "api-database" in built.one("Release").dependencies


def test_it_comes_after_everything_and_goes_before_it() -> None:
    waits = small().one("Release").dependencies
    assert {"api-deployment-group", "api-alarms-green-errors", "door-api-test", "checker-function"} <= waits
    assert {"records-bucket", "records-policy", "records-versioning"} <= waits


def test_where_things_are_protected_everything_is() -> None:
    """A destroy begins with what nothing depends on: where that is refused, nothing else goes."""
    built = large()
    release = built.one("Release")
    assert release.protect
    left = {one.name: one for one in built.resources if one.custom and not one.type.startswith("pulumi:providers:")}
    waiting = ["release-release"]
    while waiting:
        one = left.pop(waiting.pop(), None)
        waiting += one.dependencies if one else []
    assert left == {}


def test_workers_alone_have_nobody_to_ask() -> None:
    env = environment(services=(worker(),))
    built = program(env)
    assert "checkerFunction" not in built.one("Release").inputs
    assert not built.of("Function")
    assert not built.of("LoadBalancer")


SECRETS = (Secret(variable="KEY", name="shop/key", arn=None, key=""),)
TAKEN = f"{IMAGE}/api@sha256:{'a' * 64}"


THEN = f"arn:aws:secretsmanager:{ARN}:secret:shop/old-AbCdEf"


def gone_back(env: Environment, declared: dict[str, str] | None) -> Built:
    """Build a release that goes back to one that ran here, with another secret."""
    ran = Ran(
        definitions={"api": "arn:api:7"},
        declared=declared,
        settings={"env": {"LEVEL": "info"}},
        settings_hash="then",
        secrets={"KEY": f"{THEN}:::v1"},
    )
    return program(env, Cargo(version="1.7.4", commit="abc", source="pin", images={"api": TAKEN}, ran=ran))


def going_back(env: Environment, declared: dict[str, str] | None) -> Mapping[str, Any]:
    """Return what such a release is told."""
    return gone_back(env, declared).one("Release").inputs


def test_going_back_takes_back_the_task_definition_with_variables_and_secrets() -> None:
    inputs = going_back(environment(secrets=SECRETS), None)
    assert inputs["services"][0]["taskDefinition"] == "arn:api:7"
    assert (inputs["settings"], inputs["settingsHash"]) == ({"env": {"LEVEL": "info"}}, "then")
    assert inputs["secrets"] == {"KEY": f"{THEN}:::v1"}


def test_the_execution_role_may_read_what_a_release_names_that_is_gone_back_to() -> None:
    """The settings may name another secret by now; without the permission no task of that release would start."""
    built = gone_back(environment(secrets=SECRETS), None)
    now = f"arn:aws:secretsmanager:{ARN}:secret:shop/key-AbCdEf"
    assert built.policy("api-task-execution-policy")["Statement"][-1]["Resource"] == [now, THEN]


def test_what_was_gone_back_to_stays_until_something_else_is_declared() -> None:
    """A size, or what containers are told, is a release again; another rollout or alarm is not."""
    declared = {"api": going_back(environment(secrets=SECRETS), None)["services"][0]["declared"]}
    calm = environment(secrets=SECRETS, strategy=parse("all at once, bake 5m"), plain={"rollout": "all at once"})
    assert going_back(calm, declared)["services"][0]["taskDefinition"] == "arn:api:7"
    inputs = going_back(environment(secrets=SECRETS, services=(app(memory=1024),)), declared)
    assert inputs["services"][0]["taskDefinition"] == "arn:api-task-definition"
    assert inputs["settings"] == environment().plain
    latest = going_back(environment(secrets=(replace(SECRETS[0], pinned=False),)), declared)
    assert latest["services"][0]["taskDefinition"] == "arn:api-task-definition"
    assert latest["secrets"] == {"KEY": f"arn:aws:secretsmanager:{ARN}:secret:shop/key-AbCdEf"}
