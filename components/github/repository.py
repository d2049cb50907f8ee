"""All of the repository: an environment for each place and purpose, rules, conduct, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import secretsmanager

from components.access.access import purposes
from components.access.role import lasts, role_arn
from components.component import Component
from components.github.conduct import Conduct, ConductArgs
from components.github.environment import DeliveryEnvironment, DeliveryEnvironmentArgs, Reviewers
from components.github.facts import Facts
from components.github.files import Files, FilesArgs
from components.github.limits import whole
from components.github.owners import PATH, code_owners
from components.github.rules import Rules, RulesArgs
from naming import partition
from settings import GitHub, Place, agreed


@dataclass(frozen=True, kw_only=True, slots=True)
class RepositoryArgs:
    """What is wanted, what GitHub says of it, and the roles that were made."""

    github: GitHub
    facts: Facts
    roles: Mapping[str, pulumi.Output[str]]
    """ARN by environment on GitHub, of the roles in this account."""
    files: Mapping[str, str]
    """Files that are proposed beside `CODEOWNERS`: text by path."""
    region: str
    """Where Pulumi's state is kept: the shared stack's own."""


class Repository(Component):
    """Everything of the repository that delivers."""

    TYPE = "slipway:github:Repository"

    environments: pulumi.Output[list[str]]
    proposal: pulumi.Output[str]
    """Where files of ours are proposed; empty where there are none."""

    def __init__(self, name: str, args: RepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        wanted = args.github
        made = [
            self._environment(args, place, purpose, environment)
            for place in wanted.places
            for purpose, environment in purposes(place).items()
        ]
        made += [self._approval(args, place) for place in wanted.places if _asks(wanted, place)]
        owners = code_owners(wanted)
        Rules(
            f"{name}-rules",
            RulesArgs(github=wanted, owned=owners is not None, actions=args.facts.actions),
            self.child(),
        )
        signing = {called: self._value(webhook.secret) for called, webhook in wanted.webhooks.items()}
        Conduct(f"{name}-conduct", ConductArgs(github=wanted, secrets=signing), self.child())
        self.proposal = pulumi.Output.from_input("")
        texts = {**args.files, **({PATH: owners} if owners is not None else {})}
        if texts:
            self.proposal = Files(f"{name}-files", FilesArgs(github=wanted, files=texts), self.child()).proposal
        self.environments = pulumi.Output.all(*(one.environment for one in made))
        self.finish()

    def _environment(self, args: RepositoryArgs, place: Place, purpose: str, environment: str) -> DeliveryEnvironment:
        """Make one environment. A preview's is open to pull requests, and so holds nothing of value."""
        wanted, looks = args.github, purpose == "preview"
        asks = _asks(wanted, place)
        secrets = {} if looks else {key: self._value(_of(place, text)) for key, text in wanted.secrets.items()}
        return DeliveryEnvironment(
            f"{self.name}-{environment}",
            DeliveryEnvironmentArgs(
                repository=wanted.name,
                environment=environment,
                # A release was approved before it comes here.
                reviewers=_reviewers(args) if asks and purpose == "rollback" else None,
                # Going back is for when something is wrong: it never waits.
                wait_minutes=wanted.wait_minutes if place.guarded and not asks and purpose == "deploy" else 0,
                administrators=whole(wanted, args.facts),
                refs=None if looks else (wanted.branch, wanted.tags),
                variables=_variables(args, place, purpose, environment),
                secrets=secrets,
            ),
            self.child(),
        )

    def _approval(self, args: RepositoryArgs, place: Place) -> DeliveryEnvironment:
        """Make the environment in which a release waits for its approval, and finds nothing."""
        wanted, environment = args.github, agreed.APPROVAL.format(place.name)
        return DeliveryEnvironment(
            f"{self.name}-{environment}",
            DeliveryEnvironmentArgs(
                repository=wanted.name,
                environment=environment,
                reviewers=_reviewers(args),
                wait_minutes=wanted.wait_minutes,
                administrators=whole(wanted, args.facts),
                refs=(wanted.branch, wanted.tags),
                variables={},
                secrets={},
            ),
            self.child(),
        )

    def _value(self, secret: str) -> pulumi.Output[str]:
        """Look the value of a secret up."""
        found = secretsmanager.get_secret_version_output(secret_id=secret, opts=self.lookup())
        return pulumi.Output.secret(found.secret_string)


def _asks(wanted: GitHub, place: Place) -> bool:
    """Return whether reviewers let a release in: in an environment of their own, before the one that it goes to."""
    return place.guarded and wanted.approval == "reviewers"


def _of(place: Place, secret: str) -> str:
    """Return the name that a secret has for a place."""
    return secret.replace("{environment}", place.name)


def _reviewers(args: RepositoryArgs) -> Reviewers:
    return Reviewers(
        users=tuple(number for number in args.facts.people.values() if number is not None),
        teams=tuple(number for number in args.facts.teams.values() if number is not None),
        self_review=args.github.self_review,
    )


def _variables(args: RepositoryArgs, place: Place, purpose: str, environment: str) -> dict[str, pulumi.Input[str]]:
    """Return what workflows are told: nobody writes any of it twice."""
    role: pulumi.Input[str] = args.roles.get(environment) or role_arn(place, purpose, partition(place.region))
    told: dict[str, pulumi.Input[str]] = {
        "AWS_ACCOUNT_ID": place.account,
        "AWS_REGION": place.region,
        agreed.ROLE_ARN: role,
        "AWS_ROLE_SECONDS": str(lasts(place, purpose)),
        "PULUMI_STACK": place.name,
    }
    if args.github.state:
        told[agreed.STATE_URL] = f"s3://{args.github.state}?region={args.region}&awssdk=v2"
    return told
