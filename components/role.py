"""An IAM role with one policy of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import iam

from components.component import Component
from components.policies import Document, trust
from naming import Kind
from settings import Stack


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleArgs:
    """Who takes the role, and what it may do."""

    stack: Stack
    what: str
    """The end of its name, such as `api-task`."""
    description: str
    service: str
    """The AWS service that takes it, such as `ecs-tasks.amazonaws.com`."""
    policy: pulumi.Input[Document] | None = None
    """What it may do; None for nothing."""
    attached: tuple[str, ...] = ()
    """ARNs of policies that exist."""


class Role(Component):
    """A role for one purpose."""

    TYPE = "slipway:aws:Role"

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: RoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        role = iam.Role(
            f"{name}-role",
            name=args.stack.names.of(Kind.ROLE, args.what),
            description=args.description,
            assume_role_policy=pulumi.Output.json_dumps(trust(args.service, args.stack.account)),
            permissions_boundary=args.stack.boundary,
            opts=self.child(),
        )
        #: What gives it its rights: whatever uses the role waits for these.
        self.policies: list[pulumi.Resource] = []
        if args.policy is not None:
            document: pulumi.Output[Any] = pulumi.Output.from_input(args.policy)
            self.policies.append(
                iam.RolePolicy(
                    f"{name}-policy",
                    name="what-it-does",
                    role=role.name,
                    policy=pulumi.Output.json_dumps(document),
                    opts=self.child(),
                )
            )
        self.policies += [
            iam.RolePolicyAttachment(f"{name}-attached-{number}", role=role.name, policy_arn=arn, opts=self.child())
            for number, arn in enumerate(args.attached, 1)
        ]
        self.arn = role.arn
        self.finish()
