"""What a preview may do: look at everything, and at the value of no secret."""

from __future__ import annotations

from components.access.scope import Scope, actions
from components.policies import Document, allow, document

#: AWS describes these to those who may describe all of them, or they are needed before a name is known.
_DESCRIBE = [
    *actions("application-autoscaling", "Describe* ListTagsForResource"),
    *actions("cloudwatch", "DescribeAlarms ListTagsForResource"),
    *actions("codedeploy", "BatchGet* Get* List*"),
    "ec2:Describe*",
    "ecr:GetAuthorizationToken",
    *actions("ecs", "Describe* List*"),
    "elasticloadbalancing:Describe*",
    *actions("events", "DescribeRule ListTagsForResource ListTargetsByRule"),
    *actions("logs", "DescribeLogGroups ListTagsForResource"),
    *actions("secretsmanager", "DescribeSecret GetResourcePolicy ListSecretVersionIds"),
]
_FUNCTIONS = actions("lambda", "Get* ListTags ListVersionsByFunction")
_ROLES = actions("iam", "GetRole GetRolePolicy List*")
_IMAGES = actions(
    "ecr",
    "BatchCheckLayerAvailability BatchGetImage DescribeImages DescribeRepositories GetDownloadUrlForLayer "
    "GetLifecyclePolicy ListImages ListTagsForResource",
)
_BUCKETS = actions("s3", "Get*Configuration GetBucket* ListBucket ListBucketVersions")
_OBJECTS = actions("s3", "GetObject GetObjectVersion")
_VALUES = [
    *actions("secretsmanager", "BatchGetSecretValue GetSecretValue"),
    *actions("ssm", "GetParameter GetParameterHistory GetParameters GetParametersByPath"),
]


def reading(scope: Scope) -> Document:
    """Let an environment be looked at: what stands, its releases, Pulumi's state of it. All of its roles may.

    A policy of its own: together with what a deployment may do it would be longer than AWS takes.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    buckets = scope.readable_records
    statements = [
        allow(_DESCRIBE, ["*"]),
        allow(_FUNCTIONS, scope.functions),
        allow(_ROLES, scope.roles),
        allow(_IMAGES, scope.repositories),
        allow(_BUCKETS, buckets),
        allow(_OBJECTS, [f"{bucket}/*" for bucket in buckets]),
    ]
    if scope.state:
        bucket = f"{scope.prefix}:s3:::{scope.state}"
        statements += [
            allow(["s3:GetBucketLocation", "s3:ListBucket"], [bucket]),
            allow(_OBJECTS, [*scope.state_objects, f"{bucket}/.pulumi/meta.yaml"]),
        ]
    if scope.state_key:
        # The engine opens a stack's state with it, whatever it does; no secret of the application is under it.
        statements.append(allow(["kms:Decrypt"], [scope.state_key]))
    return document(statements)


def preview(scope: Scope) -> Document:
    """Return what the preview's role has beside reading: pull requests run with it, so nothing of value is shown."""
    but_state = {"NotResource": [scope.state_key]} if scope.state_key else {"Resource": ["*"]}
    return document(
        [
            {"Sid": "NoSecretValues", "Effect": "Deny", "Action": _VALUES, "Resource": ["*"]},
            {"Sid": "NoOtherKeys", "Effect": "Deny", "Action": ["kms:Decrypt"], **but_state},
        ]
    )
