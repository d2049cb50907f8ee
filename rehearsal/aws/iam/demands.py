"""All that a request must be allowed: its action on each of its resources, and the passing of its roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearsal.aws.iam.call import Call
from rehearsal.aws.iam.keys import keys
from rehearsal.aws.iam.passing import passed
from rehearsal.aws.iam.resources import resources


@dataclass(frozen=True)
class Demand:
    """An action on a resource, with what policies may ask about it."""

    action: str
    resource: str
    keys: Mapping[str, str] = field(default_factory=dict)


def demands(call: Call, read: str) -> list[Demand]:
    """Return what a call demands. read: the resource as MiniStack reads it."""
    action = f"{call.service}:{call.action}"
    found = [Demand(action, resource, keys(call, resource)) for resource in resources(call) or [read]]
    return found + passes(call)


def passes(call: Call) -> list[Demand]:
    """Return the passing of each role that a call hands over."""
    return [Demand("iam:PassRole", role, {"iam:PassedToService": taker}) for role, taker in passed(call)]
