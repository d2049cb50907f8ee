"""The most that a role which a deployment made may ever do, whatever policies it is given.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from components.access.scope import Scope
from components.policies import Document, allow, document

#: What no task, function or deployment of CodeDeploy has to do with.
_NEVER = ["account:*", "iam:*", "organizations:*", "sts:AssumeRole*"]


def boundary(scope: Scope) -> Document:
    """Return the boundary: nothing of IAM but passing tasks their roles, no other environment, no state of Pulumi."""
    off_limits = scope.foreign
    if scope.state:
        off_limits = [*off_limits, *(f"{scope.prefix}:s3:::{scope.state}{inside}" for inside in ("", "/*"))]
    if scope.state_key:
        off_limits = [*off_limits, scope.state_key]
    statements: list[Document] = [
        {"Effect": "Allow", "NotAction": _NEVER, "Resource": ["*"]},
        allow(["iam:PassRole"], scope.roles, {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}),
    ]
    if off_limits:
        statements.append({"Sid": "OffLimits", "Effect": "Deny", "Action": ["*"], "Resource": off_limits})
    return document(statements)
