"""How the repository conducts itself: what workflows may use and do, security updates, labels, who else is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_github as github

from components.component import Component
from settings import GitHub, Label

#: What Slipway's own issues and pull requests are marked with. None that GitHub or Dependabot makes by itself: what
#: exists is refused, not adopted.
LABELS: Final[Mapping[str, Label]] = {
    "deployment failed": Label(color="b60205", description="A release that did not make it"),
    "rollback": Label(color="d93f0b", description="Goes back to an earlier release"),
    "security finding": Label(color="ee0701", description="Found by a scan"),
    "drift": Label(color="fbca04", description="What stands is not what was declared"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ConductArgs:
    """What is wanted, and what webhooks sign their messages with."""

    github: GitHub
    secrets: Mapping[str, pulumi.Input[str]]
    """Value by webhook."""


class Conduct(Component):
    """Settings of the whole repository."""

    TYPE = "slipway:github:Conduct"

    def __init__(self, name: str, args: ConductArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        wanted = args.github
        github.ActionsRepositoryPermissions(
            f"{name}-actions",
            repository=wanted.name,
            enabled=True,
            allowed_actions="selected" if wanted.actions else "all",
            allowed_actions_config=github.ActionsRepositoryPermissionsAllowedActionsConfigArgs(
                github_owned_allowed=True, verified_allowed=False, patterns_alloweds=list(wanted.actions)
            )
            if wanted.actions
            else None,
            # A tag can be moved to other code; a commit cannot.
            sha_pinning_required=True,
            opts=self.child(),
        )
        github.WorkflowRepositoryPermissions(
            f"{name}-token",
            repository=wanted.name,
            default_workflow_permissions="read",
            can_approve_pull_request_reviews=False,
            opts=self.child(),
        )
        alerts = github.RepositoryVulnerabilityAlerts(
            f"{name}-alerts", repository=wanted.name, enabled=True, opts=self.child()
        )
        github.RepositoryDependabotSecurityUpdates(
            f"{name}-updates", repository=wanted.name, enabled=True, opts=self.child(depends_on=[alerts])
        )
        for called, label in {**LABELS, **wanted.labels}.items():
            github.IssueLabel(
                f"{name}-label-{called.replace(' ', '-')}",
                repository=wanted.name,
                name=called,
                color=label.color,
                description=label.description,
                opts=self.child(),
            )
        for called, webhook in wanted.webhooks.items():
            github.RepositoryWebhook(
                f"{name}-webhook-{called}",
                repository=wanted.name,
                active=True,
                events=list(webhook.events),
                configuration=github.RepositoryWebhookConfigurationArgs(
                    url=webhook.url,
                    content_type="json",
                    insecure_ssl=False,
                    # The SDK does not mark it by itself.
                    secret=pulumi.Output.secret(args.secrets[called]),
                ),
                opts=self.child(),
            )
        self.finish()
