"""Every setting there is: its form, what is allowed, and which kind of stack it speaks to.

Defaults and descriptions of the settings stand in `Pulumi.yaml`, once; those of what is inside an object stand here,
since the engine knows nothing about it. `docs/settings.md` is written from both, and a test compares all three.

The forms are checked by us and not by a `type:` in `Pulumi.yaml`: the engine would stop at the first wrong one, before
we could tell the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class StackKind(StrEnum):
    """What a stack is."""

    SHARED = "shared"
    """What environments have in common: the registry, the repository, the roles of CI."""
    ENVIRONMENT = "environment"
    """A place where the services run."""


class Form(StrEnum):
    """The form of a value, as `docs/settings.md` calls it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "true or false"
    OBJECT = "object"
    LIST = "list"

    @property
    def structured(self) -> bool:
        """Return whether the engine hands the value over as JSON."""
        return self in (Form.OBJECT, Form.LIST)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, apart from the default and the description that `Pulumi.yaml` gives."""

    form: Form
    allowed: str
    """What is allowed, in words."""
    shared: bool = False
    """Whether it means something to a stack of kind `shared` too."""
    application: bool = False
    """Whether it says what the application is, and so stands in `Pulumi.yaml`, rather than how a place differs."""


SETTINGS: Mapping[str, Setting] = {
    "kind": Setting(Form.TEXT, "`environment` or `shared`", shared=True),
    "account": Setting(Form.TEXT, "twelve digits, in quotes; required", shared=True),
    "services": Setting(Form.OBJECT, "name → fields, below; at least one", shared=True, application=True),
    "workflows": Setting(Form.OBJECT, "fields, below", shared=True, application=True),
    "registry": Setting(
        Form.TEXT,
        "empty, or `[<account>.dkr.ecr.<region>.amazonaws.com/]<prefix>` of repositories that exist",
        shared=True,
    ),
    "protect": Setting(Form.BOOLEAN, "`true` or `false`", shared=True),
    "tags": Setting(Form.OBJECT, "tag → value, at most 40", shared=True),
    "endpoint": Setting(Form.TEXT, "empty, or a URL", shared=True),
    "github": Setting(Form.OBJECT, "empty, or fields, below", shared=True),
    "source": Setting(Form.TEXT, "`build`, or the name of another environment's stack"),
    "release": Setting(Form.TEXT, "empty, a version, a digest (`sha256:` and 64 hex digits), or a release's id"),
    "version": Setting(Form.TEXT, "empty, or what an image tag may be: letters, digits, `_` `.` `-`, at most 128"),
    "rollout": Setting(
        Form.TEXT, "`all at once` · `canary P% Mm` · `linear P% every Mm`, then `, bake Mm` and `, warm Mm|Hh`"
    ),
    "checks_budget": Setting(Form.TEXT, "a time from `10s` to `10m`"),
    "session": Setting(Form.TEXT, "a time from `15m` to `12h`"),
    "together": Setting(Form.BOOLEAN, "`true` or `false`"),
    "alarms": Setting(Form.OBJECT, "fields, below"),
    "waive": Setting(Form.OBJECT, "name of an alarm → why"),
    "gates": Setting(Form.OBJECT, "fields, below"),
    "tell": Setting(Form.OBJECT, "fields, below"),
    "scale": Setting(Form.OBJECT, "service → number of tasks, or `low-high`"),
    "env": Setting(Form.OBJECT, "VARIABLE → text"),
    "secrets": Setting(
        Form.OBJECT, "VARIABLE → name or ARN of a secret in Secrets Manager, `:key` for one key of it; or fields, below"
    ),
    "database": Setting(Form.OBJECT, "empty, or fields, below"),
    "schema_ahead": Setting(Form.TEXT, "`warn` or `refuse`"),
    "architecture": Setting(Form.TEXT, "`x86_64` or `arm64`"),
    "base_image": Setting(Form.TEXT, "empty, or an image reference"),
    "log_retention_days": Setting(Form.INTEGER, "what CloudWatch allows: 1, 3, 5, 7, 14, 30, 60, 90, … 3653"),
    "domain": Setting(Form.TEXT, "empty, or a host name; required with `certificate_arn`"),
    "certificate_arn": Setting(Form.TEXT, "empty (HTTP), or the ARN of a certificate of the stack's region"),
    "cidr": Setting(Form.TEXT, "a private IPv4 network from /16 to /23"),
    "zones": Setting(Form.INTEGER, "2 to 6"),
    "nat": Setting(Form.TEXT, "`none`, `one` or `per_zone`"),
    "subnets": Setting(Form.OBJECT, "`public` and `private`: CIDRs inside `cidr`; with `vpc_id`, ids"),
    "guest": Setting(Form.OBJECT, "empty, or fields, below"),
    "vpc_id": Setting(Form.TEXT, "empty, or the id of a VPC that exists"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object: its form, default, what is allowed, and what it is for."""

    form: Form
    default: Any
    allowed: str
    what: str


SERVICE: Mapping[str, Field] = {
    "build": Field(Form.TEXT, None, "a folder; required", "The build context: the folder with the Dockerfile."),
    "dockerfile": Field(Form.TEXT, "Dockerfile", "a file in the context", "The recipe of the image."),
    "args": Field(Form.OBJECT, {}, "ARG → text", "Build arguments. They end up in the image: no secrets."),
    "port": Field(
        Form.INTEGER, None, "1 to 65535", "Where it listens for HTTP. Without one it is a worker: no load balancer."
    ),
    "health": Field(Form.TEXT, "/health", "a path", "What the load balancer asks to learn whether a task is healthy."),
    "checks": Field(
        Form.LIST,
        None,
        "paths, or `{path, status, json, contains}`",
        "What green is asked before traffic, and the URL after it has moved. Default: `health`.",
    ),
    "command": Field(Form.LIST, None, "a text or a list of words", "What to run instead of the image's own command."),
    "migrate": Field(
        Form.OBJECT,
        None,
        "fields, below",
        "What brings its database to the schema that the image needs; docs/migrations.md.",
    ),
    "cpu": Field(
        Form.INTEGER, 256, "256 · 512 · 1024 · 2048 · 4096 · 8192 · 16384", "CPU units of a task; 1024 are one vCPU."
    ),
    "memory": Field(Form.INTEGER, 512, "what Fargate pairs with `cpu`", "Memory of a task, in MiB."),
    "after": Field(
        Form.LIST,
        [],
        "names of other workers",
        "Of a worker: those that roll before it. Otherwise workers roll in the order of their names.",
    ),
    "listener": Field(
        Form.INTEGER, None, "1 to 65535", "The load balancer's port for users. Default: 80, with a certificate 443."
    ),
    "test_listener": Field(
        Form.INTEGER,
        None,
        "1 to 65535",
        "The port through which green is checked. Default: 8080, with a certificate 8443.",
    ),
    "env": Field(
        Form.OBJECT, {}, "VARIABLE → text", "Environment variables everywhere; the setting `env` adds a place's own."
    ),
    "policies": Field(
        Form.LIST, [], "ARNs of IAM policies", "What the running tasks may do in AWS; nothing as shipped."
    ),
    "drain": Field(Form.INTEGER, 10, "0 to 3600", "Seconds that a task which is going may finish its requests in."),
    "grace": Field(Form.INTEGER, 60, "0 to 7200", "Seconds in which a new task may fail its health checks."),
}

CHECK: Mapping[str, Field] = {
    "path": Field(Form.TEXT, None, "a path; required", "What to ask for."),
    "status": Field(Form.INTEGER, 200, "100 to 599", "The status that the answer must have."),
    "json": Field(
        Form.OBJECT,
        None,
        "dotted.path → value",
        "What the answer, read as JSON, must hold. `*` in a path: every entry.",
    ),
    "contains": Field(Form.TEXT, None, "text", "What the answer must contain."),
}

MIGRATE: Mapping[str, Field] = {
    "command": Field(
        Form.LIST, None, "a text or a list of words; required", "What a task of the new image runs before any traffic."
    ),
    "downgrade": Field(
        Form.LIST,
        None,
        "a text or a list of words",
        "What undoes it; the revision to go back to is added as last word.",
    ),
    "timeout": Field(Form.TEXT, "15m", "`1m` to `10h`", "How long either may take; then it is stopped."),
}

DATABASE: Mapping[str, Field] = {
    "security_group": Field(
        Form.TEXT,
        None,
        "a security group's id; required",
        "The database's group, which lets the tasks of all services in.",
    ),
    "port": Field(Form.INTEGER, 5432, "1 to 65535", "Where the database listens."),
}

ALARMS: Mapping[str, Field] = {
    "period": Field(Form.INTEGER, 60, "60 to 900, a multiple of 60", "Seconds that are counted together."),
    "datapoints": Field(Form.INTEGER, 2, "1 to 10", "Periods in a row that must be bad."),
    "error_percent": Field(
        Form.NUMBER, 5, "above 0, at most 100", "Share of requests answered with 5xx or not at all."
    ),
    "latency_seconds": Field(Form.NUMBER, 1, "above 0, at most 300", "What 95 of 100 requests must stay below."),
    "min_requests": Field(Form.INTEGER, 20, "1 to 1000000", "Fewer requests in a period say nothing."),
}

GATES: Mapping[str, Field] = {
    "after": Field(
        Form.TEXT, "", "empty, or the name of another environment's stack", "Where it must serve, healthy, first."
    ),
    "tagged": Field(Form.BOOLEAN, False, "`true` or `false`", "Whether it must have a semantic version: `1.8.0`."),
    "freeze": Field(
        Form.LIST,
        [],
        "`Fri 16:00 - Mon 08:00 Europe/Berlin` · `2026-12-24 - 2026-12-27`",
        "When nothing new is released: every week, or once. Without a time zone: UTC.",
    ),
    "override": Field(
        Form.OBJECT, {}, "`after`, `tagged` or `freeze` → why", "Gates that only warn. The record keeps which and why."
    ),
}

TELL: Mapping[str, Field] = {
    "webhook": Field(
        Form.TEXT,
        "",
        "empty, or name or ARN of a secret",
        'The secret holds a chat\'s address, which takes `{"text": …}`: Slack, Mattermost, Google Chat.',
    ),
    "topic": Field(Form.TEXT, "", "empty, or the ARN of an SNS topic", "Mail, a pager, whatever listens to it."),
    "issues": Field(
        Form.TEXT,
        "",
        "empty, or a repository: `acme/shop`",
        "Where going back opens an issue with the label `incident`, by `GITHUB_TOKEN` (or `GH_TOKEN`).",
    ),
}

GUEST: Mapping[str, Field] = {
    "of": Field(
        Form.TEXT,
        None,
        "the name of another environment's stack, in the same account and region; required",
        "The environment whose network and load balancer it uses.",
    ),
    "port": Field(
        Form.INTEGER,
        9000,
        "1024 to 65000",
        "The load balancer's first port for it. Each service with a port takes two: for users, then for checks.",
    ),
    "ports": Field(
        Form.OBJECT,
        {},
        "service → 1024 to 65000",
        "The first of a service's two, which it keeps when others come. Default: counted from `port`, by name.",
    ),
    "branch": Field(
        Form.TEXT,
        "",
        "a branch of the repository",
        "Where it came from: `./slipway env prune` removes it once `origin` has that branch no more.",
    ),
    "until": Field(
        Form.TEXT,
        None,
        "a time in UTC, such as `2026-12-01T00:00Z`; required",
        "From when on `./slipway env prune` removes it.",
    ),
}

SUBNETS: Mapping[str, Field] = {
    "public": Field(
        Form.LIST, [], "CIDRs or ids", "Where the load balancer is; tasks too where there are no private ones."
    ),
    "private": Field(Form.LIST, [], "CIDRs or ids", "Where tasks are, with a way out through NAT."),
}

SECRET: Mapping[str, Field] = {
    "secret": Field(
        Form.TEXT, None, "name or ARN of a secret, `:key` for one key of it; required", "The secret in Secrets Manager."
    ),
    "version": Field(
        Form.TEXT,
        "pin",
        "`pin` or `latest`",
        "`pin`: a release keeps the version that is current when it begins; a new value is a release. `latest`: each "
        "task takes the newest when it starts, as a password that AWS rotates needs.",
    ),
}

GITHUB: Mapping[str, Field] = {
    "repository": Field(Form.TEXT, None, "`owner/name`; required", "The repository, which exists."),
    "approval": Field(
        Form.TEXT,
        "reviewers",
        "`reviewers`, `pull_request` or `none`",
        "Who lets a release into an environment that takes what another proved; docs/github.md. It is "
        "`workflows.approval`, and refused where it says another.",
    ),
    "reviewers": Field(
        Form.LIST, [], "at most 6 people or `owner/team`", "Who approves; required unless `approval` is `none`."
    ),
    "self_review": Field(Form.BOOLEAN, False, "`true` or `false`", "Whether who began a release may approve it."),
    "wait_minutes": Field(
        Form.INTEGER,
        0,
        "0 to 43200",
        "How long such an environment waits before each release; its rollback never does.",
    ),
    "branch": Field(Form.TEXT, "main", "a branch", "The branch that releases come from."),
    "tags": Field(Form.TEXT, "v*", "a pattern", "The tags of releases: nobody moves or deletes them."),
    "files_branch": Field(
        Form.TEXT, "slipway", "a branch", "Where files of ours are proposed; nobody else writes there."
    ),
    "workflow_files": Field(
        Form.BOOLEAN,
        False,
        "`true` or `false`",
        "Whether what `./slipway render` gives is proposed too; the token must be allowed to change workflows.",
    ),
    "checks": Field(
        Form.LIST, ["gate"], "names of jobs", "What must pass before a pull request is merged; `[]` for nothing."
    ),
    "approvals": Field(Form.INTEGER, 1, "0 to 6", "Reviews that a pull request needs."),
    "linear_history": Field(Form.BOOLEAN, True, "`true` or `false`", "Whether merge commits are refused."),
    "signed_commits": Field(Form.BOOLEAN, False, "`true` or `false`", "Whether commits must be signed."),
    "code_owners": Field(
        Form.OBJECT, {}, "path → list of people or teams", "Whose review a path needs, beside what guards releases."
    ),
    "labels": Field(Form.OBJECT, {}, "name → `RRGGBB description`", "Labels to make, beside Slipway's own."),
    "actions": Field(
        Form.LIST,
        [],
        "patterns such as `aws-actions/*`",
        "Actions that workflows may use beside GitHub's own. `[]`: all.",
    ),
    "secrets": Field(
        Form.OBJECT,
        {},
        "NAME → name of a secret in Secrets Manager",
        "Secrets of every environment; `{environment}` in a name stands for it.",
    ),
    "webhooks": Field(Form.OBJECT, {}, "name → fields, below", "Who else is told of what happens in the repository."),
    "oidc_provider": Field(
        Form.TEXT, "", "empty, or an ARN", "The account's OIDC provider for GitHub, if it has one. Empty to make it."
    ),
    "issuer": Field(
        Form.TEXT,
        "https://token.actions.githubusercontent.com",
        "an https URL",
        "Who signs the tokens of workflows; an Enterprise Server does so itself.",
    ),
    "endpoint": Field(Form.TEXT, "", "empty, or a URL", "Where GitHub is, if not at github.com."),
    "state": Field(
        Form.TEXT,
        "",
        "empty, or a bucket",
        "The bucket with Pulumi's state, in this stack's region, which CI's roles then may use.",
    ),
    "state_key": Field(Form.TEXT, "", "empty, or an ARN", "The KMS key that Pulumi's state is encrypted with."),
    "roles_only": Field(
        Form.BOOLEAN,
        False,
        "`true` or `false`",
        "Whether only the roles of this account are declared; another stack declares the repository.",
    ),
}

WEBHOOK: Mapping[str, Field] = {
    "url": Field(Form.TEXT, None, "an https URL; required", "Where messages go."),
    "events": Field(Form.LIST, ["deployment_status"], "events of GitHub", "What is told."),
    "secret": Field(Form.TEXT, None, "the name of a secret in Secrets Manager; required", "What signs the messages."),
}

#: The suites that CI knows, in the order in which they run.
SUITES = ("quality", "unit", "integration", "end_to_end", "regression", "performance")
#: The workflow files there are, by name; docs/workflows.md says what each does.
FILES = ("pull-request", "deliver", "operate", "schedule", "release", "dependabot")

WORKFLOWS: Mapping[str, Field] = {
    "files": Field(Form.LIST, [], " · ".join(FILES), "The files that are rendered. Empty for all."),
    "approval": Field(
        Form.TEXT,
        "reviewers",
        "`reviewers` · `pull_request` · `none`",
        "Who lets a release into production: reviewers of a GitHub environment, who merges a pull request, nobody.",
    ),
    "suites": Field(
        Form.OBJECT,
        {},
        " · ".join(f"`{suite}`" for suite in SUITES) + " → a shell command",
        "What is run before a release, in the project's folder. A suite without a command is left out.",
    ),
    "stores": Field(
        Form.LIST,
        [],
        "`postgres` · `redis`",
        "What suites after `unit` find running, in DATABASE_URL and REDIS_URL.",
    ),
    "frontend": Field(Form.TEXT, "", "empty, or a folder with package.json", "Is linted, tested and built with npm."),
    "python": Field(Form.LIST, ["3.12"], "versions", "`unit` runs on each; everything else on the first."),
    "coverage": Field(
        Form.NUMBER, 85, "above 0, at most 100", "Per cent of lines; below it fails a suite that leaves coverage.xml."
    ),
    "cache": Field(Form.LIST, [], "folders", "What checks of pull requests keep between two runs, beside packages."),
    "code_scanning": Field(
        Form.BOOLEAN,
        True,
        "`true` or `false`",
        "CodeQL and dependency review: public repositories have them, private ones pay for them.",
    ),
}

#: The objects with known fields, by the setting that holds them.
OBJECTS: Mapping[str, Mapping[str, Field]] = {
    "services.<name>": SERVICE,
    "services.<name>.checks[]": CHECK,
    "services.<name>.migrate": MIGRATE,
    "workflows": WORKFLOWS,
    "database": DATABASE,
    "alarms": ALARMS,
    "gates": GATES,
    "tell": TELL,
    "secrets.<VARIABLE>": SECRET,
    "guest": GUEST,
    "subnets": SUBNETS,
    "github": GITHUB,
    "github.webhooks.<name>": WEBHOOK,
}


def defaults(fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the default of each field."""
    return {key: field.default for key, field in fields.items()}
