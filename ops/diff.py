"""`./slipway diff`: what differs between what serves in two environments."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from delivery import migrated
from delivery.aws import explained
from delivery.errors import DeliveryError
from delivery.migration import WITHIN
from delivery.records import Pointer, Record
from ops.differences import differences, facts, table
from ops.place import find
from ops.telling import console, warn


@dataclass(frozen=True, slots=True)
class Side:
    """One environment: what serves there, and the record of it; None where that is gone or cannot be read."""

    stack: str
    pointer: Pointer
    record: Record | None
    facts: dict[str, Any]


@click.command(epilog="Example: ./slipway diff staging production")
@click.argument("environments", nargs=2, metavar="ENV ENV")
@click.option("--expect-same", is_flag=True, help="Fail where anything differs.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def diff(environments: tuple[str, str], expect_same: bool, as_json: bool) -> None:
    """Compare what serves in two environments: version, commit, images, settings, the schemas of databases.

    ENV is the name of a stack. Settings are those that each was last released with.
    """
    before, after = (_side(stack) for stack in environments)
    found = differences(before.facts, after.facts)
    if as_json:
        told = {
            "before": _told(before),
            "after": _told(after),
            "same": not found,
            "differences": [one.stored() for one in found],
        }
        click.echo(json.dumps(told, indent=2))
    elif found:
        console().print(table(found, before.stack, after.stack))
    else:
        click.echo(f"Nothing differs between {before.stack} and {after.stack}: both serve {before.pointer.version}.")
    if found and expect_same:
        raise DeliveryError(
            f"{before.stack} and {after.stack} differ in {len(found)}", f"`./slipway diff {' '.join(environments)}`"
        )


def _side(stack: str) -> Side:
    store = find(stack).store()
    try:
        pointer, found = store.pointer(), store.look(WITHIN)
        if pointer is None:
            raise DeliveryError(f"nothing serves in {stack} yet", f"the first release: `pulumi up -s {stack}`")
        warn(found.unreadable)
        record = next((one for one in found.records if one.id == pointer.release), None)
        if record is None and not any(pointer.record in error.message for error in found.unreadable):
            record = store.find(pointer.record)
    except (BotoCoreError, ClientError) as error:
        told = explained(error)
        raise DeliveryError(f"{stack}: {told.message}", told.fix) from error
    if record is None:
        reason = f"{stack}: the record of what serves ({pointer.record}) cannot be read: its settings are not compared"
        warn([DeliveryError(reason, "the bucket keeps earlier versions of every document: restore it")])
    return Side(stack, pointer, record, _facts(pointer, record, list(found.records)))


def _facts(pointer: Pointer, record: Record | None, records: list[Record]) -> dict[str, Any]:
    """Return what can be compared across environments: names of task definitions and alarms differ by themselves."""
    written = facts(record) if record else {}
    own = ("image.", "task_definition.", "alarms.", "schema.")
    kept = {name: value for name, value in written.items() if not name.startswith(own)}
    schemas = {name: migrated.current(records, name) for name in pointer.services}
    return {
        **kept,
        "version": pointer.version,
        "commit": pointer.commit,
        **{f"version.{name}": version for name, version in pointer.versions.items()},
        **{f"image.{name}": digest for name, digest in pointer.digests.items()},
        **{f"schema.{name}": schema.revision for name, schema in schemas.items() if schema},
    }


def _told(side: Side) -> dict[str, Any]:
    return {"environment": side.stack, "version": side.pointer.version, "release": side.pointer.release}
