"""`./slipway rollback`: takes an environment back to a release that once succeeded. It is itself a release."""

from __future__ import annotations

import json

import click

from delivery.errors import DeliveryError
from delivery.hold import HOLD, Hold, lift_words
from delivery.notices import Notice
from delivery.records import Journal, Pointer, Record
from ops import deliver
from ops.abort import end, wish
from ops.asking import confirm, need, under_way
from ops.at_once import at_once
from ops.choice import choose, name_of, same
from ops.deliver import Act
from ops.notify import notify
from ops.place import Place, find
from ops.reach import Reach, reach
from ops.telling import when, who


@click.command(epilog='Example: ./slipway rollback -s production --reason "checkout slow since 1.8.0"')
@click.option("-s", "--stack", required=True, help="The environment: the name of its stack.")
@click.option("--to", "wanted", metavar="RELEASE", help="A version, id or digest. Default: the last good one before.")
@click.option("--reason", required=True, help="Why; it stands in the record and in the update's message.")
@click.option("--now", is_flag=True, help="At once, with nothing but AWS: no engine, lock, gates, checks or bake.")
@click.option("--downgrade", is_flag=True, help="First let the newer image undo the schema that RELEASE does not know.")
@click.option("--yes", is_flag=True, help="Do not ask: for CI.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs: the outcome on stdout, all else on stderr.")
def rollback(
    stack: str, wanted: str | None, reason: str, now: bool, downgrade: bool, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Go back to an earlier release as it ran: images, sizes, variables, and the versions of its secrets.

    Shows what will change and asks. A release that is under way is stopped first. Then `release` names the earlier one
    and `pulumi up` runs, so the same checks apply, and what serves stays if they fail. Databases keep their schema,
    unless --downgrade is said: then what serves meets the older schema until the shift is over. The environment is held
    there afterwards: `./slipway hold --lift` lets automatic deliveries in again.
    With --now it is the release's own task definitions that come, within seconds while they are warm.
    """
    need(reason)
    if now and downgrade:
        raise click.UsageError("--downgrade: runs a task first, and --now waits for nothing; say one of them.")
    place = find(stack)
    near = reach(place)
    journal = near.asking.under_way()
    if now:
        at_once(place, near, wanted, reason.strip(), journal, yes=yes, dry_run=dry_run, as_json=as_json)
        return
    serving = near.store.pointer()
    if journal is not None and serving is not None and (wanted is None or same(_named(near, wanted), serving)):
        _stop_alone(place, near, journal, reason, yes=yes, dry_run=dry_run, as_json=as_json)
        return
    act = _act(place, near, wanted, reason, downgrade=downgrade)
    lines = [*([under_way(stack, journal), "  it is stopped first, and goes back"] if journal else []), *_lines(act)]
    if dry_run:
        deliver.say([*lines, "Nothing was changed (--dry-run)."], as_json=as_json)
        _json(deliver.told(act, "dry run"), as_json=as_json)
        return
    confirm(lines, f"Go back to {act.record.version} in {stack}?", yes=yes, as_json=as_json)
    if journal is not None:
        end(near, stack, journal, wish(near, journal, reason))
    earlier = near.store.hold()
    _hold(near, act.record, reason)
    try:
        deliver.carry_out(act, f"rollback to {act.record.version} ({act.record.id}): {reason}", as_json=as_json)
    except BaseException as error:
        if not act.serves:
            _as_before(near, earlier)
        if isinstance(error, DeliveryError):
            notify(place, near, deliver.notice(act, "rollback", cause=error.message))
        raise
    _done(act, as_json=as_json)


def _act(place: Place, near: Reach, wanted: str | None, reason: str, *, downgrade: bool) -> Act:
    record, serving = choose(near.store, wanted), near.store.pointer()
    return Act(
        place=place,
        near=near,
        record=record,
        name=name_of(record, near.store),
        reason=reason.strip(),
        served=True,
        downgrade=downgrade,
        holds=True,
        before=serving.release if serving else "",
        was=serving.version if serving else "",
    )


def _lines(act: Act) -> list[str]:
    record = act.record
    released = f"which {who(record.who)} released {when(record.started)} UTC"
    checked, other = deliver.check(act), deliver.configuration(act.near.store, record)
    return [f"Back to {record.version} (release {record.id}), {released}:", *checked, *other]


def _named(near: Reach, wanted: str) -> Record:
    return near.store.resolve(wanted)


def _stop_alone(
    place: Place, near: Reach, journal: Journal, reason: str, *, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Where what is wanted serves until the release under way is over, stopping that is all there is to do."""
    pointer = near.store.pointer()
    assert pointer is not None  # noqa: S101 - the caller looked
    stack = place.stack
    lines = [under_way(stack, journal), f"It is stopped, and {pointer.version} has all traffic again."]
    found = {"environment": stack, "release": pointer.release, "version": pointer.version, "reason": reason.strip()}
    if dry_run:
        deliver.say([*lines, "Nothing was changed (--dry-run)."], as_json=as_json)
        _json({**found, "result": "dry run"}, as_json=as_json)
        return
    confirm(lines, f"Stop {journal.record.version} in {stack}?", yes=yes, as_json=as_json)
    ended = end(near, stack, journal, wish(near, journal, reason))
    near.store.keep(_held(near, pointer, reason))
    unwell = deliver.health(near)
    told = Notice(
        act="rollback",
        environment=stack,
        version=pointer.version,
        before=ended.record.version,
        who=near.who,
        why=reason.strip(),
        release=ended.record.id,
        health=tuple(unwell),
    )
    heard = notify(place, near, told)
    outcome = {"result": "succeeded", "stopped": ended.record.id, "health": unwell, "told": heard}
    _json({**found, **outcome}, as_json=as_json)
    deliver.say(
        [f"{ended.record.version} was stopped; {stack} serves {pointer.version}.", _kept(stack)], as_json=as_json
    )
    if unwell:
        raise deliver.unwell(stack, pointer.version, unwell)


def _held(near: Reach, at: Record | Pointer, reason: str) -> Hold:
    return Hold.at(at.version, at.services, near.who, reason.strip(), near.clock.stamp())


def _hold(near: Reach, record: Record, reason: str) -> None:
    """Hold the environment at a release: before the update ends, or the next automatic one could slip in."""
    near.store.keep(_held(near, record, reason))


def _as_before(near: Reach, earlier: Hold | None) -> None:
    if earlier is None:
        near.store.drop_hold()
    else:
        near.store.keep(earlier)


def _done(act: Act, *, as_json: bool) -> None:
    stack, version = act.stack, act.record.version
    unwell = deliver.health(act.near)
    heard = notify(act.place, act.near, deliver.notice(act, "rollback", unwell))
    _json(deliver.told(act, "succeeded", unwell, told=heard), as_json=as_json)
    lines = [f"{stack} serves {version} again."]
    if act.place.builds or act.place.release:
        forward = f"`pulumi config rm release -s {stack}`"
        lines = [
            f"{stack} serves {version} again, and stays with it: `release` is set in Pulumi.{stack}.yaml.",
            f"To follow new releases again: {forward}, and lift the hold.",
        ]
    deliver.say([*lines, _kept(stack)], as_json=as_json)
    if unwell:
        raise deliver.unwell(stack, version, unwell)


def _kept(stack: str) -> str:
    return f"It is held there ({HOLD}): other releases are refused until {lift_words(stack)}."


def _json(found: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, indent=2))
