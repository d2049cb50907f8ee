"""The resource classes that the program uses: our provider, and the release of an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import pulumi

from delivery.plan import Check, Gates, Migration
from delivery.strategy import Strategy


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderArgs:
    """Where the provider acts. Credentials are found as every AWS tool finds them.

    region: such as `eu-central-1`.
    account: twelve digits; another one is refused before anything is done.
    endpoint: URL that stands in for all of AWS; None for AWS itself.
    profile: of the shared AWS configuration; None for the default chain.
    """

    region: pulumi.Input[str]
    account: pulumi.Input[str]
    endpoint: pulumi.Input[str] | None = None
    profile: pulumi.Input[str] | None = None


class Provider(pulumi.ProviderResource):
    """Delivers into one AWS account and region."""

    def __init__(self, name: str, args: ProviderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway", name, on_the_wire(args), opts)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceRelease:
    """What one service should run, and what it is delivered with; `delivery.plan.ServicePlan` explains each field."""

    name: str
    cluster: pulumi.Input[str]
    service: pulumi.Input[str]
    task_definition: pulumi.Input[str]
    image: pulumi.Input[str]
    container: str
    port: int | None = None
    application: pulumi.Input[str] | None = None
    deployment_group: pulumi.Input[str] | None = None
    deployment_config: pulumi.Input[str] | None = None
    target_groups: Sequence[pulumi.Input[str]] = ()
    listener: pulumi.Input[str] | None = None
    test_listener: pulumi.Input[str] | None = None
    load_balancer: pulumi.Input[str] | None = None
    url: pulumi.Input[str] = ""
    subnets: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    security_groups: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    assign_public_ip: pulumi.Input[bool] = False
    desired_count: pulumi.Input[int] = 1
    scalable: bool = False
    checks: Sequence[Check] = ()
    alarms: Sequence[pulumi.Input[str]] = ()
    migration: Migration | None = None
    declared: pulumi.Input[str] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseArgs:
    """What a release is asked to do; `delivery.plan.ReleasePlan` explains each field."""

    environment: str
    records_bucket: pulumi.Input[str]
    version: pulumi.Input[str]
    strategy: Strategy
    services: Sequence[ServiceRelease]
    commit: pulumi.Input[str] = ""
    source: str = "build"
    checker_function: pulumi.Input[str] | None = None
    settings_hash: pulumi.Input[str] = ""
    reason: pulumi.Input[str] = ""
    settings: pulumi.Input[Mapping[str, Any]] = field(default_factory=dict)
    secrets: pulumi.Input[Mapping[str, str]] = field(default_factory=dict)
    asked: str = ""
    checks_budget_seconds: int = 60
    waive: Mapping[str, str] = field(default_factory=dict)
    together: bool = True
    gates: Gates = field(default_factory=Gates)


class Release(pulumi.CustomResource):
    """Brings an environment from what serves to what should serve; one per environment.

    Checks the new tasks, shifts the traffic, watches it, and writes down what happened. Where the release does not
    succeed the update fails, what served before serves, and the next update tries again.
    """

    release_id: pulumi.Output[str]
    """The record's id."""
    result: pulumi.Output[str]
    """`succeeded`, or how it ended otherwise."""
    version: pulumi.Output[str]
    """The version that serves."""
    serving: pulumi.Output[Mapping[str, str]]
    """The task definition (ARN) that each service runs."""
    record_key: pulumi.Output[str]
    """Where in the environment's bucket the record lies."""
    started: pulumi.Output[str]
    """When the release began, ISO 8601 in UTC, by AWS's clock."""
    seconds: pulumi.Output[Mapping[str, float]]
    """How long its phases took."""

    TOKEN = "slipway:index:Release"  # noqa: S105 - a resource's type, not a secret
    _OUTPUTS = ("releaseId", "result", "serving", "recordKey", "started", "seconds")

    def __init__(self, name: str, args: ReleaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TOKEN, name, {**on_the_wire(args), **dict.fromkeys(self._OUTPUTS)}, opts)
        # The SDK knows outputs by their names on the wire.
        self.release_id = self.__dict__["releaseId"]
        self.record_key = self.__dict__["recordKey"]


def on_the_wire(args: Any) -> dict[str, Any]:
    """Turn one of the dataclasses here into the property map the engine gets.

    Names become camelCase; what is None is left out; values that are not known yet stay as they are, and so do the keys
    of plain dictionaries, which belong to the user.
    """
    named = {part.name: getattr(args, part.name) for part in fields(args)}
    return {_camel_case(name): _value(value) for name, value in named.items() if value is not None}


def _value(value: Any) -> Any:
    if isinstance(value, Check | Gates | Migration | ServiceRelease | Strategy):
        return on_the_wire(value)
    if isinstance(value, tuple | list):
        return [_value(item) for item in value]
    return value


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
