"""`./slipway plan`: what the next update would do, danger first, and the hash that an approval is bound to."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ops.look import Approved, compare, keep, look
from ops.page import lines
from ops.place import find


@click.command(epilog="Example: ./slipway plan -s production --keep plan")
@click.option("-s", "--stack", required=True, help="The environment: the name of its stack.")
@click.option(
    "--plan", "hash_", metavar="HASH", help="Refuse (exit code 1) where the plan is not the one of this hash."
)
@click.option("--approved", type=click.Path(path_type=Path), metavar="FILE", help="Its plan.json: says what differs.")
@click.option(
    "--keep", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Write plan.json and plan.md there."
)
@click.option("--json", "as_json", is_flag=True, help="For programs: the plan on stdout.")
def plan(stack: str, hash_: str | None, approved: Path | None, folder: Path | None, as_json: bool) -> None:
    """Say what `pulumi up` would do under the settings as they are: read from the engine's preview, nothing changed.

    The hash stays for as long as the same would be done: it leaves out times, order and differences that are none.
    """
    find(stack, shared=True)
    found = look(stack)
    keep(folder, found)
    if hash_ is not None:
        compare(found, Approved(hash_, approved), folder)
    if as_json:
        click.echo(json.dumps({"hash": found.hash, **found.document, "warnings": list(found.warnings)}, indent=2))
        return
    for line in lines(found):
        click.echo(line)
