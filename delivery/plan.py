"""What a release is asked to do: plain values, complete before anything begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery.records import Served
from delivery.strategy import Strategy
from delivery.update import Update


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the new release: through the test listener before it gets any traffic, at its URL afterwards.

    path: with its leading slash.
    status: the HTTP status that is right; redirects are not followed.
    json: values that the JSON answer must hold, by dotted path, such as `{"database.status": "ok"}`; a step `*` stands
    for every entry of an object or list, of which there must be one at least.
    contains: text that must stand in the answer's first 4096 bytes.
    """

    path: str
    status: int = 200
    json: Mapping[str, Any] | None = None
    contains: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """How the schema of a service's database is brought to what its image needs; `delivery.schema` says what it prints.

    command: what the image is asked to do; downgrade: the same for the way back, without its last word, the revision to
    go back to; empty where there is no way back.
    timeout_minutes: then it is stopped.
    ahead: what happens where a release goes back and does not know the schema: `warn`, or `refuse`.
    """

    command: tuple[str, ...]
    downgrade: tuple[str, ...] = ()
    timeout_minutes: int = 15
    ahead: str = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """What people have decided that a release must be, or when it must not begin; `delivery.policy` asks.

    after: the environment that must serve it, healthy, first; empty for none. after_bucket: where that writes its
    releases down; after_near: whether it is in the same account and region, so that its health can be asked.
    tagged: whether only a semantic version may be released.
    freeze: windows in which nothing new is released, as `delivery.freeze` reads them.
    override: gates that only warn, each with the reason.
    """

    after: str = ""
    after_bucket: str = ""
    after_near: bool = False
    tagged: bool = False
    freeze: tuple[str, ...] = ()
    override: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """What one service should run, and what it is delivered with.

    name: as people call it; service, cluster: as ECS does.
    task_definition: the target's ARN; image: `repository@sha256:…`.
    container, port: what the load balancer talks to; a service without a port is a worker and rolls.
    application, deployment_group, deployment_config: of CodeDeploy; None for a worker.
    target_groups: the two ARNs between which traffic moves.
    listener, test_listener: their ARNs; test_listener None: no checks.
    load_balancer: its ARN; url: where people reach the service.
    subnets, security_groups, assign_public_ip: the network of the new tasks.
    desired_count: as declared; scalable: whether autoscaling may change it.
    alarms: names of the CloudWatch alarms that take the release back.
    migration: of its database; None where it has none.
    declared: a fingerprint of what the program declares for it, which is another thing than `task_definition` where a
    release is gone back to.
    """

    name: str
    cluster: str
    service: str
    task_definition: str
    image: str
    container: str
    port: int | None = None
    application: str | None = None
    deployment_group: str | None = None
    deployment_config: str | None = None
    target_groups: tuple[str, ...] = ()
    listener: str | None = None
    test_listener: str | None = None
    load_balancer: str | None = None
    url: str = ""
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    assign_public_ip: bool = False
    desired_count: int = 1
    scalable: bool = False
    checks: tuple[Check, ...] = ()
    alarms: tuple[str, ...] = ()
    migration: Migration | None = None
    declared: str = ""

    @property
    def target(self) -> Served:
        """What should serve."""
        return Served(image=self.image, task_definition=self.task_definition)

    @property
    def shifts(self) -> bool:
        """Whether traffic is shifted to it; otherwise its tasks are replaced one after the other."""
        return self.port is not None and self.deployment_group is not None

    @property
    def scalable_target(self) -> str:
        """Its name in Application Auto Scaling."""
        return f"service/{self.cluster_name}/{self.service}"

    @property
    def cluster_name(self) -> str:
        """The cluster's name, where `cluster` is its ARN."""
        return self.cluster.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePlan:
    """What a release is asked to do.

    environment: the stack. records_bucket: where it is written down.
    checker_function: the Lambda function that asks the checks; None: none are asked.
    version, commit: what it says it is. source: `build`, the stack it is taken from, or `pin`.
    services: workers roll in their order here. asked: the name it was asked for by; empty where it was not.
    reason: why, in a person's words. settings: non-secret, for the record; secrets: what each variable is looked up
    as, its version included, never a value.
    checks_budget_seconds: how long all checks together may take until they pass, each time that they are asked.
    waive: alarms that neither refuse the release nor are watched, each with the reason.
    account: twelve digits; any other account is refused.
    downgrade: whether a release that goes back undoes the schema that it does not know.
    together: whether one service that fails takes the others back; otherwise each stands for itself.
    gates: what it must be, and when it must not begin. lift_hold: whether it lifts a hold on the environment.
    update: the Pulumi update that asks.
    """

    environment: str
    records_bucket: str
    version: str
    strategy: Strategy
    services: tuple[ServicePlan, ...]
    commit: str = ""
    source: str = "build"
    checker_function: str | None = None
    settings_hash: str = ""
    reason: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    account: str = ""
    downgrade: bool = False
    checks_budget_seconds: int = 60
    waive: Mapping[str, str] = field(default_factory=dict)
    together: bool = True
    gates: Gates = field(default_factory=Gates)
    lift_hold: bool = False
    update: Update = field(default_factory=Update)

    @property
    def target(self) -> dict[str, Served]:
        """What should serve, by service."""
        return {service.name: service.target for service in self.services}

    @property
    def digests(self) -> frozenset[str]:
        """The digests of its images."""
        return frozenset(served.digest for served in self.target.values())

    @property
    def watched(self) -> dict[str, tuple[str, ...]]:
        """By service, the alarms that take the release back: those that are not waived."""
        named = {
            service.name: tuple(alarm for alarm in service.alarms if alarm not in self.waive)
            for service in self.services
        }
        return {name: alarms for name, alarms in named.items() if alarms}
