"""Golden conversions of the GitHub types, as `golden` has those of AWS."""

from __future__ import annotations

from offline.bridge.wire import Secret
from tests.offline.bridge.golden import Golden

CASES = [
    Golden(
        "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret",
        {"repository": "shop", "environment": "production", "secretName": "TOKEN", "value": "x"},
        {"repository": "shop", "environment": "production", "secret_name": "TOKEN", "value": "x"},
        {"repository": "shop", "environment": "production", "secretName": "TOKEN", "value": Secret("x")},
    ),
    Golden(
        "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable",
        {"repository": "shop", "environment": "staging", "variableName": "AWS_REGION", "value": "eu-central-1"},
        {"repository": "shop", "environment": "staging", "variable_name": "AWS_REGION", "value": "eu-central-1"},
    ),
    Golden(
        "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions",
        {
            "repository": "shop",
            "enabled": True,
            "allowedActions": "selected",
            "shaPinningRequired": True,
            "allowedActionsConfig": {
                "githubOwnedAllowed": True,
                "patternsAlloweds": ["pulumi/actions@*"],
                "verifiedAllowed": False,
            },
        },
        {
            "repository": "shop",
            "enabled": True,
            "allowed_actions": "selected",
            "sha_pinning_required": True,
            "allowed_actions_config": [
                {"github_owned_allowed": True, "patterns_allowed": ["pulumi/actions@*"], "verified_allowed": False}
            ],
        },
    ),
    Golden(
        "github:index/branch:Branch",
        {"repository": "shop", "branch": "slipway", "sourceBranch": "main"},
        {"repository": "shop", "branch": "slipway", "source_branch": "main"},
    ),
    Golden(
        "github:index/issueLabel:IssueLabel",
        {"repository": "shop", "name": "rollback", "color": "d93f0b", "description": "d"},
        {"repository": "shop", "name": "rollback", "color": "d93f0b", "description": "d"},
    ),
    Golden(
        "github:index/repositoryDependabotSecurityUpdates:RepositoryDependabotSecurityUpdates",
        {"repository": "shop", "enabled": True},
        {"repository": "shop", "enabled": True},
    ),
    Golden(
        "github:index/repositoryEnvironment:RepositoryEnvironment",
        {
            "repository": "shop",
            "environment": "production",
            "canAdminsBypass": False,
            "preventSelfReview": True,
            "waitTimer": 30,
            "reviewers": [{"users": [7, 9], "teams": [3]}],
            "deploymentBranchPolicy": {"protectedBranches": False, "customBranchPolicies": True},
        },
        {
            "repository": "shop",
            "environment": "production",
            "can_admins_bypass": False,
            "prevent_self_review": True,
            "wait_timer": 30,
            "reviewers": [{"users": [7, 9], "teams": [3]}],
            "deployment_branch_policy": [{"protected_branches": False, "custom_branch_policies": True}],
        },
    ),
    Golden(
        "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy",
        {"repository": "shop", "environment": "production", "tagPattern": "v*"},
        {"repository": "shop", "environment": "production", "tag_pattern": "v*"},
    ),
    Golden(
        "github:index/repositoryFile:RepositoryFile",
        {
            "repository": "shop",
            "branch": "slipway",
            "file": ".github/CODEOWNERS",
            "content": "* @alice\n",
            "commitMessage": "m",
            "overwriteOnCreate": True,
        },
        {
            "repository": "shop",
            "branch": "slipway",
            "file": ".github/CODEOWNERS",
            "content": "* @alice\n",
            "commit_message": "m",
            "overwrite_on_create": True,
        },
    ),
    Golden(
        "github:index/repositoryRuleset:RepositoryRuleset",
        {
            "repository": "shop",
            "name": "main",
            "target": "branch",
            "enforcement": "active",
            "conditions": {"refName": {"includes": ["~DEFAULT_BRANCH"], "excludes": ["refs/heads/x"]}},
            "bypassActors": [{"actorType": "Integration", "actorId": 12, "bypassMode": "always"}],
            "rules": {
                "deletion": True,
                "nonFastForward": True,
                "requiredLinearHistory": True,
                "pullRequest": {"requiredApprovingReviewCount": 1, "dismissStaleReviewsOnPush": True},
                "requiredStatusChecks": {
                    "requiredChecks": [{"context": "gate"}],
                    "strictRequiredStatusChecksPolicy": True,
                },
            },
        },
        {
            "repository": "shop",
            "name": "main",
            "target": "branch",
            "enforcement": "active",
            "conditions": [{"ref_name": [{"include": ["~DEFAULT_BRANCH"], "exclude": ["refs/heads/x"]}]}],
            "bypass_actors": [{"actor_type": "Integration", "actor_id": 12, "bypass_mode": "always"}],
            "rules": [
                {
                    "deletion": True,
                    "non_fast_forward": True,
                    "required_linear_history": True,
                    "pull_request": [{"required_approving_review_count": 1, "dismiss_stale_reviews_on_push": True}],
                    "required_status_checks": [
                        {"required_check": [{"context": "gate"}], "strict_required_status_checks_policy": True}
                    ],
                }
            ],
        },
    ),
    Golden(
        "github:index/repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts",
        {"repository": "shop", "enabled": True},
        {"repository": "shop", "enabled": True},
    ),
    Golden(
        "github:index/repositoryWebhook:RepositoryWebhook",
        {
            "repository": "shop",
            "active": True,
            "events": ["deployment_status"],
            "configuration": {"url": "https://hooks.shop.dev", "contentType": "json", "secret": "s"},
        },
        {
            "repository": "shop",
            "active": True,
            "events": ["deployment_status"],
            "configuration": [{"url": "https://hooks.shop.dev", "content_type": "json", "secret": "s"}],
        },
        {
            "repository": "shop",
            "active": True,
            "events": ["deployment_status"],
            "configuration": {"url": Secret("https://hooks.shop.dev"), "contentType": "json", "secret": Secret("s")},
        },
    ),
    Golden(
        "github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions",
        {"repository": "shop", "defaultWorkflowPermissions": "read", "canApprovePullRequestReviews": False},
        {"repository": "shop", "default_workflow_permissions": "read", "can_approve_pull_request_reviews": False},
    ),
]
