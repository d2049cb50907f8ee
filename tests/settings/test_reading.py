"""What right settings become."""

from __future__ import annotations

import contextlib
import json
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from delivery.notices import Tell
from delivery.plan import Check, Gates, Migration
from delivery.strategy import Strategy
from settings import (
    Database,
    Environment,
    ExistingNetwork,
    Origin,
    OwnNetwork,
    Registry,
    Scale,
    Secret,
    SettingsError,
    Shared,
)
from settings.network import _subnets
from settings.node import Node
from settings.reading import read
from settings.services import _scale
from settings.source import read_yaml, stack_files
from settings.table import SETTINGS
from tests.examples import examples
from tests.settings.support import PROJECT_FILE, ROOT, SHARED, STAGING, shared, source, staging, told

API = {"build": "example/backend", "port": 8000}


def test_a_stack_file_of_three_lines_is_enough(tmp_path: Path) -> None:
    env = staging(tmp_path)
    assert (env.region, env.account, env.source, env.release) == ("eu-central-1", "111122223333", "build", "")
    assert env.strategy == Strategy(kind="canary", percent=10, interval_minutes=5, bake_minutes=10)
    assert env.tags == {"project": "shop", "stack": "staging", "managed-by": "pulumi"}
    assert (env.protect, env.endpoint, env.certificate_arn, env.architecture) == (True, None, None, "x86_64")


def test_the_shipped_service(tmp_path: Path) -> None:
    (api,) = staging(tmp_path).services
    assert api.name == "api"
    assert (api.build.context, api.build.dockerfile, api.build.args) == (
        "example/backend",
        "example/backend/Dockerfile",
        {},
    )
    assert api.door is not None
    assert (api.door.port, api.door.listener, api.door.test_listener) == (8000, 80, 8080)
    assert api.door.checks == (Check(path="/"), Check(path="/health"), Check(path="/version"))
    assert (api.cpu, api.memory, api.scale) == (256, 512, Scale(low=1, high=1))


def test_a_service_without_a_port_is_a_worker(tmp_path: Path) -> None:
    services = {"worker": {"build": "example/backend", "command": "celery -A app worker --queue 'a b'"}}
    env = read(source(tmp_path, STAGING, services=services))
    (worker,) = env.services
    assert worker.door is None
    assert worker.command == ("celery", "-A", "app", "worker", "--queue", "a b")
    assert isinstance(env, Environment)
    assert not env.reachable
    assert env.url(worker, "lb.example") == ""


def test_a_migration(tmp_path: Path) -> None:
    how = {"command": "python -m service.migrate up", "downgrade": ["migrate", "down to"], "timeout": "2h"}
    given = {**STAGING, "shop:schema_ahead": "refuse", "shop:database": {"security_group": "sg-0a1b2c3d"}}
    given["shop:session"] = "4h"
    services = {"api": {**API, "migrate": how}, "worker": {"build": "example/backend"}}
    env = read(source(tmp_path, given, services=services))
    assert isinstance(env, Environment)
    assert [one.migration for one in env.services] == [
        Migration(
            command=("python", "-m", "service.migrate", "up"),
            downgrade=("migrate", "down to"),
            timeout_minutes=120,
            ahead="refuse",
        ),
        None,
    ]
    assert env.database == Database(security_group="sg-0a1b2c3d", port=5432)


def test_a_migration_is_a_command_and_the_rest_has_defaults(tmp_path: Path) -> None:
    (api,) = read(source(tmp_path, STAGING, services={"api": {**API, "migrate": {"command": ["up"]}}})).services
    assert api.migration == Migration(command=("up",), downgrade=(), timeout_minutes=15, ahead="warn")
    assert staging(tmp_path).database is None


def test_checks_say_more_where_they_must(tmp_path: Path) -> None:
    checks = [
        "/",
        {"path": "/health", "json": {"database.status": "ok"}},
        {"path": "/old", "status": 410, "contains": "x"},
    ]
    (api,) = read(source(tmp_path, STAGING, services={"api": {**API, "checks": checks}})).services
    assert api.door is not None
    assert api.door.checks == (
        Check(path="/"),
        Check(path="/health", json={"database.status": "ok"}),
        Check(path="/old", status=410, contains="x"),
    )


def test_gates(tmp_path: Path) -> None:
    assert staging(tmp_path).gates == Gates()
    windows = ["Fri 16:00 - Mon 08:00 Europe/Berlin", "2026-12-24 - 2026-12-27"]
    given = {"after": "production", "tagged": True, "freeze": windows, "override": {"freeze": "a demo"}}
    assert staging(tmp_path, gates=given).gates == Gates(
        after="production",
        after_bucket="shop-production-releases-444455556666",
        after_near=False,
        tagged=True,
        freeze=tuple(windows),
        override={"freeze": "a demo"},
    )


def test_who_is_told(tmp_path: Path) -> None:
    assert staging(tmp_path).tell == Tell()
    topic = "arn:aws:sns:eu-central-1:111122223333:shop"
    given = {"webhook": "shop/staging/chat", "topic": topic, "issues": "acme/shop"}
    told = staging(tmp_path, tell=given)
    assert told.tell == Tell(webhook="shop/staging/chat", topic=topic, issues="acme/shop")
    assert told.settings_hash == staging(tmp_path).settings_hash, "who hears of a release is no part of it"


def test_another_environment_is_near_in_the_same_account_and_region(tmp_path: Path) -> None:
    near = staging(tmp_path, account="444455556666", gates={"after": "production"}).gates
    assert (near.after_near, near.after_bucket) == (True, "shop-production-releases-444455556666")


def test_times_and_what_is_waived(tmp_path: Path) -> None:
    shipped = staging(tmp_path)
    assert (shipped.checks_budget_seconds, shipped.waive) == (60, {})
    changed = staging(tmp_path, checks_budget="2m", waive={"shop-staging-api-green-latency": "a slow month"})
    assert changed.checks_budget_seconds == 120
    assert changed.waive == {"shop-staging-api-green-latency": "a slow month"}


def test_a_worker_takes_its_time_too_and_warm_time_does_not_count(tmp_path: Path) -> None:
    services = {"api": API, "jobs": {"build": "example/backend"}}
    how = {"shop:rollout": "all at once, bake 2m, warm 24h", "shop:session": "1h"}
    (problem,) = told(source(tmp_path, {**STAGING, **how}, services=services))
    assert "start 30m + checks 2m + bake 2m + workers 30m + way back 5m 10s = 1h 9m 10s, longer than" in problem
    assert told(source(tmp_path, {**STAGING, **how, "shop:session": "90m"}, services=services)) == []
    assert told(source(tmp_path, {**STAGING, **how})) == []


def test_migrations_take_their_time_one_after_the_other(tmp_path: Path) -> None:
    slow = {**API, "migrate": {"command": "up", "timeout": "90m"}}
    (problem,) = told(source(tmp_path, {**STAGING, "shop:rollout": "all at once, bake 2m"}, services={"api": slow}))
    assert "longer than session 2h" in problem
    assert "migrations 1h 30m + start 30m" in problem


def test_without_checks_the_health_path_is_asked(tmp_path: Path) -> None:
    (api,) = read(source(tmp_path, STAGING, services={"api": {**API, "health": "/up"}})).services
    assert api.door is not None
    assert api.door.checks == (Check(path="/up"),)


def test_a_place_has_its_own_environment_over_the_services(tmp_path: Path) -> None:
    services = {"api": {**API, "env": {"LEVEL": "info", "PAGE": 20}}}
    (api,) = read(source(tmp_path, {**STAGING, "shop:env": {"LEVEL": "debug"}}, services=services)).services
    assert api.env == {"LEVEL": "debug", "PAGE": "20"}


def test_the_base_image_is_handed_to_the_recipe(tmp_path: Path) -> None:
    (api,) = staging(tmp_path, base_image="registry.example/python:3.11").services
    assert api.build.args == {"BASE_IMAGE": "registry.example/python:3.11"}


@pytest.mark.parametrize(
    ("text", "expected"), [(3, Scale(low=3, high=3)), ("3", Scale(low=3, high=3)), ("2-6", Scale(low=2, high=6))]
)
def test_scale(tmp_path: Path, text: Any, expected: Scale) -> None:
    (api,) = staging(tmp_path, scale={"api": text}).services
    assert api.scale == expected
    assert expected.scalable == (expected.high > expected.low)


def test_a_vpc_is_cut_into_a_public_and_a_private_subnet_per_zone(tmp_path: Path) -> None:
    assert staging(tmp_path, nat="per_zone", zones=3).network == OwnNetwork(
        cidr="10.20.0.0/16",
        public=("10.20.0.0/20", "10.20.16.0/20", "10.20.32.0/20"),
        private=("10.20.128.0/20", "10.20.144.0/20", "10.20.160.0/20"),
        nat="per_zone",
    )


def test_without_nat_there_are_no_private_subnets(tmp_path: Path) -> None:
    network = staging(tmp_path, nat="none").network
    assert isinstance(network, OwnNetwork)
    assert (len(network.public), network.private) == (2, ())


def test_a_vpc_that_exists_is_used(tmp_path: Path) -> None:
    given = {key: value for key, value in STAGING.items() if key != "shop:nat"}
    subnets = {"public": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"], "private": ["subnet-2a1b2c3d"]}
    found = read(source(tmp_path, {**given, "shop:vpc_id": "vpc-0a1b2c3d", "shop:subnets": subnets}))
    assert isinstance(found, Environment)
    assert found.network == ExistingNetwork(
        vpc_id="vpc-0a1b2c3d", public=("subnet-0a1b2c3d", "subnet-1a1b2c3d"), private=("subnet-2a1b2c3d",)
    )


def test_a_secret_that_aws_rotates_is_not_pinned(tmp_path: Path) -> None:
    given = {"A": {"secret": "shop/staging/db:password", "version": "latest"}, "B": {"secret": "shop/staging/key"}}
    assert staging(tmp_path, secrets=given).secrets == (
        Secret(variable="A", name="shop/staging/db", arn=None, key="password", pinned=False),
        Secret(variable="B", name="shop/staging/key", arn=None, key="", pinned=True),
    )


def test_secrets_are_references(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/key-AbCdEf"
    env = staging(
        tmp_path, secrets={"A": "shop/staging/db", "B": "shop/staging/db:password", "C": arn, "D": f"{arn}:x::"}
    )
    assert env.secrets == (
        Secret(variable="A", name="shop/staging/db", arn=None, key=""),
        Secret(variable="B", name="shop/staging/db", arn=None, key="password"),
        Secret(variable="C", name=None, arn=arn, key=""),
        Secret(variable="D", name=None, arn=arn, key="x"),
    )


def test_another_environment_is_found_by_its_file(tmp_path: Path) -> None:
    env = staging(tmp_path, source="production", release="1.7.4")
    assert env.origin == Origin(stack="production", account="444455556666", region="eu-central-1")
    assert (env.source, env.release, env.version, env.commit) == ("production", "1.7.4", "", "")


def test_a_certificate_moves_the_listeners_to_https(tmp_path: Path) -> None:
    arn = "arn:aws:acm:eu-central-1:111122223333:certificate/abc"
    env = staging(tmp_path, certificate_arn=arn, domain="staging.shop.dev")
    (api,) = env.services
    assert api.door is not None
    assert (api.door.listener, api.door.test_listener) == (443, 8443)
    assert env.url(api, "lb.example") == "https://staging.shop.dev"


def test_without_a_domain_users_come_to_the_load_balancer(tmp_path: Path) -> None:
    env = staging(tmp_path)
    assert env.url(env.services[0], "lb.example") == "http://lb.example"


def test_another_port_is_part_of_the_address(tmp_path: Path) -> None:
    env = read(source(tmp_path, STAGING, services={"api": {**API, "listener": 81}}))
    assert isinstance(env, Environment)
    assert env.url(env.services[0], "lb.example") == "http://lb.example:81"


def test_the_variable_of_awss_tools_says_where_aws_is(tmp_path: Path) -> None:
    here = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    assert read(source(tmp_path, STAGING, variables=here)).endpoint == "http://127.0.0.1:4566"
    given = {**STAGING, "shop:endpoint": "http://127.0.0.1:1"}
    assert read(source(tmp_path, given, variables=here)).endpoint == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Registry(account="111122223333", prefix="shop", owned=True)),
        ("acme/images", Registry(account="111122223333", prefix="acme/images", owned=False)),
        (
            "444455556666.dkr.ecr.eu-central-1.amazonaws.com/acme",
            Registry(account="444455556666", prefix="acme", owned=False),
        ),
        (
            "444455556666.dkr.ecr.eu-central-1.amazonaws.com",
            Registry(account="444455556666", prefix="shop", owned=False),
        ),
    ],
)
def test_the_registry(tmp_path: Path, text: str, expected: Registry) -> None:
    assert shared(tmp_path, registry=text).registry == expected


def test_what_a_stack_is_is_a_setting(tmp_path: Path) -> None:
    assert isinstance(read(source(tmp_path, SHARED, stack="common")), Shared)
    assert isinstance(read(source(tmp_path, STAGING, stack="shared")), Environment)


def test_what_is_recorded_names_no_release_and_no_machine(tmp_path: Path) -> None:
    env = staging(tmp_path, version="1.8.0")
    other = staging(tmp_path, version="1.9.0", endpoint="http://127.0.0.1:1")
    assert env.plain["rollout"] == PROJECT_FILE["config"]["rollout"]["default"]
    assert env.settings_hash == other.settings_hash
    assert env.settings_hash != staging(tmp_path, zones=3).settings_hash


@pytest.mark.parametrize("stack", [path.name.split(".")[1] for path in stack_files(ROOT)])
def test_the_shipped_stack_files_are_right(tmp_path: Path, stack: str) -> None:
    given = read_yaml(ROOT / f"Pulumi.{stack}.yaml")["config"]
    found = read(source(tmp_path, given, stack=stack))
    assert found.account == "111122223333"
    assert isinstance(found, Shared) == (stack == "shared")


def test_staging_and_production_differ_in_a_handful_of_lines() -> None:
    staging, production = (read_yaml(ROOT / f"Pulumi.{stack}.yaml")["config"] for stack in ("staging", "production"))
    different = {key for key in staging.keys() | production.keys() if staging.get(key) != production.get(key)}
    assert different == {"shop:source", "shop:gates", "shop:rollout", "shop:scale", "shop:nat", "shop:protect"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@examples(100, HealthCheck.function_scoped_fixture)
@given(st.dictionaries(st.sampled_from(sorted(SETTINGS)), _JSON, max_size=4))
@example({"services": {"api": None}})
@example({"services": {"api": {**API, "checks": [None, 1, {}]}}})
@example({"services": {"api": {**API, "migrate": {"command": [None], "downgrade": 1, "timeout": []}}}, "database": [1]})
@example({"subnets": {"public": [1, None]}, "cidr": "10.20.0.0/16"})
def test_whatever_is_written_it_is_read_or_refused(tmp_path: Path, wild: dict[str, Any]) -> None:
    """No value makes reading fail in another way than by saying what is wrong."""
    given = {
        **STAGING,
        **{f"shop:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in wild.items()},
    }
    with contextlib.suppress(SettingsError):
        read(source(tmp_path, given))


@given(st.integers(16, 23), st.integers(0, 255), st.integers(2, 6))
def test_subnets_lie_inside_and_apart(prefix: int, second: int, zones: int) -> None:
    whole = IPv4Network(f"10.{second}.0.0/{prefix}")
    node = Node("f", "subnets.public", [], [])
    parts = [part for first in (0, 8) for _, part in _subnets(node, whole, zones, first)]
    assert len(parts) == 2 * zones
    assert all(part.subnet_of(whole) and part.prefixlen <= 27 for part in parts)
    assert not any(one.overlaps(other) for one, other in combinations(parts, 2))


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_a_range_of_tasks_is_read_as_written(one: int, other: int) -> None:
    low, high = sorted((one, other))
    node = Node("f", "scale.api", f"{low}-{high}", [])
    assert (_scale(node), node.ok) == (Scale(low=low, high=high), True)


def test_workers_roll_in_the_order_of_their_names_but_behind_those_they_name(tmp_path: Path) -> None:
    worker = {"build": "example/backend"}
    api = {"build": "example/backend", "port": 8000}
    given = {"a": worker | {"after": ["c"]}, "api": api, "b": worker, "c": worker | {"after": ["d"]}, "d": worker}
    env = read(source(tmp_path, STAGING, services=given))
    assert [app.name for app in env.services] == ["api", "d", "c", "a", "b"]


def test_services_stand_together_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    assert staging(tmp_path).together
    assert not staging(tmp_path, together=False).together
