"""`./slipway history`: the releases of an environment."""

from __future__ import annotations

import json

import click

from ops.place import find
from ops.telling import console, serves, table


@click.command(epilog="Example: ./slipway history -s production -n 20")
@click.option("-s", "--stack", required=True, help="The environment: the name of its stack.")
@click.option("-n", "--number", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--json", "as_json", is_flag=True, help="The whole records; `serves` marks one.")
def history(stack: str, number: int, as_json: bool) -> None:
    """List releases: version, when, how long, result, who, why. The dot marks what serves."""
    store = find(stack).store()
    records, pointer = store.latest(number), store.pointer()
    if as_json:
        click.echo(json.dumps([record.stored() | {"serves": serves(record, pointer)} for record in records], indent=2))
        return
    if not records:
        click.echo(f"Nothing has been released in {stack} yet. The first: `pulumi up -s {stack}`.")
        return
    console().print(table(records, pointer))
