"""The roles of workflows in one account, what lets GitHub's workflows take them, and the boundary that holds theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.access.boundary import boundary
from components.access.deploying import deploy
from components.access.moving import moving, rollback
from components.access.reading import preview, reading
from components.access.role import WorkflowRole, WorkflowRoleArgs
from components.access.scope import Scope
from components.access.trust import AUDIENCE, Identity, trust
from components.component import Component
from components.policies import Document
from settings import GUARD_PATH, GitHub, Place, Registry, agreed

#: An environment's purposes: how its environment on GitHub is called, and what the role may do.
PURPOSES: Mapping[str, tuple[str, str, Callable[[Scope], Document]]] = {
    "preview": (agreed.PREVIEW, "Shows what an update of {} would change", preview),
    "deploy": (agreed.DEPLOY, "Updates {}", deploy),
    "rollback": (agreed.ROLLBACK, "Takes {} back to an earlier release", rollback),
}


def purposes(place: Place) -> dict[str, str]:
    """Return the purposes of an environment, each with its environment on GitHub.

    Where nobody approves a deployment, a rollback needs no way of its own.
    """
    named = {purpose: pattern.format(place.name) for purpose, (pattern, _, _) in PURPOSES.items()}
    return named if place.guarded else {purpose: named[purpose] for purpose in ("preview", "deploy")}


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessArgs:
    """Which account, and whose workflows."""

    account: str
    github: GitHub
    identity: Identity
    registry: Registry


class Access(Component):
    """An OIDC provider where there is none, and for each environment in the account a boundary and its roles."""

    TYPE = "slipway:aws:Access"

    roles: pulumi.Output[Mapping[str, str]]
    """ARN of a role by environment on GitHub."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        provider = self._issuer(args.github)
        here = args.github.here(args.account)
        #: ARN of a role by environment on GitHub, each as soon as it is known.
        self.by_environment: dict[str, pulumi.Output[str]] = {}
        for place in here:
            scope = Scope(
                place=place,
                others=tuple(other.name for other in here if other.name != place.name),
                registry=args.registry,
                state=args.github.state,
                state_key=args.github.state_key,
            )
            self._policy(scope, "boundary", "The most that a role made by a deployment of {} may do", boundary)
            shared = {
                "reading": self._policy(scope, "reading", "Looks at {}", reading),
                "moving": self._policy(scope, "moving", "Moves what stands in {}", moving),
            }
            for purpose, environment in purposes(place).items():
                self.by_environment[environment] = self._role(args, scope, purpose, environment, provider, shared)
        self.roles = pulumi.Output.all(**self.by_environment)
        self.finish()

    def _role(
        self,
        args: AccessArgs,
        scope: Scope,
        purpose: str,
        environment: str,
        provider: pulumi.Output[str],
        shared: Mapping[str, pulumi.Output[str]],
    ) -> pulumi.Output[str]:
        """Make the role of one purpose; return its ARN. Of the `shared` policies a preview gets the one to read."""
        place, (_, description, policy) = scope.place, PURPOSES[purpose]
        issuer, identity = args.github.issuer, args.identity
        role = WorkflowRole(
            f"{self.name}-{place.name}-{purpose}",
            WorkflowRoleArgs(
                place=place,
                purpose=purpose,
                description=description.format(place.name),
                trust=provider.apply(lambda arn: trust(arn, issuer, identity, environment)),
                policy=policy(scope),
                shared={"reading": shared["reading"]} if purpose == "preview" else shared,
            ),
            self.child(),
        )
        return role.arn

    def _policy(
        self, scope: Scope, what: str, description: str, document: Callable[[Scope], Document]
    ) -> pulumi.Output[str]:
        """Make a policy of an environment; return its ARN."""
        names = scope.place.names
        made = iam.Policy(
            f"{self.name}-{names.stack}-{what}",
            name=f"{names.project}-{names.stack}-{what}",
            path=GUARD_PATH,
            description=description.format(names.stack),
            policy=pulumi.Output.json_dumps(document(scope), separators=(",", ":")),
            opts=self.child(),
        )
        return made.arn

    def _issuer(self, github: GitHub) -> pulumi.Output[str]:
        """Return the ARN of the account's OIDC provider: an account has one for each issuer."""
        if github.oidc_provider:
            return pulumi.Output.from_input(github.oidc_provider)
        # No thumbprints: AWS checks the issuer's certificate itself.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
        made = iam.OpenIdConnectProvider(
            f"{self.name}-provider", url=github.issuer, client_id_lists=[AUDIENCE], opts=self.child()
        )
        return made.arn
