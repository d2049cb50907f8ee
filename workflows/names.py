"""The names that workflows and the repository's rules must agree on: environments, variables, checks, subjects.

Workflow files use them, a component declares them, IAM roles trust them. They stand here and nowhere else.
"""

from __future__ import annotations

STAGING = "staging"
PRODUCTION = "production"

#: Where somebody says yes. It holds the reviewers and nothing else: no role trusts it, no variable is in it. On its
#: own, since a job that waits for a reviewer keeps its concurrency group, and all that comes after it waits too.
APPROVAL = "production-approval"
#: Where a rollback of production runs: with reviewers of its own, or none, and so without those of releases.
ROLLBACK = "production-rollback"

#: Environments that GitHub keeps records of deployments for, and a role to deploy with.
DEPLOYING = (STAGING, PRODUCTION, ROLLBACK)
ENVIRONMENTS = (*DEPLOYING, APPROVAL)

#: Variable of each deploying environment: the role that releases there. Its longest session is the setting `session`.
DEPLOY_ROLE = "AWS_DEPLOY_ROLE_ARN"
#: Variables of the repository: the roles that may only look, for previews and drift, by stack.
PREVIEW_ROLES = {STAGING: "AWS_PREVIEW_ROLE_ARN_STAGING", PRODUCTION: "AWS_PREVIEW_ROLE_ARN_PRODUCTION"}
#: Variable of the repository: where Pulumi keeps its state, such as `s3://acme-state?region=eu-central-1`.
STATE = "PULUMI_BACKEND_URL"

#: The end of the subject of GitHub's token in jobs that take a preview role: they stand in no environment, so that a
#: look is no deployment. https://docs.github.com/actions/reference/security/oidc
PREVIEW_SUBJECTS = {STAGING: ("pull_request", "ref:refs/heads/main"), PRODUCTION: ("ref:refs/heads/main",)}

#: The one check that rules require. It always runs, and fails where any other failed.
GATE = "gate"
#: The branch that releases come from.
MAIN = "main"
#: The branch on which a workflow proposes a release for production, where a pull request is the approval.
PROPOSAL = "release-in-production"
