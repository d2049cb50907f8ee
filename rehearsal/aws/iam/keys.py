"""What policies may ask about a call beside its resources: condition keys that MiniStack does not know.

https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Mapping

from ministack.services import ec2, iam

from rehearsal.aws.iam.call import Call

Keys = Mapping[str, str]


def keys(call: Call, resource: str) -> Keys:
    """Return the keys of a call on one resource. A key that does not apply is not there."""
    found: dict[str, str | None] = {}
    if call.service == "iam":
        found = {
            "iam:PermissionsBoundary": _boundary(call),
            "iam:PolicyARN": call.text("PolicyArn"),
            "iam:AWSServiceName": call.text("AWSServiceName"),
        }
    elif call.service == "ecs" and (cluster := call.text("cluster") or _tasks(call)):
        name = cluster.rpartition("/")[2]
        found = {"ecs:cluster": call.arn(f"cluster/{name}")}
    elif call.service == "ec2":
        name = resource.rpartition("/")[2]
        found = {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in ec2._tags.get(name) or []}
    return {key: value for key, value in found.items() if value}


def _tasks(call: Call) -> str:
    return "default" if call.action in ("RunTask", "StartTask") else ""


def _boundary(call: Call) -> str | None:
    """The boundary that a role is to get, or that it has.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    if call.action in ("CreateRole", "PutRolePermissionsBoundary"):
        return call.text("PermissionsBoundary")
    known = iam._roles.get(call.text("RoleName"))
    return known.get("PermissionsBoundary") if known else None
