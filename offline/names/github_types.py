"""The GitHub types that the program declares, and what no rule can tell about them.

`github.json` is made from this list: `python -m offline.names github`.
"""

from __future__ import annotations

from offline.names.listed import Listed

SDK = "pulumi_github"

#: No property of every resource repeats a field of the provider's configuration.
REPEATED: dict[str, str] = {}

PROVIDER = Listed(terraform="github")

RESOURCES: dict[str, Listed] = {
    "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret": Listed(
        terraform="github_actions_environment_secret", delete_first=True
    ),
    "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": Listed(
        terraform="github_actions_environment_variable", delete_first=True
    ),
    "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions": Listed(
        terraform="github_actions_repository_permissions", delete_first=True
    ),
    "github:index/branch:Branch": Listed(terraform="github_branch", delete_first=True),
    "github:index/issueLabel:IssueLabel": Listed(terraform="github_issue_label", delete_first=True),
    "github:index/repositoryDependabotSecurityUpdates:RepositoryDependabotSecurityUpdates": Listed(
        terraform="github_repository_dependabot_security_updates", delete_first=True
    ),
    "github:index/repositoryEnvironment:RepositoryEnvironment": Listed(
        terraform="github_repository_environment", delete_first=True
    ),
    "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy": Listed(
        terraform="github_repository_environment_deployment_policy", delete_first=True
    ),
    "github:index/repositoryFile:RepositoryFile": Listed(terraform="github_repository_file", delete_first=True),
    "github:index/repositoryRuleset:RepositoryRuleset": Listed(terraform="github_repository_ruleset"),
    "github:index/repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts": Listed(
        terraform="github_repository_vulnerability_alerts", delete_first=True
    ),
    "github:index/repositoryWebhook:RepositoryWebhook": Listed(terraform="github_repository_webhook"),
    "github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions": Listed(
        terraform="github_workflow_repository_permissions", delete_first=True
    ),
}

FUNCTIONS: dict[str, Listed] = {
    "github:index/getRestApi:getRestApi": Listed(terraform="github_rest_api"),
}
