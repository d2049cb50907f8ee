"""What the setting `github` says, typed: the repository, who approves, and the places it delivers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from delivery.notices import Tell
from naming import Names

#: Who lets a release into a guarded place: reviewers, in an environment of their own; who reviews
#: the pull request that names the release in the place's file; nobody.
Approval = Literal["reviewers", "pull_request", "none"]
#: Where GitHub signs the tokens that its workflows take AWS roles with.
ISSUER = "https://token.actions.githubusercontent.com"
#: The IAM path of all that guards the pipeline, apart from that of what the pipeline makes.
GUARD_PATH = "/ci/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An environment that the repository delivers to: a stack of kind `environment`."""

    names: Names
    account: str
    region: str
    guarded: bool
    """Whether it takes what another one proved, and so wants an approval."""
    origin: str | None
    """The stack that it takes from; None where it builds."""
    origin_account: str
    session_seconds: int
    """How long CI's credentials last there."""
    after: str | None = None
    """The stack that a release must serve in first, by the gate of that name; None for none."""
    after_account: str = ""
    tell: Tell = field(default_factory=Tell)
    """Who hears of going back there, and of promotions."""

    @property
    def name(self) -> str:
        """Return the stack's name."""
        return self.names.stack


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """A label of issues and pull requests."""

    color: str
    """Six hex digits."""
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """Somebody who is told of what happens in the repository."""

    url: str
    events: tuple[str, ...]
    secret: str
    """The secret of Secrets Manager that its messages are signed with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GitHub:
    """The repository, and what it may do."""

    owner: str
    name: str
    endpoint: str | None
    """Where GitHub is, if not at github.com."""
    issuer: str
    places: tuple[Place, ...]
    roles_only: bool
    """Whether only roles are declared here: a further account, of a repository that another stack declares."""
    branch: str
    files_branch: str
    workflow_files: bool
    """Whether the rendered workflow files are proposed there too."""
    tags: str
    approval: Approval
    reviewers: tuple[str, ...]
    """People (`alice`) and teams (`acme/platform`)."""
    self_review: bool
    wait_minutes: int
    checks: tuple[str, ...]
    approvals: int
    linear_history: bool
    signed_commits: bool
    code_owners: Mapping[str, tuple[str, ...]]
    """Path -> its owners, as `reviewers`."""
    labels: Mapping[str, Label]
    actions: tuple[str, ...]
    """Actions that may be used beside GitHub's own; empty for all."""
    secrets: Mapping[str, str]
    """Name in GitHub -> secret of Secrets Manager; `{environment}` in it stands for the place."""
    webhooks: Mapping[str, Webhook]
    oidc_provider: str | None
    """The account's OIDC provider, by ARN; None to make one."""
    state: str | None
    """The bucket with Pulumi's state."""
    state_key: str | None
    """The KMS key of its secrets, by ARN."""

    @property
    def full_name(self) -> str:
        """Return owner and name, as GitHub writes them."""
        return f"{self.owner}/{self.name}"

    def here(self, account: str) -> tuple[Place, ...]:
        """Return the places in an account: their roles are declared there."""
        return tuple(place for place in self.places if place.account == account)
