"""A role that workflows take, with a policy of its own, under the path of what guards the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.component import Component
from components.policies import Document
from naming import Kind
from settings import GUARD_PATH, Place


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkflowRoleArgs:
    """Whose it is, who takes it, and what it may do."""

    place: Place
    purpose: str
    """`preview`, `deploy` or `rollback`."""
    description: str
    trust: pulumi.Input[Document]
    policy: Document
    shared: Mapping[str, pulumi.Input[str]]
    """ARN by name of the policies that it shares with other roles of the environment."""


class WorkflowRole(Component):
    """One role of an environment's workflows."""

    TYPE = "slipway:aws:WorkflowRole"

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: WorkflowRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        role = iam.Role(
            f"{name}-role",
            name=args.place.names.of(Kind.ROLE, f"ci-{args.purpose}"),
            path=GUARD_PATH,
            description=args.description,
            assume_role_policy=pulumi.Output.json_dumps(args.trust),
            max_session_duration=lasts(args.place, args.purpose),
            opts=self.child(),
        )
        iam.RolePolicy(
            f"{name}-policy",
            name="what-it-does",
            role=role.name,
            # No spaces: a role's own policies hold 10,240 characters.
            policy=pulumi.Output.json_dumps(args.policy, separators=(",", ":")),
            opts=self.child(),
        )
        for what, arn in args.shared.items():
            iam.RolePolicyAttachment(f"{name}-{what}", role=role.name, policy_arn=arn, opts=self.child())
        self.arn = role.arn
        self.finish()


def lasts(place: Place, purpose: str) -> int:
    """Return how many seconds one taking of a role lasts at most. Previews move nothing: an hour is always enough."""
    return 3600 if purpose == "preview" else place.session_seconds


def role_arn(place: Place, purpose: str, partition: str) -> str:
    """Return the ARN that such a role has, in whatever account its environment is."""
    return f"arn:{partition}:iam::{place.account}:role{GUARD_PATH}{place.names.of(Kind.ROLE, f'ci-{purpose}')}"
