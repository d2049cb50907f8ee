"""An environment of GitHub: who is let in, from which branches and tags, and what workflows find there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_github as github

from components.component import Component


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviewers:
    """Who approves; one of them suffices. GitHub wants numbers."""

    users: tuple[int, ...]
    teams: tuple[int, ...]
    self_review: bool
    """Whether who began a run may approve it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryEnvironmentArgs:
    """What the environment is called and how it is guarded."""

    repository: str
    environment: str
    reviewers: Reviewers | None
    wait_minutes: int
    administrators: bool
    """Whether its rules can hold for administrators too; private repositories need Enterprise for it."""
    refs: tuple[str, str] | None
    """Patterns of the branches and the tags that may use it; None for any, as pull requests need."""
    variables: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, pulumi.Input[str]]


class DeliveryEnvironment(Component):
    """One environment."""

    TYPE = "slipway:github:Environment"

    environment: pulumi.Output[str]

    def __init__(self, name: str, args: DeliveryEnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        asked = args.reviewers
        made = github.RepositoryEnvironment(
            f"{name}-environment",
            repository=args.repository,
            environment=args.environment,
            can_admins_bypass=False if args.administrators else None,
            prevent_self_review=not asked.self_review if asked else None,
            reviewers=[_reviewers(asked)] if asked else None,
            wait_timer=args.wait_minutes or None,
            deployment_branch_policy=github.RepositoryEnvironmentDeploymentBranchPolicyArgs(
                protected_branches=False, custom_branch_policies=True
            )
            if args.refs
            else None,
            opts=self.child(),
        )
        self.environment = made.environment
        if args.refs:
            branch, tags = args.refs
            self._let_in(args.repository, "branch", branch_pattern=branch)
            self._let_in(args.repository, "tags", tag_pattern=tags)
        for variable, value in args.variables.items():
            github.ActionsEnvironmentVariable(
                f"{name}-{_slug(variable)}",
                repository=args.repository,
                environment=made.environment,
                variable_name=variable,
                value=value,
                opts=self.child(),
            )
        for secret, value in args.secrets.items():
            github.ActionsEnvironmentSecret(
                f"{name}-secret-{_slug(secret)}",
                repository=args.repository,
                environment=made.environment,
                secret_name=secret,
                value=pulumi.Output.secret(value),
                opts=self.child(),
            )
        self.finish()

    def _let_in(
        self, repository: str, what: str, *, branch_pattern: str | None = None, tag_pattern: str | None = None
    ) -> None:
        """Let a pattern of branches or tags use the environment."""
        github.RepositoryEnvironmentDeploymentPolicy(
            f"{self.name}-{what}",
            repository=repository,
            environment=self.environment,
            branch_pattern=branch_pattern,
            tag_pattern=tag_pattern,
            opts=self.child(),
        )


def _reviewers(asked: Reviewers) -> github.RepositoryEnvironmentReviewerArgs:
    return github.RepositoryEnvironmentReviewerArgs(users=list(asked.users), teams=list(asked.teams))


def _slug(name: str) -> str:
    """Return a logical name for a variable's: `AWS_ROLE_ARN` -> `aws-role-arn`."""
    return name.lower().replace("_", "-")
