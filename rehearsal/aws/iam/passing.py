"""The roles that a call hands to a service: the caller must be allowed `iam:PassRole` on each, for that service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Mapping

from ministack.services import ecs

from rehearsal.aws.iam.call import Call
from rehearsal.aws.iam.resources import definition

_TASKS = "ecs-tasks.amazonaws.com"
_OF_TASKS = ("taskRoleArn", "executionRoleArn")
#: By action: the fields that hold roles, and the service that takes them.
_PASSES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "ecs:RegisterTaskDefinition": (_OF_TASKS, _TASKS),
    "codedeploy:CreateDeploymentGroup": (("serviceRoleArn",), "codedeploy.amazonaws.com"),
    "codedeploy:UpdateDeploymentGroup": (("serviceRoleArn",), "codedeploy.amazonaws.com"),
    "lambda:CreateFunction": (("Role",), "lambda.amazonaws.com"),
    "lambda:UpdateFunctionConfiguration": (("Role",), "lambda.amazonaws.com"),
    "events:PutRule": (("RoleArn",), "events.amazonaws.com"),
}


def passed(call: Call) -> list[tuple[str, str]]:
    """Return the roles that a call hands over (ARNs), each with the service that gets it."""
    if f"{call.service}:{call.action}" in ("ecs:RunTask", "ecs:StartTask"):
        overrides = call.fields.get("overrides") or {}
        given = {**_defined(definition(call)), **(overrides if isinstance(overrides, dict) else {})}
        return _distinct([(str(given[name]), _TASKS) for name in _OF_TASKS if given.get(name)])
    names, service = _PASSES.get(f"{call.service}:{call.action}", ((), ""))
    return _distinct([(arn, service) for name in names if (arn := call.text(name))])


def _defined(arn: str) -> Mapping[str, object]:
    """The task definition that is registered, the newest of its family where no revision is named."""
    named = arn.rpartition("/")[2]
    family, _, revision = named.partition(":")
    if revision in ("", "*"):
        revision = str(ecs._task_def_latest.get(family, ""))
    found: Mapping[str, object] = ecs._task_defs.get(f"{family}:{revision}") or {}
    return found


def _distinct(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(pairs))
