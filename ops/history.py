"""`./slipway history`: the releases of an environment; one of them whole; what differs between two."""

from __future__ import annotations

import json

import click

from delivery.compare import changed
from delivery.records import Record
from delivery.store import Store
from ops import details
from ops.differences import differences, facts, masked
from ops.differences import table as compared
from ops.place import Place, find
from ops.telling import console, serves, table, warn

_EXAMPLES = """Examples:

\b
  ./slipway history -s production -n 20
  ./slipway history -s production --of 1.8.0
  ./slipway history -s production --diff 1.7.4 1.8.0"""

#: How many releases more are read, so that the oldest one that is shown can be compared with the one before it.
_MORE = 10


@click.command(epilog=_EXAMPLES)
@click.option("-s", "--stack", required=True, help="The environment: the name of its stack.")
@click.option("-n", "--number", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--of", "wanted", metavar="RELEASE", help="Everything about one: a version, id, commit or digest.")
@click.option("--diff", "pair", nargs=2, metavar="A B", help="What differs between two: images, settings, schemas.")
@click.option("--json", "as_json", is_flag=True, help="The whole records, with what `changed`; `serves` marks one.")
def history(stack: str, number: int, wanted: str | None, pair: tuple[str, str] | None, as_json: bool) -> None:
    """List releases: version, commit, when, how long, result, who, what changed, why. The dot marks what serves.

    Reads as many records as it shows and a few more, however many there are. One that cannot be read is named on
    stderr.
    """
    if wanted and pair:
        raise click.UsageError("--of shows one release, --diff compares two: choose one of them.")
    place = find(stack)
    store = place.store()
    if wanted:
        _one(place, store, wanted, as_json=as_json)
    elif pair:
        _two(store, pair, as_json=as_json)
    else:
        _list(stack, store, number, as_json=as_json)


def _list(stack: str, store: Store, number: int, *, as_json: bool) -> None:
    found, pointer = store.look(number + _MORE), store.pointer()
    warn(found.unreadable)
    records = found.records[:number]
    changes = [changed(record, found.records) for record in records]
    if as_json:
        rows = [
            record.stored() | {"serves": serves(record, pointer), "changed": change}
            for record, change in zip(records, changes, strict=True)
        ]
        click.echo(json.dumps(rows, indent=2))
    elif records:
        terminal = console()
        terminal.print(table(records, changes, pointer, terminal.width))
    elif not found.unreadable:
        click.echo(f"Nothing has been released in {stack} yet. The first: `pulumi up -s {stack}`.")


def _one(place: Place, store: Store, wanted: str, *, as_json: bool) -> None:
    record, pointer = store.resolve(wanted), store.pointer()
    found, why = details.entry(place, record)
    if as_json:
        click.echo(json.dumps(details.stored(record, pointer, store.bucket, found), indent=2))
        return
    for line in [*details.told(record, pointer, store.bucket), details.update_line(found, why)]:
        click.echo(line)


def _two(store: Store, pair: tuple[str, str], *, as_json: bool) -> None:
    before, after = store.resolve(pair[0]), store.resolve(pair[1])
    found = differences(facts(before), facts(after))
    hidden = masked(found, before, after)
    if as_json:
        told = {
            "before": _named(before),
            "after": _named(after),
            "same": not found and not hidden,
            "differences": [one.stored() for one in found],
        }
        click.echo(json.dumps(told, indent=2))
        return
    if found:
        names = [f"{record.version} ({record.id})" for record in (before, after)]
        console().print(compared(found, *names))
    elif not hidden:
        click.echo(f"Nothing differs between {before.version} ({before.id}) and {after.version} ({after.id}).")
    if hidden:
        click.echo(hidden)


def _named(record: Record) -> dict[str, str]:
    return {"id": record.id, "version": record.version}
