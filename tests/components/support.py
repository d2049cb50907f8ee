"""Runs a piece of the program under Pulumi's mocks and keeps what it registered."""

from __future__ import annotations

import asyncio
import importlib
import json
import runpy
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto.source_pb2 import StackTrace

from delivery.plan import Check
from delivery.strategy import parse
from naming import Names
from providers import connect
from settings import (
    AlarmSettings,
    App,
    Build,
    Cargo,
    Door,
    Environment,
    GitHub,
    OwnNetwork,
    Place,
    Registry,
    Scale,
    Shared,
)

# The SDK warns when it is loaded about resources that the program does not use.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    for _module in ("cloudwatch", "ec2", "ecr", "iam", "lambda_", "lb", "s3", "secretsmanager"):
        getattr(importlib.import_module(f"pulumi_aws.{_module}"), "loaded", None)  # any look inside loads it

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "111122223333"
REGION = "eu-central-1"
ARN = f"{REGION}:{ACCOUNT}"


@dataclass(frozen=True, slots=True)
class Registered:
    """One resource, as it was registered."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    secret: frozenset[str]
    """Inputs that the engine keeps encrypted."""
    urn: str
    parent: str
    provider: str
    custom: bool
    ignored: tuple[str, ...]
    protect: bool
    kept: bool
    dependencies: frozenset[str]


@dataclass(slots=True)
class Built:
    """What a piece of the program registered."""

    resources: list[Registered] = field(default_factory=list)
    calls: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, Registered]:
        """Return the resources of a type, by name; of a type that is no component's, the last part will do."""
        return {
            one.name: one
            for one in self.resources
            if one.type == kind or (one.custom and one.type.split(":")[-1] == kind)
        }

    def one(self, kind: str) -> Registered:
        """Return the only resource of a type."""
        (found,) = self.of(kind).values()
        return found

    def names(self) -> list[str]:
        """Return the names of all resources that are no components and no providers, in order of the alphabet."""
        return sorted(one.name for one in self.resources if one.custom and not one.type.startswith("pulumi:providers:"))

    def policy(self, name: str) -> Any:
        """Return a role's policy, read."""
        return json.loads(self.of("RolePolicy")[name].inputs["policy"])


class _Answers(pulumi.runtime.Mocks):
    """Answers as AWS would: names stay, ARNs and addresses are made up from them."""

    def __init__(self, built: Built, world: Mapping[str, Any]) -> None:
        self._built = built
        self._world = world

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        name = str(args.inputs.get("name") or args.name)
        made: dict[str, Any] = {
            "arn": f"arn:{name}",
            "arnSuffix": f"suffix/{name}",
            "name": name,
            "dnsName": f"{name}.elb.amazonaws.com",
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}",
            "allocationId": f"eipalloc-{name}",
        }
        if args.typ == "docker-build:index:Image":
            made = {"digest": "sha256:" + "b" * 64}
        if args.typ == "slipway:index:Release":
            made = {"releaseId": "3f9c1e20", "serving": {"api": "arn:api"}}
        return f"id:{args.name}", {**made, **args.inputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[Any, Any]:  # type: ignore[override]
        self._built.calls.append((args.token, args.args, args.provider))
        answers: dict[str, dict[str, Any]] = {
            "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": [f"{REGION}{letter}" for letter in "abc"]},
            "aws:lb/getLoadBalancer:getLoadBalancer": {
                "arn": f"arn:{args.args.get('name')}",
                "arnSuffix": f"suffix/{args.args.get('name')}",
                "dnsName": f"{args.args.get('name')}.elb.amazonaws.com",
                "vpcId": "vpc-of-host",
                "subnets": ["subnet-2", "subnet-1"],
                "securityGroups": ["sg-of-host"],
            },
            "aws:ec2/getVpc:getVpc": {"id": args.args.get("id"), "cidrBlock": "10.9.0.0/16"},
            "aws:ecr/getRepository:getRepository": {
                "arn": f"arn:aws:ecr:{ARN}:repository/{args.args.get('name')}",
                "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{args.args.get('name')}",
            },
            "aws:ecr/getAuthorizationToken:getAuthorizationToken": {
                "userName": "AWS",
                "password": "a-token",
                "proxyEndpoint": f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
            },
            "aws:secretsmanager/getSecretVersions:getSecretVersions": _versions(str(args.args.get("secretId"))),
            "aws:secretsmanager/getSecret:getSecret": {
                "arn": f"arn:aws:secretsmanager:{ARN}:secret:{args.args.get('name')}-AbCdEf"
            },
            "aws:secretsmanager/getSecretVersion:getSecretVersion": {
                "secretString": f"the value of {args.args.get('secretId')}"
            },
            "github:index/getRestApi:getRestApi": answer(GITHUB.get(str(args.args.get("endpoint")))),
        }
        return {**answers[args.token], **self._world.get(args.token, {})}


def _versions(secret: str) -> dict[str, Any]:
    """Return the versions of a secret: names get the ending that AWS gives them."""
    arn = secret if secret.startswith("arn:") else f"arn:aws:secretsmanager:{ARN}:secret:{secret}-AbCdEf"
    versions = [
        {
            "versionId": f"{word.lower()}-1234",
            "versionStages": [f"AWS{word}"],
            "createdTime": "",
            "lastAccessedDate": "",
        }
        for word in ("PREVIOUS", "CURRENT")
    ]
    return {"secretArn": arn, "arn": arn, "versions": versions}


#: What GitHub says of `acme/shop`, by path: a public repository whose administrator asks.
GITHUB: dict[str, Any] = {
    "repos/acme/shop": {
        "id": 4242,
        "name": "shop",
        "owner": {"login": "acme", "id": 77, "type": "Organization"},
        "private": False,
        "permissions": {"admin": True},
    },
    "users/alice": {"id": 7},
    "apps/github-actions": {"id": 15368},
    "orgs/acme/teams/platform": {"id": 3},
    "orgs/acme/teams/platform/repos/acme/shop": {"id": 4242},
}


def answer(body: Any, **headers: str) -> dict[str, Any]:
    """Return what the look-up of GitHub's REST API holds: for None, that there is no such thing."""
    told = {"X-Github-Request-Id": ["A:1"], **{name.replace("_", "-"): [value] for name, value in headers.items()}}
    return {"code": 200 if body else 404, "headers": json.dumps(told), "body": json.dumps(body or {})}


class _Monitor(mocks.MockMonitor):
    """Keeps the options of each resource, which the mocks do not hand on, and makes URNs as the engine does."""

    def __init__(self, answers: pulumi.runtime.Mocks, built: Built) -> None:
        super().__init__(answers)
        self._built = built

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        path = parent.split("::")[2] + "$" if parent and not parent.split("::")[2].endswith("pulumi:Stack") else ""
        return f"urn:pulumi:staging::shop::{path}{type_}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the engine's call
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            inputs = rpc.deserialize_properties(request.object, keep_unknowns=True)
            self._built.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    inputs={key: rpc.unwrap_rpc_secret(value) for key, value in inputs.items()},
                    secret=frozenset(key for key, value in inputs.items() if rpc.is_rpc_secret(value)),
                    urn=answer.urn,
                    parent=request.parent,
                    provider=request.provider,
                    custom=request.custom,
                    ignored=tuple(request.ignoreChanges),
                    protect=request.protect,
                    kept=request.retainOnDelete,
                    dependencies=frozenset(urn.split("::")[-1] for urn in request.dependencies),
                )
            )
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the name of the engine's call
        self._built.outputs[request.urn.split("::")[-1]] = rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def build(
    declare: Callable[[pulumi.ResourceOptions], Any],
    stack: Environment | Shared | None = None,
    world: Mapping[str, Any] | None = None,
) -> Built:
    """Run `declare` with the program's own providers; return what it registered. `world` changes look-ups' answers."""
    return _record(lambda: declare(connect(stack or environment())[0]), world or {})


def program(stack: Environment | Shared, cargo: Cargo | None = None) -> Built:
    """Run `__main__.py` itself for a stack of these settings, releasing `cargo`; return what it registered.

    The same program is run once: tests only read what it registered.
    """
    asked = (repr(stack), repr(cargo))
    if asked not in _PROGRAMS:
        _PROGRAMS[asked] = _program(stack, cargo)
    return _PROGRAMS[asked]


_PROGRAMS: dict[tuple[str, str], Built] = {}


def _program(stack: Environment | Shared, cargo: Cargo | None) -> Built:
    built_here = Cargo(version=getattr(stack, "version", ""), commit=getattr(stack, "commit", ""), source="build")
    exported: dict[str, Any] = {}

    def run() -> None:
        runpy.run_path(str(ROOT / "__main__.py"))
        pulumi.Output.all(**exported).apply(lambda known: exported.update(known))

    with (
        patch("settings.load", lambda: stack),
        patch("take.take", lambda *_: cargo or built_here),
        patch("pulumi.export", exported.__setitem__),
    ):
        built = _record(run, {})
    built.outputs["stack"] = exported
    return built


def _record(run: Callable[[], Any], world: Mapping[str, Any]) -> Built:
    built = Built()
    answers = _Answers(built, world)

    def without_result() -> None:
        run()

    with own_loop(), patch("pulumi.runtime.resource._get_stack_trace", StackTrace):  # reading the stack costs a third
        pulumi.runtime.set_mocks(answers, project="shop", stack="staging", monitor=_Monitor(answers, built))
        pulumi.runtime.test(without_result)()  # type: ignore[no-untyped-call]
    return built


@contextmanager
def own_loop() -> Iterator[None]:
    """Give what runs inside event loops of its own, and close them.

    Pulumi takes the current thread's loop, and its mocks make one more in each thread that answers; neither is closed.
    """
    with ThreadPoolExecutor(max_workers=1) as answering, closing(asyncio.new_event_loop()) as loop:
        loop.set_default_executor(answering)
        asyncio.set_event_loop(loop)
        answering.submit(asyncio.set_event_loop, asyncio.new_event_loop())
        try:
            yield
        finally:
            answering.submit(lambda: asyncio.get_event_loop().close()).result()
            asyncio.set_event_loop(None)


def app(name: str = "api", **changes: Any) -> App:
    """Return a service with a port; `changes` replace fields."""
    fields: dict[str, Any] = {
        "name": name,
        "build": Build(context="example/backend", dockerfile="example/backend/Dockerfile", args={}),
        "door": Door(
            port=8000, listener=80, test_listener=8080, health="/health", checks=(Check(path="/health"),), drain=10
        ),
        "command": (),
        "cpu": 256,
        "memory": 512,
        "env": {},
        "policies": (),
        "grace": 60,
        "scale": Scale(low=1, high=1),
    }
    return App(**(fields | changes))


def worker(name: str = "worker", **changes: Any) -> App:
    """Return a service that nobody calls."""
    return app(name, **({"door": None, "command": ("celery", "worker")} | changes))


def environment(**changes: Any) -> Environment:
    """Return a small staging; `changes` replace fields."""
    fields: dict[str, Any] = {
        **_common(),
        "origin": None,
        "release": "",
        "version": "1.8.0",
        "commit": "3f9c1e2",
        "strategy": parse("canary 10% 5m, bake 10m, warm 1h"),
        "together": True,
        "alarms": AlarmSettings(period=60, datapoints=2, error_percent=5, latency_seconds=1, min_requests=20),
        "network": OwnNetwork(cidr="10.20.0.0/16", public=("10.20.0.0/20", "10.20.16.0/20"), private=(), nat="none"),
        "domain": "",
        "certificate_arn": None,
        "secrets": (),
        "architecture": "x86_64",
        "log_retention_days": 30,
        "plain": {"rollout": "canary 10% 5m, bake 10m"},
    }
    return Environment(**(fields | changes))


def shared(**changes: Any) -> Shared:
    """Return the stack that environments share; `changes` replace fields."""
    return Shared(**(_common() | changes))


def repository(**changes: Any) -> GitHub:
    """Return a repository that delivers to staging here and to a production elsewhere; `changes` replace fields."""
    fields: dict[str, Any] = {
        "owner": "acme",
        "name": "shop",
        "endpoint": None,
        "issuer": "https://token.actions.githubusercontent.com",
        "places": (place("production", guarded=True, origin="staging"), place("staging")),
        "roles_only": False,
        "branch": "main",
        "files_branch": "slipway",
        "workflow_files": False,
        "tags": "v*",
        "approval": "reviewers",
        "reviewers": ("alice", "acme/platform"),
        "self_review": False,
        "wait_minutes": 0,
        "checks": ("gate",),
        "approvals": 1,
        "linear_history": True,
        "signed_commits": False,
        "code_owners": {},
        "labels": {},
        "actions": (),
        "secrets": {},
        "webhooks": {},
        "oidc_provider": None,
        "state": None,
        "state_key": None,
    }
    return GitHub(**(fields | changes))


def place(name: str, **changes: Any) -> Place:
    """Return an environment of this account that builds; `changes` replace fields."""
    fields: dict[str, Any] = {
        "names": Names(project="shop", stack=name),
        "account": ACCOUNT,
        "region": REGION,
        "guarded": False,
        "origin": None,
        "origin_account": ACCOUNT,
        "session_seconds": 7200,
    }
    return Place(**(fields | changes))


def _common() -> dict[str, Any]:
    return {
        "names": Names(project="shop", stack="staging"),
        "region": REGION,
        "account": ACCOUNT,
        "endpoint": None,
        "protect": False,
        "tags": {"project": "shop", "stack": "staging"},
        "services": (app(),),
        "registry": Registry(account=ACCOUNT, prefix="shop", owned=True),
    }
