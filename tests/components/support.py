"""Runs a piece of the program under Pulumi's mocks and keeps what it registered."""

from __future__ import annotations

import importlib
import json
import runpy
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2

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
from tests.components.runtime import own_loop, without_bookkeeping

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


def _made(type_: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what AWS would add to a resource: names stay, ARNs and addresses are made up from them."""
    if type_ == "docker-build:index:Image":
        return {"digest": "sha256:" + "b" * 64}
    if type_ == "slipway:index:Release":
        return {"releaseId": "3f9c1e20", "serving": {"api": "arn:api"}}
    called = str(inputs.get("name") or name)
    return {
        "arn": f"arn:{called}",
        "arnSuffix": f"suffix/{called}",
        "name": called,
        "dnsName": f"{called}.elb.amazonaws.com",
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{called}",
        "allocationId": f"eipalloc-{called}",
    }


def _answered(token: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a look-up would say."""
    answers: dict[str, dict[str, Any]] = {
        "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": [f"{REGION}{letter}" for letter in "abc"]},
        "aws:lb/getLoadBalancer:getLoadBalancer": {
            "arn": f"arn:{args.get('name')}",
            "arnSuffix": f"suffix/{args.get('name')}",
            "dnsName": f"{args.get('name')}.elb.amazonaws.com",
            "vpcId": "vpc-of-host",
            "subnets": ["subnet-2", "subnet-1"],
            "securityGroups": ["sg-of-host"],
        },
        "aws:ec2/getVpc:getVpc": {"id": args.get("id"), "cidrBlock": "10.9.0.0/16"},
        "aws:ecr/getRepository:getRepository": {
            "arn": f"arn:aws:ecr:{ARN}:repository/{args.get('name')}",
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{args.get('name')}",
        },
        "aws:ecr/getAuthorizationToken:getAuthorizationToken": {
            "userName": "AWS",
            "password": "a-token",
            "proxyEndpoint": f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
        },
        "aws:secretsmanager/getSecretVersions:getSecretVersions": _versions(str(args.get("secretId"))),
        "aws:secretsmanager/getSecret:getSecret": {
            "arn": f"arn:aws:secretsmanager:{ARN}:secret:{args.get('name')}-AbCdEf"
        },
        "aws:secretsmanager/getSecretVersion:getSecretVersion": {
            "secretString": f"the value of {args.get('secretId')}"
        },
        "github:index/getRestApi:getRestApi": answer(GITHUB.get(str(args.get("endpoint")))),
    }
    return answers[token]


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
    """Keeps what is registered, with its options, and answers as the engine and AWS would."""

    def __init__(self, built: Built, world: Mapping[str, Any]) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # all that would ask the mocks is below
        self._built = built
        self._world = world

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        path = parent.split("::")[2] + "$" if parent and not parent.split("::")[2].endswith("pulumi:Stack") else ""
        return f"urn:pulumi:staging::shop::{path}{type_}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the engine's call
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        found = rpc.deserialize_properties(request.object, keep_unknowns=True)
        inputs = {key: rpc.unwrap_rpc_secret(value) for key, value in found.items()}
        self._built.resources.append(
            Registered(
                type=request.type,
                name=request.name,
                inputs=inputs,
                secret=frozenset(key for key, value in found.items() if rpc.is_rpc_secret(value)),
                urn=urn,
                parent=request.parent,
                provider=request.provider,
                custom=request.custom,
                ignored=tuple(request.ignoreChanges),
                protect=request.protect,
                kept=request.retainOnDelete,
                dependencies=frozenset(urn.split("::")[-1] for urn in request.dependencies),
            )
        )
        made = resource_pb2.RegisterResourceResponse(urn=urn, id=f"id:{request.name}")
        made.object.update(_made(request.type, request.name, inputs))
        made.object.MergeFrom(request.object)
        return made

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the name of the engine's call
        args = rpc.deserialize_properties(request.args)
        self._built.calls.append((request.tok, args, request.provider))
        said = resource_pb2.ResourceInvokeResponse()
        getattr(said, "return").update({**_answered(request.tok, args), **self._world.get(request.tok, {})})
        return said

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
    monitor = _Monitor(built, world)

    def without_result() -> None:
        run()

    with own_loop(), without_bookkeeping():
        pulumi.runtime.set_mocks(monitor.mocks, project="shop", stack="staging", monitor=monitor)
        pulumi.runtime.test(without_result)()  # type: ignore[no-untyped-call]
    return built


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
