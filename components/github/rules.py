"""What guards branches and tags: rulesets, which hold for administrators too.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/about-rulesets
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_github as github

from components.component import Component
from settings import GitHub, agreed


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesArgs:
    """The rules that are wanted."""

    github: GitHub
    owned: bool
    """Whether there is a `CODEOWNERS`, whose people must then agree."""
    actions: int | None
    """The number of GitHub Actions as an app; None where it is not known, and whoever may write reports any check."""


class Rules(Component):
    """A ruleset for the branch that releases come from, one for the tags that name them."""

    TYPE = "slipway:github:Rules"

    def __init__(self, name: str, args: RulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        wanted = args.github
        github.RepositoryRuleset(
            f"{name}-branch",
            repository=wanted.name,
            name="slipway: branch",
            target="branch",
            enforcement="active",
            conditions=_refs(f"refs/heads/{wanted.branch}"),
            rules=github.RepositoryRulesetRulesArgs(
                deletion=True,
                non_fast_forward=True,
                required_linear_history=wanted.linear_history,
                required_signatures=wanted.signed_commits,
                pull_request=github.RepositoryRulesetRulesPullRequestArgs(
                    required_approving_review_count=wanted.approvals,
                    dismiss_stale_reviews_on_push=True,
                    require_code_owner_review=args.owned,
                    require_last_push_approval=wanted.approvals > 0,
                    required_review_thread_resolution=True,
                ),
                required_status_checks=_checks(wanted.checks, args.actions),
            ),
            opts=self.child(),
        )
        github.RepositoryRuleset(
            f"{name}-tags",
            repository=wanted.name,
            name="slipway: tags",
            target="tag",
            enforcement="active",
            conditions=_refs(f"refs/tags/{wanted.tags}"),
            # Workflows make them; nobody moves or deletes them.
            rules=github.RepositoryRulesetRulesArgs(deletion=True, non_fast_forward=True, update=True),
            opts=self.child(),
        )
        self.finish()


def _refs(pattern: str) -> github.RepositoryRulesetConditionsArgs:
    return github.RepositoryRulesetConditionsArgs(
        ref_name=github.RepositoryRulesetConditionsRefNameArgs(includes=[pattern], excludes=[])
    )


def _checks(
    names: tuple[str, ...], actions: int | None
) -> github.RepositoryRulesetRulesRequiredStatusChecksArgs | None:
    """Return the checks that must pass, on the branch as it will be; a ruleset without any refuses the field.

    Anybody with write access can give a commit a status of any name; the check of our workflows counts from them alone.
    """
    if not names:
        return None
    return github.RepositoryRulesetRulesRequiredStatusChecksArgs(
        required_checks=[
            github.RepositoryRulesetRulesRequiredStatusChecksRequiredCheckArgs(
                context=name, integration_id=actions if name == agreed.GATE else None
            )
            for name in names
        ],
        strict_required_status_checks_policy=True,
    )
