"""What workflows call things: environments and variables as `settings.agreed` has them, stacks, checks, branches."""

from __future__ import annotations

from settings import agreed

STAGING = "staging"
PRODUCTION = "production"

#: Where previews are made and drift is looked for, by stack.
PREVIEWS = {stack: agreed.PREVIEW.format(stack) for stack in (STAGING, PRODUCTION)}
#: Where somebody says yes.
APPROVAL = agreed.APPROVAL.format(PRODUCTION)
#: Where a rollback of production runs: with reviewers of its own, or none, and so without those of releases.
ROLLBACK = agreed.ROLLBACK.format(PRODUCTION)

#: Environments that GitHub keeps records of deployments for, and a role to deploy with. Its longest session is the
#: setting `session`.
DEPLOYING = (STAGING, PRODUCTION, ROLLBACK)
ENVIRONMENTS = (*DEPLOYING, APPROVAL, *PREVIEWS.values())

#: The one check that rules require. It always runs, and fails where any other failed.
GATE = "gate"
#: The branch that releases come from.
MAIN = "main"
#: The branch on which a workflow proposes a release for production, where a pull request is the approval.
PROPOSAL = "release-in-production"
