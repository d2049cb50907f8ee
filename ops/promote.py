"""`./slipway promote`: brings what serves in one environment into another: the same digests, no build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from delivery.aws import explained
from delivery.errors import DeliveryError, Refused
from delivery.health import troubles
from delivery.records import Pointer, Record
from delivery.store import Store
from ops import deliver
from ops.asking import confirm, options
from ops.deliver import Act
from ops.look import OUTCOME, PAGE, Approved, compare, keep, write
from ops.notify import notify
from ops.page import lines as shown
from ops.place import Place, find
from ops.reach import reach
from ops.telling import when, who


@click.command(epilog="Example: ./slipway promote -s production --version 1.8.0")
@click.option("--from", "origin", metavar="ENV", help="Where it serves. Default: the setting `source` of the other.")
@click.option("--version", "wanted", metavar="VERSION", help="What must serve there, or it is refused.")
@click.option("--reason", default="", help="Why; it stands in the record beside where it came from.")
@click.option("--lift-hold", is_flag=True, help="Lift a hold on the environment with it.")
@click.option("--dry-run", is_flag=True, help="Say what would change, with the plan's hash, and change nothing.")
@click.option(
    "--plan", "hash_", metavar="HASH", help="What was approved: refused where the plan is another one by now."
)
@click.option("--approved", type=click.Path(path_type=Path), metavar="FILE", help="Its plan.json: says what differs.")
@click.option(
    "--keep", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Write the plan and the outcome there."
)
@options
def promote(
    stack: str,
    origin: str | None,
    wanted: str | None,
    reason: str,
    lift_hold: bool,
    dry_run: bool,
    hash_: str | None,
    approved: Path | None,
    folder: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Take what serves in one environment into another: the very images, under the settings of this checkout.

    What has served here before comes as it ran then: with its sizes, variables, and the versions of its secrets.
    Looks whether it is well there, whether its images exist and whether the gates let it in; shows what will change and
    asks. Then `release` names it and `pulumi up` runs, with the rollout, checks and bake of the environment.
    With --plan the engine's preview is read first, and where it would do anything else than that plan nothing is done.
    """
    place = find(stack)
    there = find(_origin(place, origin))
    pointer, record = _serving(there, wanted)
    near = reach(place)
    deliver.nothing_under_way("promote", near, stack)
    serving = near.store.pointer()
    # Task definitions are the environment's own: what the two have in common is images.
    done = serving is not None and {name: served.digest for name, served in record.services.items()} == serving.digests
    act = Act(
        place=place,
        near=near,
        record=record,
        name=_name(record, there.store(), near.store),
        reason=f"promoted from {there.stack}" + (f": {reason.strip()}" if reason.strip() else ""),
        served=near.store.served_before(record.digests),
        lift_hold=lift_hold,
        before=serving.release if serving else "",
        was=serving.version if serving else "",
    )
    if done:
        write(folder, PAGE, f"{stack} serves {record.version} already: there is nothing to do.\n")
        found = deliver.told(act, "nothing to do", source=there.stack, name=act.name, plan="")
        _json(found, as_json=as_json, folder=folder)
        deliver.say([f"{stack} serves {record.version} already."], as_json=as_json)
        return
    lines = [
        f"{record.version} (release {record.id}), which {who(record.who)} released in {there.stack} "
        f"{when(record.started)} UTC and serves there since {when(pointer.since)} UTC:",
        *_health(there, pointer),
        *deliver.check(act),
    ]
    more: dict[str, Any] = {"source": there.stack}
    if dry_run or hash_ is not None or folder is not None:
        plan = deliver.planned(act)
        keep(folder, plan)
        if hash_ is not None:
            compare(plan, Approved(hash_, approved), folder)
        lines += shown(plan)
        more |= {"name": act.name, "plan": plan.hash}
    if dry_run:
        deliver.say([*lines, "Nothing was changed (--dry-run)."], as_json=as_json)
        _json(deliver.told(act, "dry run", **more), as_json=as_json, folder=folder)
        return
    confirm(lines, f"Release {record.version} in {stack}?", yes=yes, as_json=as_json)
    try:
        deliver.carry_out(act, f"promote {record.version} ({record.id}) from {there.stack}", as_json=as_json)
    except DeliveryError as error:
        notify(place, near, deliver.notice(act, "promote", cause=error.message))
        raise
    unwell = deliver.health(near)
    more["told"] = notify(place, near, deliver.notice(act, "promote", unwell))
    _json(deliver.told(act, "succeeded", unwell, **more), as_json=as_json, folder=folder)
    deliver.say([f"{stack} serves {record.version}, the very images of {there.stack}."], as_json=as_json)
    if unwell:
        raise deliver.unwell(stack, record.version, unwell)


def _origin(place: Place, origin: str | None) -> str:
    """The environment to take from."""
    if place.builds:
        raise Refused(
            f"{place.stack} builds its own images and takes none",
            f"set where it takes them from: `pulumi config set source {origin or 'staging'} -s {place.stack}`",
        )
    if origin is not None and origin != place.source:
        raise Refused(
            f"{place.stack} takes its releases from {place.source}, not from {origin}",
            f"leave out --from, or `pulumi config set source {origin} -s {place.stack}`",
        )
    return place.source


def _serving(there: Place, wanted: str | None) -> tuple[Pointer, Record]:
    """What serves in the environment to take from, and its record. Raises `Refused` where that cannot be taken."""
    stack, store = there.stack, there.store()
    pointer, journal = store.pointer(), store.journal()
    if pointer is None:
        raise Refused(f"nothing serves in {stack} yet", f"`pulumi up -s {stack}` releases there first")
    if journal is not None and not journal.record.finished:
        raise Refused(
            f"{journal.record.version} is under way in {stack}, at the step: {journal.step}",
            f"wait until `./slipway status -s {stack}` says what serves",
        )
    if pointer.versions:
        others = ", ".join(f"{name} serves {version}" for name, version in sorted(pointer.versions.items()))
        raise Refused(
            f"{stack} serves {pointer.version} only in part: {others}",
            f"let one release succeed there for all services: `pulumi up -s {stack}`",
        )
    record = store.find(pointer.record)
    if record is None:
        raise DeliveryError(
            f"{pointer.record}: the record of what serves in {stack} is gone",
            "the bucket keeps earlier versions: restore it",
        )
    if wanted and wanted.removeprefix("v") not in (record.version, record.id, record.commit, *record.digests):
        raise Refused(
            f"{wanted} does not serve in {stack}: {record.version} does",
            f"leave out --version to take {record.version}, or bring {wanted} to {stack} first; "
            "what once served in the other environment comes with `./slipway rollback --to …`",
        )
    return pointer, record


def _health(there: Place, pointer: Pointer) -> list[str]:
    """See to it that all is well where it serves; return what could not be asked. Raises `Refused` where it is not."""
    try:
        near = reach(there)
        services = near.store.ground()
        wrong = troubles(services, pointer.services, near.tools) if services else []
    except Exception as error:
        # Who may release here need not be let into the other account; what is written down about it counts then.
        return [f"  how it is in {there.stack} could not be asked from here: {explained(error).message}"]
    if wrong:
        raise Refused(
            f"{pointer.version} serves in {there.stack}, but not all is well: {'; '.join(wrong)}",
            f"find out why, and mend it there first; `./slipway status -s {there.stack}` says more",
        )
    return []


def _name(record: Record, source: Store, own: Store) -> str:
    """What to set `release` to: the version, where it means the same in both places, else the id."""
    try:
        if source.resolve(record.version).id != record.id:
            return record.id
    except DeliveryError:
        return record.id
    try:
        return record.version if own.resolve(record.version).digests == record.digests else record.id
    except DeliveryError:
        return record.version


def _json(found: dict[str, object], *, as_json: bool, folder: Path | None) -> None:
    write(folder, OUTCOME, f"{json.dumps(found, indent=2)}\n")
    if as_json:
        click.echo(json.dumps(found, indent=2))
