"""What a rollback may do too: move the traffic and the tasks of what stands. It makes no roles, networks or images."""

from __future__ import annotations

from components.access.scope import Scope, actions
from components.policies import Document, allow, document

_DEPLOYMENTS = actions("codedeploy", "ContinueDeployment CreateDeployment RegisterApplicationRevision StopDeployment")
_TASKS = actions("ecs", "RunTask StopTask TagResource UpdateService")
#: AWS knows no resource for either: a definition is nothing that runs.
_DEFINITIONS = actions("ecs", "DeregisterTaskDefinition RegisterTaskDefinition")
_TARGETS = actions("application-autoscaling", "RegisterScalableTarget")
_OBJECTS = actions("s3", "DeleteObject PutObject")
_LINES = actions("logs", "FilterLogEvents GetLogEvents")
#: Who gets the roles of an environment: its tasks, CodeDeploy, the functions.
_TAKERS = ["codedeploy.amazonaws.com", "ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]
_IAM_WRITES = actions("iam", "Add* Attach* Create* Delete* Detach* Pass* Put* Remove* Set* Tag* Untag* Update*")


def moving(scope: Scope) -> Document:
    """Let releases go forth and back, their records and Pulumi's state be written: for deployments and rollbacks."""
    statements = [
        allow(_DEPLOYMENTS, scope.codedeploy),
        allow(_TASKS, scope.ecs),
        allow(_DEFINITIONS, ["*"]),
        allow(_TARGETS, scope.targets),
        allow(["lambda:InvokeFunction"], scope.functions),
        allow(["ecr:PutImage"], scope.repositories),
        allow(_LINES, [f"{group}:*" for group in scope.logs]),
        allow(_OBJECTS, [f"{scope.records}/*"]),
        {
            **allow(["iam:PassRole"], scope.roles),
            "Condition": {"StringEquals": {"iam:PassedToService": _TAKERS}},
        },
    ]
    if scope.state:
        statements.append(allow(_OBJECTS, scope.state_objects))
    if scope.state_key:
        statements.append(allow(["kms:Encrypt", "kms:GenerateDataKey"], [scope.state_key]))
    return document(statements)


def guarded(scope: Scope) -> list[Document]:
    """Return the statements that keep whoever changes an environment off what guards it, and off the others."""
    statements: list[Document] = [
        {"Sid": "KeepBoundaries", "Effect": "Deny", "Action": ["iam:DeleteRolePermissionsBoundary"], "Resource": ["*"]},
        {"Sid": "KeepGuards", "Effect": "Deny", "Action": _IAM_WRITES, "Resource": scope.guards},
        {"Sid": "BecomeNobody", "Effect": "Deny", "Action": ["sts:AssumeRole*"], "Resource": ["*"]},
    ]
    if scope.others:
        # What is taken from another environment is read from its records, and no more.
        reads = ["s3:Get*", "s3:List*"]
        statements += [
            {"Sid": "KeepOthers", "Effect": "Deny", "NotAction": reads, "Resource": scope.foreign},
            {
                "Sid": "KeepOthersNetworks",
                "Effect": "Deny",
                "Action": ["ec2:*"],
                "Resource": ["*"],
                "Condition": {
                    "StringEquals": {
                        "aws:ResourceTag/project": scope.place.names.project,
                        "aws:ResourceTag/stack": list(scope.others),
                    }
                },
            },
        ]
    return statements


def rollback(scope: Scope) -> Document:
    """Return what the rollback's role has beside reading and moving: what it is kept off."""
    return document(guarded(scope))
