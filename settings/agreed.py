"""The names that workflows and the repository agree on: environments of GitHub, and the variables that stand in them.

Rendered workflows use them, the setting `github` declares them, roles in AWS trust them. They stand here and nowhere
else. In an environment's name {} stands for the stack.
"""

from __future__ import annotations

#: Where somebody looks, and no more: previews, drift.
PREVIEW = "{}-preview"
#: Where releases are.
DEPLOY = "{}"
#: Where a stack that wants an approval goes back: with reviewers of its own and no timer.
ROLLBACK = "{}-rollback"
#: Where somebody says yes. It holds reviewers and timer and nothing else: no role trusts it, no variable is in it. On
#: its own, since a job that waits for a reviewer keeps its concurrency group, and all that comes after it waits too.
APPROVAL = "{}-approval"

#: The check that all jobs of a pull request come to, of workflows alone: nobody else may say that it passed.
GATE = "gate"

#: Variable of each environment that has a role: its ARN.
ROLE_ARN = "AWS_ROLE_ARN"
#: Variable beside it: where Pulumi keeps its state, such as `s3://acme-state`.
STATE_URL = "PULUMI_BACKEND_URL"
