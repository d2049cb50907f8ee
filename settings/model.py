"""What the settings say, typed: everything the program reads stands in these classes, checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from delivery.notices import Tell
from delivery.plan import Check, Gates, Migration
from delivery.strategy import Strategy
from naming import Names
from settings.repository import GitHub

Nat = Literal["none", "one", "per_zone"]
Architecture = Literal["x86_64", "arm64"]
Approval = Literal["reviewers", "pull_request", "none"]

#: The source of an environment that builds its images itself.
BUILD = "build"


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """How the image of a service is made."""

    context: str
    """The folder that is sent to the builder, relative to the project."""
    dockerfile: str
    """The recipe, relative to the project."""
    args: Mapping[str, str]
    """Build arguments, the base image included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """How many tasks of a service run."""

    low: int
    high: int

    @property
    def scalable(self) -> bool:
        """Return whether AWS may choose the number."""
        return self.high > self.low


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """Where a service with a port is reached."""

    port: int
    """The port that its container listens on."""
    listener: int
    """The load balancer's port for users."""
    test_listener: int
    """The load balancer's port for checks, closed to the world."""
    health: str
    """The path that the load balancer asks."""
    checks: tuple[Check, ...]
    """What the release asks green before traffic."""
    drain: int
    """Seconds that a target which is going has for its open requests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """A service of the application: what it is made of, and how it runs in this place."""

    name: str
    build: Build
    door: Door | None
    """None for a worker, which nobody calls."""
    command: tuple[str, ...]
    """Words that replace the image's own command; empty to keep it."""
    cpu: int
    memory: int
    env: Mapping[str, str]
    policies: tuple[str, ...]
    grace: int
    """Seconds in which a new task may fail its health checks."""
    scale: Scale
    migration: Migration | None = None
    """None where it has no database, or brings no schema."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """A database that exists; services know how to reach it from their secrets."""

    security_group: str
    """The group that guards it: the tasks are let in."""
    port: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """A secret of Secrets Manager that services get as an environment variable."""

    variable: str
    name: str | None
    """Its name; its ARN is looked up. None where the ARN is given."""
    arn: str | None
    key: str
    """The key of a JSON secret to take; empty for the whole."""
    pinned: bool = True
    """Whether a release keeps to the version that is current when it begins; otherwise each task takes the newest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmSettings:
    """When a release is going wrong."""

    period: int
    datapoints: int
    error_percent: float
    latency_seconds: float
    min_requests: int

    @property
    def detection_seconds(self) -> int:
        """Return how long something must be wrong before an alarm rings."""
        return self.period * self.datapoints


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnNetwork:
    """A VPC that this stack makes."""

    cidr: str
    public: tuple[str, ...]
    """CIDRs of the public subnets, one per zone."""
    private: tuple[str, ...]
    """CIDRs of the private subnets, one per zone; empty without NAT."""
    nat: Nat


@dataclass(frozen=True, kw_only=True, slots=True)
class ExistingNetwork:
    """A VPC that is looked up and never owned."""

    vpc_id: str
    public: tuple[str, ...]
    private: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class HostNetwork:
    """The network that another environment's load balancer stands in. Its tasks have public addresses."""

    load_balancer: str
    """The load balancer's name; VPC and subnets are looked up from it."""

    @property
    def private(self) -> tuple[str, ...]:
        """None: which subnets have a way out is known to the host alone."""
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    """A short-lived environment that stands in another one's network, at that one's load balancer."""

    host: Names
    """Names of the environment whose guest it is."""
    port: int
    """The first of its listeners' ports: two for each service that has one."""
    until: str
    """When it may be removed, as `2026-12-01T00:00Z`."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """By service, the port for users where it is not counted from `port`; the next one is for checks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """Where images are kept."""

    account: str
    prefix: str
    """Repositories are called `<prefix>/<service>`."""
    owned: bool
    """Whether the shared stack makes them; False for a registry that exists."""

    def repository(self, service: str) -> str:
        """Return the repository of a service."""
        return f"{self.prefix}/{service}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """The environment whose releases this one takes."""

    stack: str
    account: str
    region: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Workflows:
    """What CI does around a release."""

    files: tuple[str, ...] = ()
    """The workflow files that are rendered, by name."""
    approval: Approval = "reviewers"
    suites: Mapping[str, str] = field(default_factory=dict)
    """Shell commands by suite, in the order in which suites run."""
    stores: tuple[str, ...] = ()
    """Stores that suites after `unit` find running."""
    frontend: str = ""
    """The folder with package.json, relative to the project; empty for none."""
    python: tuple[str, ...] = ("3.12",)
    """Versions of Python; the first is everybody's."""
    coverage: float = 85
    """Per cent of lines that must be covered where it is measured."""
    cache: tuple[str, ...] = ()
    code_scanning: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """What every stack has."""

    names: Names
    region: str
    account: str
    """The account that this stack may touch; the provider refuses any other."""
    endpoint: str | None
    """Where AWS is, if not at AWS."""
    protect: bool
    """Whether what holds state is guarded against deletion."""
    tags: Mapping[str, str]
    """Tags of every resource."""
    services: tuple[App, ...]
    registry: Registry
    workflows: Workflows = field(default_factory=Workflows)
    boundary: str | None = None
    """The ARN of the permissions boundary that every role gets; None where none is declared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared(Stack):
    """A stack of kind `shared`: what environments have in common."""

    github: GitHub | None = None
    """The repository; None where nothing of it is declared."""
    pullers: tuple[str, ...] = ()
    """Other accounts whose environments run images of this registry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """How a release ran here: what going back to it takes back beside its images. All by service, but the settings."""

    definitions: Mapping[str, str]
    """ARNs of the task definitions: image, variables, versions of secrets, sizes."""
    declared: Mapping[str, str] | None
    """What the program declared when this came to serve: what it declares otherwise by now takes its place. None: it
    is gone back to, whatever is declared."""
    settings: Mapping[str, Any]
    settings_hash: str
    secrets: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cargo:
    """What is released: something built here, or a release that is written down."""

    version: str
    commit: str
    source: str
    """`build`, the environment it is taken from, or `pin`."""
    images: Mapping[str, str] = field(default_factory=dict)
    """`repository@sha256:…` by service; empty for what is built here."""
    ran: Ran | None = None
    """How it ran here; None where its images meet the settings of now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment(Stack):
    """A stack of kind `environment`: a place where the services run."""

    origin: Origin | None
    """Where releases are taken from; None where images are built."""
    release: str
    """The release that is asked for by name; empty to follow."""
    version: str
    commit: str
    strategy: Strategy
    together: bool
    """Whether one service whose release fails takes the others back."""
    alarms: AlarmSettings
    network: OwnNetwork | ExistingNetwork | HostNetwork
    domain: str
    certificate_arn: str | None
    secrets: tuple[Secret, ...]
    architecture: Architecture
    log_retention_days: int
    plain: Mapping[str, Any]
    """The settings as written, for the release's record; no secret is among them."""
    database: Database | None = None
    checks_budget_seconds: int = 60
    """How long all checks together may take until they pass."""
    session_seconds: int = 3600
    """How long CI's credentials last."""
    waive: Mapping[str, str] = field(default_factory=dict)
    """Alarms that neither refuse a release nor are watched, each with the reason."""
    gates: Gates = field(default_factory=Gates)
    """What a release must be, and when it must not begin."""
    tell: Tell = field(default_factory=Tell)
    """Who hears that it was gone back, or promoted."""
    guest: Guest | None = None
    """None where it has a load balancer of its own."""
    readers: tuple[str, ...] = ()
    """Other accounts whose environments read the releases of this one."""

    @property
    def source(self) -> str:
        """Return where releases come from: `build`, or another environment's name."""
        return self.origin.stack if self.origin else BUILD

    @property
    def reachable(self) -> bool:
        """Return whether any service has a port: whether there is anything for a load balancer to do."""
        return any(app.door for app in self.services)

    @property
    def settings_hash(self) -> str:
        """Return a short name for this set of settings."""
        return hashlib.sha256(json.dumps(self.plain, sort_keys=True).encode()).hexdigest()[:12]

    def url(self, app: App, host: str) -> str:
        """Return where users reach `app`: under the domain if there is one, else under the load balancer's own name."""
        if app.door is None:
            return ""
        scheme, usual = ("https", 443) if self.certificate_arn else ("http", 80)
        port = "" if app.door.listener == usual else f":{app.door.listener}"
        return f"{scheme}://{self.domain or host}{port}"
