"""`./slipway status`: what serves in an environment, and what is under way."""

from __future__ import annotations

import json
from typing import Any

import click

from delivery.hold import lift_words
from delivery.lines import taken_back
from delivery.records import Journal, Pointer, Record
from ops.place import find
from ops.telling import when, who


@click.command(epilog="Example: ./slipway status -s staging")
@click.option("-s", "--stack", required=True, help="The environment: the name of its stack.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(stack: str, as_json: bool) -> None:
    """Say what serves, since when, whether CodeDeploy took something back, and whether a release is under way."""
    store = find(stack).store()
    pointer, journal, gone = store.pointer(), store.journal(), store.taken_back()
    if as_json:
        found = {"serving": _serving(pointer), "under_way": _under_way(journal), "taken_back": _taken_back(gone)}
        click.echo(json.dumps(found, indent=2))
        return
    if pointer is None:
        click.echo(f"Nothing serves in {stack} yet. The first release: `pulumi up -s {stack}`.")
    else:
        click.echo(f"{stack} serves {pointer.version} (release {pointer.release}) since {when(pointer.since)} UTC.")
        for service, served in pointer.services.items():
            other = pointer.versions.get(service)
            click.echo(f"  {service}: {served.image}" + (f" ({other})" if other else ""))
    hold = store.hold()
    if hold is not None:
        click.echo(f"It is {hold.told}. {lift_words(stack)}.")
    if gone is not None:
        click.echo(
            f"{taken_back(gone, pointer)}.\n"
            f"The next `pulumi up -s {stack}` releases what the program names: find out first why it was taken back."
        )
    if journal is not None:
        release = journal.record
        click.echo(
            f"Under way: {release.version}, by {who(release.who)} since {when(release.started)} UTC, "
            f"at the step: {journal.step}.\n"
            f"If nobody runs it any more, `pulumi up -s {stack}` takes it up; "
            f"`./slipway abort -s {stack} --reason …` takes it back."
        )


def _serving(pointer: Pointer | None) -> dict[str, Any] | None:
    """What serves, for programs."""
    if pointer is None:
        return None
    return {"version": pointer.version, "release": pointer.release, "images": pointer.images}


def _taken_back(record: Record | None) -> dict[str, Any] | None:
    """What CodeDeploy took back when no update ran, for programs."""
    if record is None:
        return None
    return {"version": record.version, "record": record.id, "at": record.finished, "cause": record.cause}


def _under_way(journal: Journal | None) -> dict[str, Any] | None:
    """What is under way, for programs."""
    if journal is None:
        return None
    return {"version": journal.record.version, "step": journal.step, "who": journal.record.who}
