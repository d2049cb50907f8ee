"""The most that a role which a deployment made may ever do, whatever policies it is given.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from components.access.moving import nameless
from components.access.scope import Scope
from components.policies import Document, allow, document

#: What tasks and functions may do with images: run them. They are what every environment runs.
_PULLS = [f"ecr:{what}" for what in ("BatchCheckLayerAvailability", "BatchGet*", "Describe*", "Get*", "List*")]
#: What no task, function or deployment of CodeDeploy has to do with.
_NEVER = ["account:*", "iam:*", "organizations:*", "sts:AssumeRole*"]


def boundary(scope: Scope) -> Document:
    """Return the boundary: nothing of IAM but passing tasks their roles, no other environment, no state of Pulumi.

    Whoever deploys makes roles and functions that take them, so it keeps off what the deployment's own role is kept
    off: else one would go round by the other.
    """
    off_limits = scope.foreign
    if scope.state:
        off_limits = [*off_limits, *(f"{scope.prefix}:s3:::{scope.state}{inside}" for inside in ("", "/*"))]
    if scope.state_key:
        off_limits = [*off_limits, scope.state_key]
    statements: list[Document] = [
        {"Effect": "Allow", "NotAction": _NEVER, "Resource": ["*"]},
        allow(["iam:PassRole"], scope.roles, {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}),
        {"Sid": "KeepImages", "Effect": "Deny", "NotAction": _PULLS, "Resource": scope.repositories},
        *nameless(scope),
    ]
    if off_limits:
        statements.append({"Sid": "OffLimits", "Effect": "Deny", "Action": ["*"], "Resource": off_limits})
    return document(statements)
