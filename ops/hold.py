"""`./slipway hold`: keeps an environment at what it serves, or lets it go again."""

from __future__ import annotations

import json

import click

from delivery.errors import Refused
from delivery.hold import Hold, lift_words
from ops.asking import need
from ops.place import find
from ops.reach import reach


@click.command(epilog='Example: ./slipway hold -s production --reason "until the incident is understood"')
@click.option("-s", "--stack", required=True, help="The environment: the name of its stack.")
@click.option("--lift", is_flag=True, help="Let releases in again.")
@click.option("--reason", required=True, help="Why; whoever is refused reads it, beside who.")
@click.option("--json", "as_json", is_flag=True, help="For programs: the outcome on stdout, all else on stderr.")
def hold(stack: str, lift: bool, reason: str, as_json: bool) -> None:
    """Keep an environment at what it serves: every other release is refused, from CI and from a laptop.

    Going back sets one by itself. `./slipway rollback` passes it, `./slipway promote --lift-hold` lifts it with the
    release that it brings. A release that is under way goes on.
    """
    need(reason)
    near = reach(find(stack))
    there = near.store.hold()
    if lift:
        if there is None:
            raise Refused(f"{stack} is not held", f"`./slipway status -s {stack}` says what serves")
        done = there.lifted(near.who, reason.strip(), near.clock.stamp())
        near.store.keep(done)
        _say(stack, done, f"{stack} is free again; it was {there.told}", as_json=as_json)
        return
    pointer = near.store.pointer()
    if pointer is None:
        raise Refused(f"nothing serves in {stack} yet: there is nothing to hold", f"`pulumi up -s {stack}` releases")
    if there is not None:
        click.echo(f"It was {there.told}; that hold is replaced.", err=True)
    made = Hold.at(pointer.version, pointer.services, near.who, reason.strip(), near.clock.stamp())
    near.store.keep(made)
    _say(stack, made, f"{stack} is held at {pointer.version}; {lift_words(stack)}.", as_json=as_json)


def _say(stack: str, hold: Hold, line: str, *, as_json: bool) -> None:
    if as_json:
        found = {"environment": stack, "held": hold.active, "version": hold.version, "who": hold.who, "why": hold.why}
        lifted = {"lifted_by": hold.lifted_by, "lifted_why": hold.lifted_why}
        click.echo(json.dumps({**found, "since": hold.since, **lifted}, indent=2))
    else:
        click.echo(line)
