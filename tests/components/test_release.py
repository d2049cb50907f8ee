"""What a release is told."""

from __future__ import annotations

from delivery.plan import Migration
from settings import Database
from tests.components.support import ACCOUNT, app, environment, program, worker
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
    how = Migration(command=("migrate", "up"), downgrade=("migrate", "down"), timeout_minutes=30, ahead="refuse")
    database = Database(security_group="sg-0a1b2c3d", port=5432)
    built = program(environment(services=(app(migration=how),), database=database))
    (service,) = built.one("Release").inputs["services"]
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
