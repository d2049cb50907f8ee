"""What wrong settings are told: the file, the key, the value, the rule and the way out, each word of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from settings import SettingsError
from settings.reading import read
from tests.settings.support import SHARED, STAGING, source, told

FILE = "Pulumi.staging.yaml"
API = {"build": "example/backend", "port": 8000}
WORKER: dict[str, Any] = {"build": "example/backend"}

#: What a stack file says -> what is told about it. Each line is one kind of mistake.
IN_THE_STACK_FILE: list[tuple[Mapping[str, Any], list[str]]] = [
    # keys
    ({"shop:rolout": "x"}, ["rolout: unknown; did you mean rollout?"]),
    ({"shop:desired_count": 2}, ["desired_count: unknown"]),
    ({"shop:region": "eu-central-1"}, ["region: unknown; did you mean aws:region?"]),
    (
        {"aws:profile": "me"},
        ["aws:profile: has no effect: the program's own provider takes aws:region only; set the variable AWS_PROFILE"],
    ),
    # account and region
    (
        {"shop:account": 12345678901},
        ['account: must be twelve digits, got 12345678901; YAML ate a leading zero: write "012345678901", in quotes'],
    ),
    (
        {"shop:account": 1234567},
        ["account: must be twelve digits, got 1234567; YAML reads it as a number: write it in quotes"],
    ),
    (
        {"shop:account": "<your account>"},
        ["account: must be twelve digits, got <your account>; `aws sts get-caller-identity` shows it"],
    ),
    ({"shop:account": ""}, ["account: must be twelve digits, got nothing; `aws sts get-caller-identity` shows it"]),
    (
        {"aws:region": ""},
        [
            "aws:region: must be an AWS region, got nothing; "
            "such as eu-central-1: `pulumi config set aws:region eu-central-1`"
        ],
    ),
    (
        {"aws:region": "Frankfurt"},
        [
            "aws:region: must be an AWS region, got Frankfurt; "
            "such as eu-central-1: `pulumi config set aws:region eu-central-1`"
        ],
    ),
    # forms
    (
        {"shop:kind": "enviroment"},
        ["kind: must be one of environment, shared, got enviroment; did you mean environment?"],
    ),
    ({"shop:protect": "maybe"}, ["protect: must be true or false, got maybe"]),
    ({"shop:scale": 3}, ["scale: must be an object (key: value), got 3"]),
    ({"shop:nat": ["none"]}, ['nat: must be one of none, one, per_zone, got ["none"]; did you mean none?']),
    ({"shop:tags": {"a": {"b": 1}}}, ['tags.a: must be text, got {"b": 1}']),
    # workflows
    (
        {"shop:workflows": {"approval": "reviewer"}},
        ["workflows.approval: must be one of reviewers, pull_request, none, got reviewer; did you mean reviewers?"],
    ),
    (
        {"shop:workflows": {"suites": {"e2e": "make e2e", "unit": " "}}},
        [
            "workflows.suites.e2e: unknown; "
            "there is end_to_end · integration · performance · quality · regression · unit",
            "workflows.suites.unit: must be a shell command, got  ; remove the suite to leave it out",
        ],
    ),
    (
        {"shop:workflows": {"suites": {"unit": "test ${{ github.head_ref }}"}}},
        [
            "workflows.suites.unit: must hold no ${{ … }}, got test ${{ github.head_ref }}; "
            "read the variables that GitHub sets, such as $GITHUB_SHA"
        ],
    ),
    (
        {"shop:workflows": {"python": [3.1], "stores": ["mysql"], "files": ["delivery"]}},
        [
            "workflows.files[0]: must be one of pull-request, deliver, operate, schedule, release, dependabot, "
            "got delivery; did you mean deliver?",
            "workflows.stores[0]: must be one of postgres, redis, got mysql",
            'workflows.python[0]: must be a version of Python, in quotes, got 3.1; such as "3.12"',
        ],
    ),
    (
        {"shop:workflows": {"python": [], "frontend": "a b", "coverage": 101, "cache": ["$HOME"]}},
        [
            "workflows.frontend: must be a folder, got a b; such as ../frontend",
            'workflows.python: must name a version of Python, got []; such as ["3.12"]',
            "workflows.coverage: must be a number above 0, at most 100, got 101",
            "workflows.cache[0]: must be a folder, got $HOME; such as ~/.cache/slipway",
        ],
    ),
    # network
    (
        {"shop:zones": "two"},
        ["zones: must be a whole number from 2 to 6, got two; a load balancer stands in two zones"],
    ),
    ({"shop:zones": 1}, ["zones: must be a whole number from 2 to 6, got 1; a load balancer stands in two zones"]),
    ({"shop:nat": "per-zone"}, ["nat: must be one of none, one, per_zone, got per-zone; did you mean per_zone?"]),
    ({"shop:nat": "gateway"}, ["nat: must be one of none, one, per_zone, got gateway"]),
    (
        {"shop:cidr": "10.20.0.0/33"},
        ["cidr: must be an IPv4 network such as 10.20.0.0/16, got 10.20.0.0/33; try 10.20.0.0/16"],
    ),
    (
        {"shop:cidr": "10.20.3.0/16"},
        ["cidr: must be an IPv4 network such as 10.20.0.0/16, got 10.20.3.0/16; did you mean 10.20.0.0/16?"],
    ),
    ({"shop:cidr": "10.0.0.0/8"}, ["cidr: must be a network from /16 to /23, got 10.0.0.0/8; try 10.20.0.0/16"]),
    ({"shop:cidr": "8.8.0.0/16"}, ["cidr: must be a private network, got 8.8.0.0/16; try 10.20.0.0/16"]),
    (
        {"shop:subnets": {"public": ["10.20.0.0/20", "10.20.8.0/21"]}},
        ["subnets.public[1]: must not overlap subnets.public[0], which is 10.20.0.0/20, got 10.20.8.0/21"],
    ),
    (
        {"shop:nat": "one", "shop:subnets": {"private": ["10.20.0.0/21", "10.20.64.0/20"]}},
        ["subnets.private[0]: must not overlap subnets.public, which is 10.20.0.0/20, got 10.20.0.0/21"],
    ),
    (
        {"shop:subnets": {"public": ["10.20.0.0/20", "10.30.0.0/20"]}},
        ["subnets.public[1]: must lie inside cidr 10.20.0.0/16, got 10.30.0.0/20"],
    ),
    (
        {"shop:subnets": {"public": ["10.20.0.0/20"]}},
        ["subnets.public: must have one CIDR per zone, which are 2, got 1"],
    ),
    (
        {"shop:subnets": {"public": ["10.20.0.0/28", "10.20.1.0/24"]}},
        ["subnets.public[0]: must be /27 or larger, got 10.20.0.0/28; a load balancer needs room for its addresses"],
    ),
    ({"shop:subnets": {"pubic": []}}, ["subnets.pubic: unknown; did you mean public?"]),
    (
        {"shop:subnets": {"private": ["10.20.0.0/20", "10.20.16.0/20"]}},
        [
            'subnets.private: has no use with nat none, got ["10.20.0.0/20", "10.20.16.0/20"]; '
            "remove it, or set nat to one or per_zone",
            "subnets.private[0]: must not overlap subnets.public, which is 10.20.0.0/20, got 10.20.0.0/20",
            "subnets.private[1]: must not overlap subnets.public, which is 10.20.16.0/20, got 10.20.16.0/20",
        ],
    ),
    (
        {"shop:vpc_id": "vpc-0a1b2c3d4e5f67890", "shop:subnets": {"public": ["subnet-0a1b2c3d", "10.1.0.0/24"]}},
        [
            "nat: has no effect where vpc_id is set, got none; remove it",
            "subnets.public[1]: must be the id of a subnet, got 10.1.0.0/24; vpc_id is set: name subnets that exist",
        ],
    ),
    (
        {"shop:vpc_id": "main"},
        [
            "vpc_id: must be the id of a VPC, got main; it looks like vpc-0a1b2c3d4e5f67890",
            "nat: has no effect where vpc_id is set, got none; remove it",
            "subnets.public: must name two subnets or more, got []; a load balancer stands in two zones",
        ],
    ),
    # scale
    ({"shop:scale": {"api": "4-2"}}, ["scale.api: must not begin above its end, got 4-2; did you mean 2-4?"]),
    ({"shop:scale": {"api": 0}}, ["scale.api: must be one task or more, got 0"]),
    (
        {"shop:scale": {"api": "many"}},
        ["scale.api: must be a number of tasks such as 2, or a range such as 2-6, got many"],
    ),
    ({"shop:scale": {"web": 1}}, ["scale.web: no service has this name; there is api"]),
    # what is released
    ({"shop:source": "staging"}, ["source: must not name its own stack, got staging; there is build · production"]),
    (
        {"shop:source": "prodution"},
        [
            "source: must be build, or the name of a stack that has a file Pulumi.prodution.yaml, got prodution; "
            "did you mean production?"
        ],
    ),
    (
        {"shop:source": "shared"},
        ["source: must name a stack of kind environment, got shared; there is build · production"],
    ),
    (
        {"shop:release": "sha256:12ab"},
        [
            "release: must be a digest: sha256: and 64 hex digits, got sha256:12ab; "
            "`./slipway history` shows what can be named here"
        ],
    ),
    (
        {"shop:release": "the last one"},
        [
            "release: must be a version, a digest or a release's id, got the last one; "
            "`./slipway history` shows what can be named here"
        ],
    ),
    (
        {"shop:version": "1.8 beta"},
        [
            "version: must be what an image tag may be: letters, digits, _ . and -, at most 128, got 1.8 beta; "
            "such as 1.8.0"
        ],
    ),
    # how traffic moves
    (
        {"shop:rollout": "all at once, bake 1m"},
        [
            "rollout: must bake as long as alarms need to ring, 2m (2 x 60 s), got all at once, bake 1m; "
            "write `bake 2m`",
        ],
    ),
    (
        {"shop:alarms": {"period": 90, "datapoints": 0, "eror_percent": 1, "latency_seconds": "slow"}},
        [
            "alarms.eror_percent: unknown; did you mean error_percent?",
            "alarms.period: must be a multiple of 60, got 90; a load balancer's metrics come once a minute",
            "alarms.datapoints: must be a whole number from 1 to 10, got 0",
            "alarms.latency_seconds: must be a number above 0, at most 300, got slow",
        ],
    ),
    # the database
    ({"shop:schema_ahead": "ignore"}, ["schema_ahead: must be one of warn, refuse, got ignore"]),
    (
        {"shop:database": {"port": 5432}},
        ["database.security_group: must be the id of the database's security group, got nothing; such as sg-0a1b2c3d"],
    ),
    (
        {"shop:database": {"security_group": "db", "port": 0, "host": "db"}},
        [
            "database.host: unknown; there is port · security_group",
            "database.security_group: must be the id of the database's security group, got db; such as sg-0a1b2c3d",
            "database.port: must be a whole number from 1 to 65535, got 0",
        ],
    ),
    ({"shop:database": "db"}, ["database: must be an object (key: value), got db"]),
    (
        {"shop:rollout": "linear 10% every 3m, bake 10m", "shop:session": "1h"},
        [
            "rollout: must end in time: start 30m + checks 2m + shift 27m + bake 10m + way back 5m 10s = 1h 14m 10s, "
            "longer than session 1h, got linear 10% every 3m, bake 10m; "
            "shorten it, or set session to 2h and let the CI role's credentials last as long"
        ],
    ),
    (
        {"shop:rollout": "all at once, bake 12h", "shop:session": "12h", "shop:checks_budget": "10m"},
        [
            "rollout: must end in time: start 30m + checks 20m + bake 12h + way back 5m 10s = 12h 55m 10s, "
            "longer than session 12h, got all at once, bake 12h; shorten it: no session lasts longer than 12h"
        ],
    ),
    (
        {"shop:session": "1 hour", "shop:checks_budget": 60},
        [
            "checks_budget: must be a time from 10s to 10m, got 60; such as 60s",
            "session: must be a time from 15m to 12h, got 1 hour; such as 1h",
        ],
    ),
    (
        {"shop:session": "13h", "shop:checks_budget": "5s"},
        [
            "checks_budget: must be a time from 10s to 10m, got 5s; such as 60s",
            "session: must be a time from 15m to 12h, got 13h; such as 1h",
        ],
    ),
    (
        {"shop:waive": {"shop-staging-api-green-errors": " ", "other": ""}},
        [
            "waive.shop-staging-api-green-errors: must say why nobody looks at this alarm, got  ",
            "waive.other: must say why nobody looks at this alarm, got nothing",
        ],
    ),
    # tell
    (
        {"shop:tell": {"webhok": "x", "webhook": "https://hooks.slack.com/services/T/B/hunter2", "topic": "shop"}},
        [
            "tell.webhok: unknown; did you mean webhook?",
            "tell.webhook: must be the name or the ARN of a secret in Secrets Manager that holds the address, "
            "got what looks like a value; such as shop/staging/chat",
            "tell.topic: must be the ARN of an SNS topic, got shop; such as arn:aws:sns:eu-central-1:111122223333:shop",
        ],
    ),
    (
        {"shop:tell": {"issues": "shop"}},
        ["tell.issues: must be the owner and the name of a repository, got shop; such as acme/shop"],
    ),
    # gates
    (
        {"shop:gates": {"freze": [], "tagged": "maybe", "override": {"frezee": "x", "tagged": " ", "after": ""}}},
        [
            "gates.freze: unknown; did you mean freeze?",
            "gates.tagged: must be true or false, got maybe",
            "gates.override.frezee: unknown; did you mean freeze?",
            "gates.override.tagged: must say why this gate only warns, got  ",
            "gates.override.after: must say why this gate only warns, got nothing",
        ],
    ),
    (
        {"shop:gates": {"after": "prodction"}},
        [
            "gates.after: must be the name of a stack that has a file Pulumi.prodction.yaml, got prodction; "
            "did you mean production?"
        ],
    ),
    (
        {"shop:gates": {"after": "staging"}},
        ["gates.after: must not name its own stack, got staging; there is production"],
    ),
    (
        {"shop:gates": {"after": "shared"}},
        ["gates.after: must name a stack of kind environment, got shared; there is production"],
    ),
    ({"shop:gates": {"freeze": "Sat - Sun"}}, ["gates.freeze: must be a list, got Sat - Sun"]),
    (
        {"shop:gates": {"freeze": ["Sat - Sun", "Fri 16:00 - Mon 8:00 Europe/Berlin", "Fri - Mon Europe/Berln", 5]}},
        [
            "gates.freeze[1]: expected a time such as 16:00, got `8:00`; "
            "write it like `Fri 16:00 - Mon 08:00 Europe/Berlin` or `2026-12-24 - 2026-12-27`\n"
            "    Fri 16:00 - Mon 8:00 Europe/Berlin\n"
            "                    ^^^^",
            "gates.freeze[2]: expected a time zone or the end, got `Europe/Berln`; did you mean Europe/Berlin?\n"
            "    Fri - Mon Europe/Berln\n"
            "              ^^^^^^^^^^^^",
            "gates.freeze[3]: expected a day such as `Fri` or a date such as 2026-12-24, got `5`; "
            "write it like `Fri 16:00 - Mon 08:00 Europe/Berlin` or `2026-12-24 - 2026-12-27`\n"
            "    5\n"
            "    ^",
        ],
    ),
    ({"shop:waive": ["other"]}, ['waive: must be an object (key: value), got ["other"]']),
    # environment and secrets
    (
        {"shop:env": {"LOG LEVEL": "debug"}},
        ["env.LOG LEVEL: must be named with letters, digits and underscores, no digit first, got LOG LEVEL"],
    ),
    (
        {"shop:secrets": {"DATABASE_URL": "postgres://me:secret@db/shop"}},
        [
            "secrets.DATABASE_URL: must be the name or the ARN of a secret in Secrets Manager, "
            "got what looks like a value; "
            "such as shop/staging/db, or shop/staging/db:password for one key of it"
        ],
    ),
    (
        {"shop:secrets": {"KEY": {"secret": "shop/key", "version": "newest"}, "OTHER": {"version": "pin"}}},
        [
            "secrets.KEY.version: must be one of pin, latest, got newest",
            "secrets.OTHER.secret: must be the name or the ARN of a secret in Secrets Manager, got nothing; "
            "such as shop/staging/db, or shop/staging/db:password for one key of it",
        ],
    ),
    (
        {"shop:secrets": {"1ST": "shop/staging/db"}},
        ["secrets.1ST: must be named with letters, digits and underscores, no digit first, got 1ST"],
    ),
    (
        {"shop:env": {"TOKEN": "x"}, "shop:secrets": {"TOKEN": "shop/token"}},
        ["secrets.TOKEN: must not be an environment variable too; remove TOKEN from env"],
    ),
    # the rest
    ({"shop:log_retention_days": -1}, ["log_retention_days: must be a whole number from 1 to 3653, got -1"]),
    (
        {"shop:log_retention_days": 45},
        ["log_retention_days: must be a number of days that CloudWatch allows, got 45; the nearest is 30"],
    ),
    (
        {"shop:certificate_arn": "arn:aws:acm:us-east-1:111122223333:certificate/abc", "shop:domain": "shop.dev"},
        [
            "certificate_arn: must be in the stack's region, eu-central-1, "
            "got arn:aws:acm:us-east-1:111122223333:certificate/abc; a load balancer takes no other"
        ],
    ),
    (
        {"shop:certificate_arn": "arn:aws:acm:eu-central-1:111122223333:certificate/abc"},
        ["domain: must be set where certificate_arn is, got nothing; the certificate is for that name"],
    ),
    (
        {"shop:domain": "https://shop.dev"},
        ["domain: must be a host name, got https://shop.dev; such as staging.shop.dev, without https://"],
    ),
    ({"shop:architecture": "arm"}, ["architecture: must be one of x86_64, arm64, got arm; did you mean arm64?"]),
    (
        {"shop:base_image": "python 3"},
        ["base_image: must be an image reference, got python 3; such as python:3.11-slim"],
    ),
    (
        {"shop:endpoint": "localhost"},
        ["endpoint: must be a URL, got localhost; such as http://127.0.0.1:4566; leave it out for AWS"],
    ),
    ({"shop:tags": {"stack": "other"}}, ["tags.stack: must be another name: Slipway sets this tag itself, got other"]),
    (
        {"shop:registry": "111122223333.dkr.ecr.us-east-1.amazonaws.com/acme"},
        [
            "registry: must be in the stack's region, eu-central-1, "
            "got 111122223333.dkr.ecr.us-east-1.amazonaws.com/acme; "
            "replicate the repositories there"
        ],
    ),
    (
        {"shop:registry": "Acme Corp"},
        [
            "registry: must be a prefix of repositories that exist, got Acme Corp; "
            "such as acme, or 111122223333.dkr.ecr.eu-central-1.amazonaws.com/acme, for acme/<service>"
        ],
    ),
]


@pytest.mark.parametrize(("given", "expected"), IN_THE_STACK_FILE, ids=lambda value: None)
def test_a_wrong_stack_file(tmp_path: Path, given: Mapping[str, Any], expected: list[str]) -> None:
    assert told(source(tmp_path, {**STAGING, **given})) == [f"{FILE}: {line}" for line in expected]


#: What the service `api` is changed to -> what is told about it.
IN_A_SERVICE: list[tuple[Mapping[str, Any], str]] = [
    ({"port": 0}, "port: must be a whole number from 1 to 65535, got 0"),
    ({"port": 70000}, "port: must be a whole number from 1 to 65535, got 70000"),
    ({"port": "eight"}, "port: must be a whole number from 1 to 65535, got eight"),
    ({"port": 80.5}, "port: must be a whole number from 1 to 65535, got 80.5"),
    ({"port": True}, "port: must be a whole number from 1 to 65535, got true"),
    ({"prot": 1}, "prot: unknown; did you mean port?"),
    (
        {"memory": 4096},
        "memory: must be 512, 1024 or 2048 with cpu 256, got 4096; 4096 goes with cpu 512 or 1024 or 2048",
    ),
    (
        {"cpu": 1024, "memory": 512},
        "memory: must be 2048 to 8192 in steps of 1024 with cpu 1024, got 512; 512 goes with cpu 256",
    ),
    ({"cpu": 300}, "cpu: must be one of 256, 512, 1024, 2048, 4096, 8192, 16384, got 300; 1024 are one vCPU"),
    ({"build": "nowhere"}, "build: must be a folder that exists, got nowhere; paths are relative to Pulumi.yaml"),
    ({"build": ""}, "build: must be the folder to build from, got nothing; the one with the Dockerfile"),
    ({"dockerfile": "Containerfile"}, "dockerfile: must be a file in example/backend, got Containerfile"),
    ({"health": "health"}, "health: must be a path that begins with a slash, got health; did you mean /health?"),
    (
        {"checks": ["version"]},
        "checks[0]: must be a path that begins with a slash, got version; did you mean /version?",
    ),
    ({"checks": []}, "checks: must name at least one path, got []; remove it to ask the health path"),
    ({"checks": "/"}, "checks: must be a list, got /"),
    ({"checks": [{"path": "/", "status": 20}]}, "checks[0].status: must be a whole number from 100 to 599, got 20"),
    (
        {"checks": [{"path": "/", "json": {"db..status": "ok"}}]},
        "checks[0].json.db..status: must be a path of names with dots between them, got db..status; "
        "such as database.status",
    ),
    (
        {"checks": [{"path": "/", "json": {"db*.status": "ok"}}]},
        "checks[0].json.db*.status: must have `*` alone between dots, for every entry, got db*.status; "
        "such as dependencies.*.status",
    ),
    ({"checks": [{"path": "/", "statsu": 200}]}, "checks[0].statsu: unknown; did you mean status?"),
    (
        {"test_listener": 80},
        "test_listener: must be a port of its own, and services.api.listener has it, got 80; set another, such as 81",
    ),
    ({"env": ["A"]}, 'env: must be an object (key: value), got ["A"]'),
    ({"policies": ["admin"]}, "policies[0]: must be the ARN of an IAM policy, got admin"),
    ({"command": "sh -c 'x"}, "command: must be a command whose quotes are closed, got sh -c 'x"),
    (
        {"migrate": {"command": ""}},
        "migrate.command: must be a command, got nothing; such as python -m service.migrate up",
    ),
    ({"migrate": "up"}, "migrate: must be an object (key: value), got up"),
    ({"migrate": {"command": "up 'x"}}, "migrate.command: must be a command whose quotes are closed, got up 'x"),
    (
        {"migrate": {"command": "up", "timeout": "15"}},
        "migrate.timeout: must be minutes or hours, got 15; such as 15m or 2h",
    ),
    (
        {"migrate": {"command": "up", "timeout": "25h"}},
        "migrate.timeout: must be at most 10h, got 25h; a longer one is begun by hand",
    ),
    ({"migrate": {"command": "up", "down": "x"}}, "migrate.down: unknown; did you mean downgrade?"),
    (
        {"after": ["api"]},
        'after: has no meaning with a port, got ["api"]; traffic shifts before any worker rolls: remove it',
    ),
    ({"drain": -1}, "drain: must be a whole number from 0 to 3600, got -1"),
    ({"grace": 10000}, "grace: must be a whole number from 0 to 7200, got 10000"),
]


@pytest.mark.parametrize(("changes", "expected"), IN_A_SERVICE, ids=lambda value: None)
def test_a_wrong_service(tmp_path: Path, changes: Mapping[str, Any], expected: str) -> None:
    wrong = source(tmp_path, STAGING, services={"api": {**API, **changes}})
    assert told(wrong) == [f"Pulumi.yaml: services.api.{expected}"]


#: All services -> what is told about them.
IN_THE_SERVICES: list[tuple[Any, list[str]]] = [
    ({}, ["services: must name at least one service, got none"]),
    ([API], ['services: must be an object (key: value), got [{"build": "example/backend", "port": 8000}]']),
    (
        {"": API},
        ["services.: must be named with small letters, digits and single hyphens, a letter first, got an empty name"],
    ),
    (
        {"Api": API},
        ["services.Api: must be named with small letters, digits and single hyphens, a letter first, got Api"],
    ),
    (
        {"recommendation-engine": API},
        ["services.recommendation-engine: must have a name of at most 20 characters, got 21"],
    ),
    (
        {"api": API, "jobs": WORKER | {"after": ["mailer", "api", "jobs"]}},
        [
            "services.jobs.after[0]: no service has this name, got mailer; there is api · jobs",
            "services.jobs.after[1]: must name a worker, got api; api has a port: its traffic shifts before any worker "
            "rolls",
            "services.jobs.after[2]: must name another worker, got jobs",
        ],
    ),
    (
        {"a": WORKER | {"after": ["b"]}, "b": WORKER | {"after": ["c"]}, "c": WORKER | {"after": ["b"]}},
        ["services.b.after: must not lead back to itself, got b → c → b; remove one of them"],
    ),
    ({"cache": API}, ["services.cache: must have another name: Slipway uses this one itself, got cache"]),
    (
        {"api": API, "web": API},
        [
            "services.web.listener: must be a port of its own, and services.api.listener has it, got 80; "
            "set another, such as 81",
            "services.web.test_listener: must be a port of its own, and services.api.test_listener has it, got 8080; "
            "set another, such as 8081",
        ],
    ),
    (
        {"worker": {"build": "example/backend", "health": "/"}},
        ["services.worker.health: has no meaning without a port, got /; set port, or remove it"],
    ),
]


@pytest.mark.parametrize(("services", "expected"), IN_THE_SERVICES, ids=lambda value: None)
def test_wrong_services(tmp_path: Path, services: Any, expected: list[str]) -> None:
    wrong = source(tmp_path, STAGING, services=services)
    assert told(wrong) == [f"Pulumi.yaml: {line}" for line in expected]


#: A rollout line -> what is told, and the words that are pointed at.
ROLLOUTS = [
    ("cannary 10% 5m", "expected `all` or `canary` or `linear`, got `cannary`; did you mean canary?", "cannary"),
    ("canary 100% 5m, bake 5m", "expected a share such as 10% after `canary`, got `100%`; write it like ", "100%"),
    ("canary 10% 5m, bake ten", "expected a time such as 5m or 1h after `bake`, got `ten`; write it like ", "ten"),
    (
        "canary 10% 5m, 50% 10m, bake 5m",
        "CodeDeploy shifts ECS traffic in two steps (`canary`: one share, later all the rest) or in equal steps "
        "(`linear`), and not in several of different sizes: `50%` cannot be a step of its own; "
        "write `canary 10% 15m` for two steps, or `linear 10% every 2m` for equal ones",
        "50%",
    ),
    (
        "canary 10% every 5m, bake 5m",
        "expected a time such as 5m or 1h after `canary`, got `every`: a canary has one share and one time; "
        "write `canary 10% 5m` for two steps, or `linear 10% every 5m` for equal ones",
        "every",
    ),
    ("canary 0% 5m, bake 5m", "canary: a share is 1% to 99%, got 0%; write it like ", "canary 0% 5m, bake 5m"),
]


@pytest.mark.parametrize(("text", "message", "word"), ROLLOUTS)
def test_a_wrong_rollout_points_at_the_word(tmp_path: Path, text: str, message: str, word: str) -> None:
    (problem,) = told(source(tmp_path, {**STAGING, "shop:rollout": text}))
    first, line, pointer = problem.splitlines()
    assert first.startswith(f"{FILE}: rollout: {message}")
    assert line == f"    {text}"
    assert line[pointer.index("^") : pointer.rindex("^") + 1] == word


def test_a_project_of_our_providers_name_is_refused(tmp_path: Path) -> None:
    given = {key.replace("shop:", "slipway:"): value for key, value in STAGING.items()}
    assert told(source(tmp_path, given, project="slipway")) == [
        "Pulumi.yaml: name: must differ from our provider's package: the engine would hand it every setting, "
        "secrets decrypted, got slipway; name the project after what it delivers"
    ]


def test_a_stack_of_a_name_that_aws_would_not_take_is_refused(tmp_path: Path) -> None:
    assert told(source(tmp_path, STAGING, stack="Prod_1")) == [
        "Pulumi.Prod_1.yaml: stack: must be named with small letters, digits and single hyphens, a letter first, "
        "got Prod_1"
    ]
    assert told(source(tmp_path, STAGING, stack="s" * 37)) == [
        f"Pulumi.{'s' * 37}.yaml: stack: must be shorter: with the project's name at most 40 characters, "
        f"got {'s' * 37}; shop is one part"
    ]


def test_an_encrypted_setting_is_refused_and_not_shown(tmp_path: Path) -> None:
    wrong = source(tmp_path, {**STAGING, "shop:base_image": "hunter 2"}, secret={"shop:base_image"})
    assert told(wrong) == [
        f"{FILE}: base_image: must not be encrypted, got a secret; "
        "put the value into Secrets Manager and name it in secrets"
    ]


def test_the_name_of_a_secret_is_no_secret(tmp_path: Path) -> None:
    wrong = source(tmp_path, {**STAGING, "shop:secrets": {"KEY": "shop/key"}}, secret={"shop:secrets"})
    assert told(wrong) == [
        f"{FILE}: secrets: must not be encrypted, got a secret; "
        "a name is none: `pulumi config set --path secrets.VARIABLE NAME --plaintext`"
    ]


def test_what_an_environment_is_told_means_nothing_to_the_shared_stack(tmp_path: Path) -> None:
    wrong = source(tmp_path, {**SHARED, "shop:rollout": "all at once"}, stack="shared")
    assert told(wrong) == ["Pulumi.shared.yaml: rollout: has no meaning in a stack of kind shared; remove it"]


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    """Twenty and more mistakes in one stack, and one message that names each of them."""
    given = {
        "shop:acount": "1",
        "aws:region": "",
        "shop:account": 12345678901,
        "shop:zones": 1,
        "shop:cidr": "10.20.0.0/33",
        "shop:nat": "gateway",
        "shop:protect": "maybe",
        "shop:scale": {"api": "4-2", "nobody": 1},
        "shop:source": "stagin",
        "shop:release": "sha256:12ab",
        "shop:version": "1.8 beta",
        "shop:rollout": "canary 100% 5m",
        "shop:alarms": {"period": 90},
        "shop:secrets": {"DB": "a secret"},
        "shop:log_retention_days": -1,
        "shop:domain": "https://shop.dev",
        "shop:architecture": "sparc",
        "shop:endpoint": "localhost",
    }
    services = {
        "api": {**API, "port": 0, "memory": 4096, "health": "health", "colour": "blue"},
        "recommendation-engine": {"build": "nowhere", "port": 70000},
        "Web": {**API, "cpu": 300},
    }
    with pytest.raises(SettingsError) as caught:
        read(source(tmp_path, given, services=services))
    assert {problem.key for problem in caught.value.problems} == {
        *("acount", "aws:region", "account", "zones", "cidr", "nat", "protect", "scale.api", "scale.nobody", "source"),
        *("release", "version", "rollout", "alarms.period", "secrets.DB", "log_retention_days", "domain"),
        *("architecture", "endpoint", "services.api.port", "services.api.memory", "services.api.health"),
        *("services.api.colour", "services.recommendation-engine", "services.recommendation-engine.build"),
        *("services.recommendation-engine.port", "services.recommendation-engine.listener"),
        *("services.recommendation-engine.test_listener", "services.Web", "services.Web.cpu", "services.Web.listener"),
        "services.Web.test_listener",
    }
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{len(caught.value.problems)} settings of stack 'staging' are wrong; nothing was touched."
    assert lines[-1] == "Fix:   docs/settings.md describes every setting."
    for problem in caught.value.problems:
        assert f"  {str(problem).splitlines()[0]}" in lines


def test_old_tasks_must_be_there_while_workers_roll(tmp_path: Path) -> None:
    given = {**STAGING, "shop:rollout": "all at once, bake 2m, warm 5m"}
    both = {"api": API, "jobs": WORKER}
    assert told(source(tmp_path, given, services=both)) == [
        "Pulumi.staging.yaml: rollout: must keep the old tasks warm while workers roll, 30m: one that fails takes "
        "traffic back, got all at once, bake 2m, warm 5m; write `warm 30m`, or set together to false"
    ]
    assert told(source(tmp_path, given, services={"api": API})) == []
    assert told(source(tmp_path, given, services={"jobs": WORKER})) == []
    assert told(source(tmp_path, {**given, "shop:together": False}, services=both)) == []
