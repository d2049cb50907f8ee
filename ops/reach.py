"""What a verb acts with that steps in: clients of the environment's account that tell AWS's time, and who asks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, cast

import boto3
import click
from botocore.config import Config

from delivery import aws
from delivery.abandoned import Abandoned
from delivery.asking import Asking
from delivery.clock import Clock
from delivery.control import Control, Wish
from delivery.records import Journal
from delivery.stop import Stop
from delivery.store import Store
from delivery.tools import Tools
from delivery.who import identity, refuse_other_account
from ops.place import Place


class Terminal:
    """Tells a person how it goes, on stderr: stdout is the verb's answer. A line that repeats itself is told once."""

    def __init__(self) -> None:
        self._last = ""

    def progress(self, line: str) -> None:
        """Say where it stands now."""
        if line != self._last:
            click.echo(line, err=True)
        self._last = line

    def note(self, line: str) -> None:
        """Say something that stays."""
        click.echo(line, err=True)

    def warn(self, line: str) -> None:
        """Say something that a person should look at."""
        click.echo(f"Warning: {line}", err=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One environment within reach. who: the identity that asks, in words."""

    who: str
    store: Store
    clock: Clock
    asking: Asking
    abandoned: Abandoned
    tools: Tools

    def control(self, journal: Journal, wish: Wish, reason: str) -> Control:
        """Put a wish to the release that is under way into its form."""
        return Control(
            release=journal.record.id, wish=wish, who=self.who, reason=reason.strip(), asked=self.clock.stamp()
        )


#: A client's name here, and at AWS.
_SERVICES = {
    "autoscaling": "application-autoscaling",
    "functions": "lambda",
    **{
        name: name
        for name in ("cloudwatch", "codedeploy", "ec2", "ecr", "ecs", "elbv2", "logs", "s3", "secretsmanager", "sts")
    },
}


class Clients:
    """The clients of a place, each made when it is first asked for; `clock` hears the time of every answer."""

    def __init__(self, place: Place, clock: Clock) -> None:
        self._endpoint = place.endpoint
        self._clock = clock
        self._session: Any = boto3.session.Session(region_name=place.region)
        self._session.events.register("after-call", self._hear)

    def __getattr__(self, name: str) -> Any:
        if name not in _SERVICES:
            raise AttributeError(name)
        # An endpoint of one's own has no names of buckets in front of it.
        config = Config(s3={"addressing_style": "path"} if self._endpoint else None)
        client = self._session.client(_SERVICES[name], endpoint_url=self._endpoint, config=config)
        setattr(self, name, client)
        return client

    def _hear(self, parsed: dict[str, Any], **_: Any) -> None:
        self._clock.hear(parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {}))


def reach(place: Place) -> Reach:
    """Reach an environment. Raises `Refused` with the credentials of another account."""
    clock = Clock()
    return assemble(place, clock, cast(aws.Clients, Clients(place, clock)))


def assemble(place: Place, clock: Clock, clients: aws.Clients) -> Reach:
    """Put it together from clients."""
    who = identity(clients.sts, os.environ)
    refuse_other_account(who, place.account)
    store = Store(clients.s3, place.bucket)
    tools = Tools.make(clients, clock, Terminal(), Stop())
    return Reach(
        who=who.text,
        store=store,
        clock=clock,
        asking=Asking(store, clock),
        abandoned=Abandoned(store, tools.deployments, tools.scaling, clock, tools.teller),
        tools=tools,
    )
