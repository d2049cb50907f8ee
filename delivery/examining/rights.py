"""Whether whoever asks may do what a release does, as IAM's simulator says.

It knows the policies of the identity and of its account, and nothing of those of buckets and keys.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from delivery.examining import Finding, ok, problem, warning
from delivery.plan import ServicePlan

RIGHTS = "permissions"
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Right:
    """Actions that a release takes on resources, by ARN."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]


def of_release(
    services: Sequence[ServicePlan], bucket: str, *, partition: str, region: str, account: str
) -> list[Right]:
    """What a release does with an environment that stands. services: none before the first release."""

    def arn(service: str, resource: str) -> str:
        return f"arn:{partition}:{service}:{region}:{account}:{resource}"

    rights = [
        Right(("s3:ListBucket",), (f"arn:{partition}:s3:::{bucket}",)),
        Right(("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), (f"arn:{partition}:s3:::{bucket}/journal.json",)),
        Right(
            (
                "ecs:DescribeServices",
                "ecs:DescribeTaskDefinition",
                "ecs:RegisterTaskDefinition",
                "elasticloadbalancing:DescribeListeners",
                "cloudwatch:DescribeAlarms",
                "application-autoscaling:DescribeScalableTargets",
            ),
            ("*",),
        ),
    ]
    groups = tuple(
        arn("codedeploy", f"deploymentgroup:{one.application}/{one.deployment_group}") for one in services if one.shifts
    )
    if groups:
        actions = ("CreateDeployment", "GetDeployment", "ContinueDeployment", "StopDeployment")
        rights.append(Right(tuple(f"codedeploy:{name}" for name in actions), groups))
    running = tuple(arn("ecs", f"service/{one.cluster_name}/{one.service}") for one in services)
    if running:
        rights.append(Right(("ecs:UpdateService",), running))
    if any(one.scalable for one in services):
        targets = arn("application-autoscaling", "scalable-target/*")
        rights.append(Right(("application-autoscaling:RegisterScalableTarget",), (targets,)))
    return rights


def rights(iam: Any, arn: str, wanted: Sequence[Right]) -> Iterator[Finding]:
    """Ask the simulator for an identity, by the ARN that STS gives it."""
    source = _principal(iam, arn)
    if source is None:
        yield warning(RIGHTS, f"cannot be simulated for {arn}", "ask as the user or the role that runs releases")
        return
    denied: dict[str, str] = {}
    unsure: list[str] = []
    for right in wanted:
        pages = iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=source, ActionNames=list(right.actions), ResourceArns=list(right.resources)
        )
        for result in (one for page in pages for one in page["EvaluationResults"]):
            action = result["EvalActionName"]
            if result["EvalDecision"] == "allowed":
                continue
            if result.get("MissingContextValues"):
                unsure.append(action)
            else:
                denied[action] = _why(result)
    if denied:
        more = f" and {len(denied) - _SHOWN} more" if len(denied) > _SHOWN else ""
        yield problem(
            RIGHTS,
            f"{source} may not do what a release does: {', '.join(list(denied)[:_SHOWN])}{more}",
            f"{'; '.join(dict.fromkeys(denied.values()))}; docs/github.md says which roles releases run with",
        )
    if unsure:
        yield warning(
            RIGHTS,
            f"depend on what is known in the act only: {', '.join(dict.fromkeys(unsure))}",
            "`pulumi preview` and the first release show it",
        )
    if not denied and not unsure:
        count = sum(len(right.actions) for right in wanted)
        yield ok(RIGHTS, f"{source} may do what a release does ({count} actions simulated)")


def _principal(iam: Any, arn: str) -> str | None:
    """The user or role behind what STS calls an identity; None where it has no policies of its own, such as root.

    A role has a path that STS does not tell: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    resource = arn.partition("::")[2].partition(":")[2]
    kind, _, rest = resource.partition("/")
    if kind == "user":
        return arn
    if kind == "assumed-role":
        return str(iam.get_role(RoleName=rest.partition("/")[0])["Role"]["Arn"])
    return None


def _why(result: Any) -> str:
    if not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True):
        return "a policy of the organization denies it"
    if not result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True):
        return "its permissions boundary denies it"
    return "a policy denies it" if result["EvalDecision"] == "explicitDeny" else "no policy of it allows that"
