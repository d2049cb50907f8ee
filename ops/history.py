"""`./slipway history`: the releases of an environment."""

from __future__ import annotations

import json

import click

from delivery.compare import changed
from ops.place import find
from ops.telling import console, serves, table

#: How many releases more are read, so that the oldest one that is shown can be compared with the one before it.
_MORE = 10


@click.command(epilog="Example: ./slipway history -s production -n 20")
@click.option("-s", "--stack", required=True, help="The environment: the name of its stack.")
@click.option("-n", "--number", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--json", "as_json", is_flag=True, help="The whole records, with what `changed`; `serves` marks one.")
def history(stack: str, number: int, as_json: bool) -> None:
    """List releases: version, when, how long, result, who, what changed, why. The dot marks what serves."""
    store = find(stack).store()
    known, pointer = store.latest(number + _MORE), store.pointer()
    records = known[:number]
    changes = [changed(record, known) for record in records]
    if as_json:
        found = [
            record.stored() | {"serves": serves(record, pointer), "changed": change}
            for record, change in zip(records, changes, strict=True)
        ]
        click.echo(json.dumps(found, indent=2))
        return
    if not records:
        click.echo(f"Nothing has been released in {stack} yet. The first: `pulumi up -s {stack}`.")
        return
    console().print(table(records, changes, pointer))
