"""Reading whose guest a short-lived environment is: whose network and load balancer, on which ports, until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from naming import Kind, Names
from settings.model import App, Guest, HostNetwork
from settings.node import Fields, Node
from settings.rollout import elsewhere
from settings.source import Source
from settings.table import GUEST, defaults

#: How a time is written.
UNTIL = "%Y-%m-%dT%H:%MZ"
#: What a guest takes as its host has it.
_HOSTS = ("vpc_id", "cidr", "zones", "nat", "subnets", "domain", "certificate_arn")


def guest(fields: Fields, source: Source, account: str, region: str, *, protect: bool) -> Guest | None:
    """Read it; None where the setting is empty. What a guest takes from its host is refused."""
    node = fields["guest"]
    if not node.value:
        return None
    for name in _HOSTS:
        if name in source.given:
            fields[name].wrong("has no effect where guest is set", "remove it", got="")
    if protect and fields["protect"].ok:
        fields["protect"].wrong("must be false where guest is set", "a guest goes, with all that it holds")
    inner = node.fields(defaults(GUEST))
    if not node.ok:
        return None
    of = inner["of"].needed("", "must name another environment's stack")
    host = elsewhere(inner["of"], of, source, "must be") if of else None
    if host and inner["of"].ok and (host.account, host.region) != (account, region):
        inner["of"].wrong("must name a stack in this account and region", f"{of} is in {host.account}, {host.region}")
    if host and "guest" in source.stacks[host.stack]:
        inner["of"].wrong("must name a stack that is no guest itself")
    inner["branch"].text()  # for `./slipway env` alone; nothing that is declared depends on it
    return Guest(
        host=Names(project=source.project, stack=of),
        port=inner["port"].integer(1024, 65000),
        until=_time(inner["until"]),
        ports={name: one.integer(1024, 65000) for name, one in inner["ports"].object().items()},
    )


def network(found: Guest) -> HostNetwork:
    """Return where a guest stands."""
    return HostNetwork(load_balancer=found.host.of(Kind.LOAD_BALANCER, "door"))


def on_ports(apps: Sequence[App], found: Guest, node: Node) -> tuple[App, ...]:
    """Return the services with the guest's listeners, two for each that has a port. node: of the setting.

    Those that the setting does not name are counted from the first port on, in the order of their names.
    """
    doors = sorted(app.name for app in apps if app.door)
    ports = {name: found.ports.get(name, found.port + 2 * place) for place, name in enumerate(doors)}
    both = sorted(one for port in ports.values() for one in (port, port + 1))
    if twice := sorted({one for one, following in pairwise(both) if one == following}):
        node.wrong("must have each port once", "`./slipway env up` chooses them", got=", ".join(map(str, twice)))
    return tuple(
        replace(app, door=replace(app.door, listener=port, test_listener=port + 1))
        if app.door and (port := ports[app.name])
        else app
        for app in apps
    )


def _time(node: Node) -> str:
    text = node.needed("", "must be a time in UTC", "such as 2026-12-01T00:00Z")
    try:
        datetime.strptime(text, UNTIL)  # noqa: DTZ007 - the Z is part of the form
    except ValueError:
        if node.ok:
            node.wrong("must be a time in UTC", "such as 2026-12-01T00:00Z")
    return text
