"""What a verb acts with that steps in: clients of the environment's account that tell AWS's time, and who asks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import boto3
import click
from botocore.config import Config

from delivery.abandoned import Abandoned
from delivery.asking import Asking
from delivery.clock import Clock
from delivery.control import Control, Wish
from delivery.deployments import Deployments
from delivery.records import Journal
from delivery.scaling import Scaling
from delivery.store import Store
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

    def control(self, journal: Journal, wish: Wish, reason: str) -> Control:
        """Put a wish to the release that is under way into its form."""
        return Control(
            release=journal.record.id, wish=wish, who=self.who, reason=reason.strip(), asked=self.clock.stamp()
        )


def reach(place: Place) -> Reach:
    """Reach an environment. Raises `Refused` with the credentials of another account."""
    clock = Clock()
    session: Any = boto3.session.Session(region_name=place.region)

    def hear(parsed: dict[str, Any], **_: Any) -> None:
        clock.hear(parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {}))

    session.events.register("after-call", hear)
    # An endpoint of one's own has no names of buckets in front of it.
    config = Config(s3={"addressing_style": "path"} if place.endpoint else None)

    def client(name: str) -> Any:
        return session.client(name, endpoint_url=place.endpoint, config=config)

    return assemble(
        place, clock, {name: client(name) for name in ("sts", "s3", "codedeploy", "application-autoscaling")}
    )


def assemble(place: Place, clock: Clock, clients: dict[str, Any]) -> Reach:
    """Put it together from clients by AWS's name of the service."""
    who = identity(clients["sts"], os.environ)
    refuse_other_account(who, place.account)
    store = Store(clients["s3"], place.bucket)
    return Reach(
        who=who.text,
        store=store,
        clock=clock,
        asking=Asking(store, clock),
        abandoned=Abandoned(
            store, Deployments(clients["codedeploy"]), Scaling(clients["application-autoscaling"]), clock, Terminal()
        ),
    )
