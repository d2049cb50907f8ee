"""What a rollback may do too: move the traffic and the tasks of what stands. It makes no roles, networks or images."""

from __future__ import annotations

from components.access.scope import Scope, actions
from components.policies import Document, allow, document

_DEPLOYMENTS = actions("codedeploy", "ContinueDeployment CreateDeployment RegisterApplicationRevision StopDeployment")
_TASKS = actions("ecs", "StopTask TagResource UpdateService")
#: AWS knows no resource for either: a definition is nothing that runs.
_DEFINITIONS = actions("ecs", "DeregisterTaskDefinition RegisterTaskDefinition")
_TARGETS = actions("application-autoscaling", "RegisterScalableTarget")
_OBJECTS = actions("s3", "DeleteObject PutObject")
_LINES = actions("logs", "FilterLogEvents GetLogEvents")
#: Who gets the roles of an environment: its tasks, CodeDeploy, the functions.
_TAKERS = ["codedeploy.amazonaws.com", "ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]
#: What is taken from another environment is read from its records,
_RECORDS = ["s3:Get*", "s3:List*"]
#: and what must serve there well is asked for (`delivery.health`).
_HEALTH = [
    "cloudwatch:DescribeAlarms",
    *actions("ecs", "DescribeServices DescribeTaskDefinition"),
    "elasticloadbalancing:DescribeListeners",
]
_IAM_WRITES = actions("iam", "Add* Attach* Create* Delete* Detach* Pass* Put* Remove* Set* Tag* Untag* Update*")


def moving(scope: Scope) -> Document:
    """Let releases go forth and back, their records and Pulumi's state be written: for deployments and rollbacks."""
    statements = [
        allow(_DEPLOYMENTS, scope.codedeploy),
        allow(_TASKS, scope.ecs),
        # A task is started from a definition: which cluster it runs in, only the condition says.
        allow(["ecs:RunTask"], scope.definitions, {"ArnLike": {"ecs:cluster": scope.cluster}}),
        allow(_DEFINITIONS, ["*"]),
        allow(_TARGETS, scope.targets),
        allow(["lambda:InvokeFunction"], scope.functions),
        # Version and commit name an image once it serves; one that is taken has its names.
        *([allow(["ecr:PutImage"], scope.repositories)] if scope.builds else []),
        allow(_LINES, [f"{group}:*" for group in scope.logs]),
        allow(_OBJECTS, [f"{scope.records}/*"]),
        {
            **allow(["iam:PassRole"], scope.roles),
            "Condition": {"StringEquals": {"iam:PassedToService": _TAKERS}},
        },
    ]
    statements += _telling(scope)
    if scope.state:
        statements.append(allow(_OBJECTS, scope.state_objects))
    if scope.state_key:
        statements.append(allow(["kms:Encrypt", "kms:GenerateDataKey"], [scope.state_key]))
    return document(statements)


def _telling(scope: Scope) -> list[Document]:
    """Return the statements that let those be told whom the environment names."""
    topic, chat = scope.place.tell.topic, scope.chat
    return [
        *([allow(["sns:Publish"], [topic])] if topic else []),
        *([allow(["secretsmanager:GetSecretValue"], chat)] if chat else []),
    ]


def guarded(scope: Scope) -> list[Document]:
    """Return the statements that keep whoever changes an environment off what guards it, and off the others."""
    statements: list[Document] = [
        {"Sid": "KeepBoundaries", "Effect": "Deny", "Action": ["iam:DeleteRolePermissionsBoundary"], "Resource": ["*"]},
        {"Sid": "KeepGuards", "Effect": "Deny", "Action": _IAM_WRITES, "Resource": scope.guards},
        {"Sid": "BecomeNobody", "Effect": "Deny", "Action": ["sts:AssumeRole*"], "Resource": ["*"]},
    ]
    others = tuple(other for other in scope.others if other not in scope.asked)
    for sid, names, reads in (
        ("KeepOthers", others, _RECORDS),
        ("KeepOrigins", scope.asked, [*_RECORDS, *_HEALTH]),
    ):
        if names:
            statements.append({"Sid": sid, "Effect": "Deny", "NotAction": reads, "Resource": scope.bearing(names)})
    return [*statements, *nameless(scope)]


def nameless(scope: Scope) -> list[Document]:
    """Return the statement that keeps off what others have and what bears no name: networks, scalable targets."""
    if not scope.others:
        return []
    kept = ["application-autoscaling:*", "ec2:*"]
    return [
        {"Sid": "KeepOthersNetworks", "Effect": "Deny", "Action": kept, "Resource": ["*"], "Condition": scope.tagged}
    ]


def rollback(scope: Scope) -> Document:
    """Return what the rollback's role has beside reading and moving: what it is kept off."""
    return document(guarded(scope))
