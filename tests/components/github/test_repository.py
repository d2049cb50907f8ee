"""The repository: who is let into its environments, what they hold, and what guards the branch."""

from __future__ import annotations

from functools import cache
from typing import Any
from unittest.mock import patch

import pytest

from components import Shared, SharedArgs
from components.github import RefusedError
from settings import Label, Webhook
from tests.components.support import ACCOUNT, Built, build, place, repository, shared
from workflows import WorkflowError

NAME = "shared-repository"
PRODUCTION = (place("production", guarded=True, origin="staging"),)


def made(**changes: Any) -> Built:
    stack = shared(github=repository(**changes))
    return build(lambda on: Shared("shared", SharedArgs(stack=stack), on), stack)


@cache
def usual() -> Built:
    """Build a repository with reviewers, a timer, secrets and all else; production is in another account."""
    return made(
        places=(
            place("production", account="444455556666", guarded=True, origin="staging", region="us-east-1"),
            place("staging"),
        ),
        wait_minutes=30,
        secrets={"SLACK": "shop/{environment}/slack"},
        labels={"blocked": Label(color="d73a4a", description="Waits")},
        actions=("aws-actions/*",),
        webhooks={"hooks": Webhook(url="https://hooks.shop.dev", events=("push",), secret="shop/webhook")},
        state="state",
    )


@cache
def by_pull_request() -> Built:
    """Build one whose approvals are reviews of the file that names the release."""
    return made(
        places=PRODUCTION, approval="pull_request", checks=(), approvals=0, linear_history=False, signed_commits=True
    )


def environments(built: Built) -> dict[str, dict[str, Any]]:
    return {one.inputs["environment"]: dict(one.inputs) for one in built.of("RepositoryEnvironment").values()}


def variables(built: Built, environment: str) -> dict[str, str]:
    return {
        one.inputs["variableName"]: one.inputs["value"]
        for one in built.of("ActionsEnvironmentVariable").values()
        if one.inputs["environment"] == environment
    }


def test_reviewers_and_a_timer_guard_what_takes_from_another() -> None:
    policy = {"protectedBranches": False, "customBranchPolicies": True}
    common = {"repository": "shop", "canAdminsBypass": False}
    reviewers = {"reviewers": [{"users": [7], "teams": [3]}], "preventSelfReview": True}
    assert environments(usual()) == {
        "production-preview": {**common, "environment": "production-preview"},
        "production": {**common, "environment": "production", "deploymentBranchPolicy": policy},
        "production-approval": {
            **common,
            **reviewers,
            "environment": "production-approval",
            "waitTimer": 30,
            "deploymentBranchPolicy": policy,
        },
        "production-rollback": {
            **common,
            **reviewers,
            "environment": "production-rollback",
            "deploymentBranchPolicy": policy,
        },
        "staging-preview": {**common, "environment": "staging-preview"},
        "staging": {**common, "environment": "staging", "deploymentBranchPolicy": policy},
    }


def test_releases_come_from_one_branch_and_from_tags() -> None:
    policies = {
        (one.inputs["environment"], one.inputs.get("branchPattern"), one.inputs.get("tagPattern"))
        for one in usual().of("RepositoryEnvironmentDeploymentPolicy").values()
    }
    guarded = ("production", "production-approval", "production-rollback", "staging")
    assert policies == {(name, *refs) for name in guarded for refs in (("main", None), (None, "v*"))}


def test_workflows_are_told_where_they_work_and_with_which_role() -> None:
    assert variables(usual(), "staging") == {
        "AWS_ACCOUNT_ID": ACCOUNT,
        "AWS_REGION": "eu-central-1",
        "AWS_ROLE_ARN": "arn:shop-staging-ci-deploy",
        "AWS_ROLE_SECONDS": "7200",
        "PULUMI_STACK": "staging",
        "PULUMI_BACKEND_URL": "s3://state?region=eu-central-1&awssdk=v2",
    }
    # A job's AWS_REGION is that of its environment, and S3 refuses whoever asks for a bucket in another one.
    elsewhere = variables(usual(), "production")
    assert elsewhere["AWS_REGION"] == "us-east-1"
    assert elsewhere["PULUMI_BACKEND_URL"] == "s3://state?region=eu-central-1&awssdk=v2"


def test_where_a_release_waits_for_its_approval_it_finds_nothing() -> None:
    assert variables(usual(), "production-approval") == {}
    assert "production-approval" not in usual().outputs["shared"]["roles"]


def test_a_role_of_another_account_is_known_by_its_name() -> None:
    found = variables(usual(), "production-rollback")
    assert found["AWS_ROLE_ARN"] == "arn:aws:iam::444455556666:role/ci/shop-production-ci-rollback"
    assert found["AWS_REGION"] == "us-east-1"
    assert variables(usual(), "production-preview")["AWS_ROLE_SECONDS"] == "3600"


def test_secrets_are_looked_up_for_each_environment_and_none_is_shown_to_previews() -> None:
    secrets = usual().of("ActionsEnvironmentSecret").values()
    assert {one.inputs["environment"]: one.inputs["value"] for one in secrets} == {
        "production": "the value of shop/production/slack",
        "production-rollback": "the value of shop/production/slack",
        "staging": "the value of shop/staging/slack",
    }
    assert all("value" in one.secret for one in secrets)


def test_the_branch_wants_pull_requests_reviews_and_the_gate() -> None:
    rules = usual().of("RepositoryRuleset")
    branch = rules[f"{NAME}-rules-branch"].inputs
    assert branch["conditions"] == {"refName": {"includes": ["refs/heads/main"], "excludes": []}}
    assert (branch["target"], branch["enforcement"], branch.get("bypassActors")) == ("branch", "active", None)
    assert branch["rules"] == {
        "deletion": True,
        "nonFastForward": True,
        "requiredLinearHistory": True,
        "requiredSignatures": False,
        "pullRequest": {
            "requiredApprovingReviewCount": 1,
            "dismissStaleReviewsOnPush": True,
            "requireCodeOwnerReview": True,
            "requireLastPushApproval": True,
            "requiredReviewThreadResolution": True,
        },
        "requiredStatusChecks": {
            # Of GitHub Actions alone: a status of that name, by somebody with write access, is none.
            "requiredChecks": [{"context": "gate", "integrationId": 15368}],
            "strictRequiredStatusChecksPolicy": True,
        },
    }
    tags = rules[f"{NAME}-rules-tags"].inputs
    assert (tags["target"], tags["conditions"]["refName"]["includes"]) == ("tag", ["refs/tags/v*"])
    assert tags["rules"] == {"deletion": True, "nonFastForward": True, "update": True}


def test_actions_are_pinned_and_their_token_only_reads() -> None:
    assert usual().one("ActionsRepositoryPermissions").inputs == {
        "repository": "shop",
        "enabled": True,
        "allowedActions": "selected",
        "allowedActionsConfig": {
            "githubOwnedAllowed": True,
            "verifiedAllowed": False,
            "patternsAlloweds": ["aws-actions/*"],
        },
        "shaPinningRequired": True,
    }
    assert usual().one("WorkflowRepositoryPermissions").inputs == {
        "repository": "shop",
        "defaultWorkflowPermissions": "read",
        "canApprovePullRequestReviews": False,
    }
    assert by_pull_request().one("ActionsRepositoryPermissions").inputs["allowedActions"] == "all"


def test_what_is_vulnerable_is_told_and_mended() -> None:
    assert usual().one("RepositoryVulnerabilityAlerts").inputs["enabled"]
    updates = usual().one("RepositoryDependabotSecurityUpdates")
    assert updates.inputs["enabled"]
    assert f"{NAME}-conduct-alerts" in updates.dependencies


def test_labels_are_slipways_own_and_those_of_the_setting() -> None:
    labels = {one.inputs["name"]: one.inputs["color"] for one in usual().of("IssueLabel").values()}
    assert labels["blocked"] == "d73a4a"
    assert {"deployment failed", "rollback", "security finding", "drift"} < set(labels)


def test_a_webhooks_messages_are_signed() -> None:
    webhook = usual().one("RepositoryWebhook")
    assert webhook.inputs["events"] == ["push"]
    assert webhook.inputs["configuration"]["secret"] == "the value of shop/webhook"
    assert "configuration" in webhook.secret


def test_files_are_proposed_on_a_branch_of_their_own() -> None:
    file = usual().one("RepositoryFile").inputs
    assert (file["file"], file["branch"], file["overwriteOnCreate"]) == (".github/CODEOWNERS", "slipway", True)
    assert "/.github/ @alice @acme/platform\n" in file["content"]
    assert usual().one("Branch").inputs == {"repository": "shop", "branch": "slipway", "sourceBranch": "main"}
    assert usual().outputs["shared"]["proposal"] == "https://github.com/acme/shop/compare/main...slipway?expand=1"


def test_workflow_files_are_proposed_as_they_are_rendered() -> None:
    texts = {".github/workflows/deliver.yml": "# Written by `./slipway render`\n", ".github/dependabot.yml": "#\n"}
    with patch("workflows.repository_files", return_value=texts):
        built = made(workflow_files=True, places=PRODUCTION)
        none = made(workflow_files=True, places=(place("staging"),), roles_only=True)
    found = {one.inputs["file"]: one for one in built.of("RepositoryFile").values()}
    assert {path: found[path].inputs["content"] for path in texts} == texts
    assert ".github/CODEOWNERS" in found
    assert {one.inputs["branch"] for one in found.values()} == {"slipway"}
    assert not none.of("RepositoryFile")


def test_what_cannot_be_rendered_is_told() -> None:
    refused = WorkflowError("there is no Pulumi.staging.yaml", "make the stack")
    with (
        patch("workflows.repository_files", side_effect=refused),
        pytest.raises(RefusedError, match=r"rendered: there is no Pulumi.staging.yaml\nFix:   make the stack$"),
    ):
        made(workflow_files=True)


def test_approval_by_pull_request_needs_no_reviewers_of_environments() -> None:
    built = by_pull_request()
    assert environments(built).keys() == {"production-preview", "production", "production-rollback"}
    for one in environments(built).values():
        assert not {"reviewers", "waitTimer", "preventSelfReview"} & set(one)
    assert "\nPulumi*.yaml @alice @acme/platform" in built.one("RepositoryFile").inputs["content"]


def test_where_no_reviewer_is_asked_the_timer_runs_before_production_itself() -> None:
    built = made(places=PRODUCTION, approval="none", wait_minutes=30)
    assert {name: one.get("waitTimer") for name, one in environments(built).items()} == {
        "production-preview": None,
        "production": 30,
        "production-rollback": None,
    }


def test_rules_are_as_the_setting_says() -> None:
    rules = by_pull_request().of("RepositoryRuleset")[f"{NAME}-rules-branch"].inputs["rules"]
    assert (rules["requiredLinearHistory"], rules["requiredSignatures"]) == (False, True)
    assert "requiredStatusChecks" not in rules
    assert rules["pullRequest"]["requireLastPushApproval"] is False
    assert rules["pullRequest"]["requireCodeOwnerReview"] is True


def test_a_further_account_gets_roles_only() -> None:
    built = made(roles_only=True, places=(place("staging"),), reviewers=())
    assert not [one for one in built.resources if one.type.startswith("github:")]
    assert set(built.outputs["shared"]["roles"]) == {"staging", "staging-preview"}
