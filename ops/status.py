"""`./slipway status`: what serves in an environment, what is under way, and what a person should know of both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from delivery.hold import lift_words
from delivery.lines import taken_back, way_back
from delivery.locks import Lock
from delivery.meaning import Phase, View
from delivery.records import NOW, Journal, Pointer, Record
from ops.place import find
from ops.seen import Seen, see
from ops.telling import brief, warn, when, who

_PHASES = {
    Phase.PREPARING: "the new tasks start",
    Phase.READY: "the new tasks wait for their checks",
    Phase.SHIFTING: "traffic moves",
    Phase.SHIFTED: "all traffic has moved, and is watched",
    Phase.SUCCEEDED: "over: the old tasks are gone",
    Phase.FAILED: "its deployment failed",
    Phase.STOPPED: "its deployment was stopped",
}


@click.command(epilog="Example: ./slipway status -s staging")
@click.option("-s", "--stack", required=True, help="The environment: the name of its stack.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(stack: str, as_json: bool) -> None:
    """Say what serves, since when and by whom, what is under way and how far, and whether one can go back at once.

    Also: what CodeDeploy took back, what failed since, which alarms ring, who holds Pulumi's lock. What cannot be seen
    is named.
    """
    seen = see(find(stack))
    warn(seen.unreadable)
    if as_json:
        click.echo(json.dumps(_stored(seen), indent=2))
        return
    for line in _lines(stack, seen):
        click.echo(line)


def _lines(stack: str, seen: Seen) -> Iterator[str]:
    pointer = seen.pointer
    if pointer is None:
        yield f"Nothing serves in {stack} yet. The first release: `pulumi up -s {stack}`."
    else:
        yield from _serves(stack, pointer, seen)
    if seen.hold is not None:
        yield f"It is {seen.hold.told}. {lift_words(stack)}."
    if seen.taken_back is not None:
        yield f"{taken_back(seen.taken_back, pointer)}."
        yield f"The next `pulumi up -s {stack}` releases what the program names: find out first why it was taken back."
    if seen.failed is not None:
        failed = seen.failed
        cause = f": {brief(failed.cause)}" if failed.cause else ""
        yield f"Last failure: {failed.version} {failed.result} at {when(failed.finished or failed.started)} UTC{cause}"
        yield f"  All of it: `./slipway history -s {stack} --of {failed.id}`."
    yield from _alarms(seen)
    if seen.journal is not None:
        yield from _under_way(stack, seen.journal, seen)
    for lock in seen.locks or []:
        yield f"Locked by {lock.user}@{lock.host}, process {lock.pid}, since {lock.at:%Y-%m-%d %H:%M %Z}."
    if seen.locks and seen.journal is None:
        yield f"  If nobody updates {stack}: `./slipway unlock -s {stack}`."
    for what in seen.unknown:
        yield f"Not known: {what}."


def _serves(stack: str, pointer: Pointer, seen: Seen) -> Iterator[str]:
    record = seen.record
    by = f" It was released by {who(record.who)}{f': {brief(record.why)}' if record.why else ''}." if record else ""
    yield f"{stack} serves {pointer.version} (release {pointer.release}) since {when(pointer.since)} UTC.{by}"
    for service, served in pointer.services.items():
        other = pointer.versions.get(service)
        yield f"  {service}: {served.image}" + (f" ({other})" if other else "")
    if seen.warm and record:
        until = f" until {when(record.warm_until)} UTC" if record.warm_until else ""
        old = record.before_version or "what served before"
        # What people brought past us has no record to go back to: AWS alone takes traffic back to it. Who has gone back
        # already has to name what was gone back from: the verb alone goes further back.
        named = not record.before_release or record.source in ("pin", NOW)
        back = way_back(record, record.before_release) if named else f"./slipway rollback -s {stack} --reason …"
        yield f"Warm: {old} is kept{until}. Back in seconds: `{back}`."


def _alarms(seen: Seen) -> Iterator[str]:
    for name, state in seen.ringing.items():
        since = f" since {state.since:%Y-%m-%d %H:%M} UTC" if state.since else ""
        yield f"Alarm {name} rings{since}: {state.reason}"
    for name in seen.missing:
        yield f"Alarm {name} does not exist."
    if seen.alarms and not seen.ringing:
        yield f"None of {len(seen.alarms)} alarms rings."


def _under_way(stack: str, journal: Journal, seen: Seen) -> Iterator[str]:
    release = journal.record
    if release.finished:
        yield f"To be done by the next update: {journal.step} (left by {release.version}, release {release.id})."
        return
    yield (
        f"Under way: {release.version} (release {release.id}), by {who(release.who)} "
        f"since {when(release.started)} UTC, at the step: {journal.step}."
    )
    for service, view in seen.flights.items():
        yield f"  {service}: {_flight(view)}"
    yield (
        f"If nobody runs it any more, `pulumi up -s {stack}` takes it up; "
        f"`./slipway abort -s {stack} --reason …` takes it back."
    )


def _flight(view: View) -> str:
    """How far a deployment is: first the share of users that have the new release."""
    tasks = f", {view.running}/{view.desired} tasks" if view.desired and view.phase <= Phase.READY else ""
    return f"{view.green_percent}% of users have it; {_PHASES[view.phase]}{tasks}"


def _stored(seen: Seen) -> dict[str, Any]:
    """Everything, for programs; null: there is none, or it is not known and `unknown` says why."""
    return {
        "serving": _serving(seen.pointer, seen),
        "under_way": _going(seen.journal, seen),
        "taken_back": _ended(seen.taken_back),
        "failed": _ended(seen.failed),
        "alarms": None
        if seen.alarms is None
        else {"watching": list(seen.alarms), "ringing": list(seen.ringing), "missing": seen.missing},
        "locks": None if seen.locks is None else [_lock(lock) for lock in seen.locks],
        "unknown": seen.unknown,
    }


def _serving(pointer: Pointer | None, seen: Seen) -> dict[str, Any] | None:
    """What serves."""
    if pointer is None:
        return None
    record = seen.record
    return {
        "version": pointer.version,
        "release": pointer.release,
        "commit": pointer.commit,
        "since": pointer.since,
        "images": pointer.images,
        "versions": dict(pointer.versions),
        "who": record.who if record else None,
        "why": record.why if record else None,
        "warm": seen.warm,
        "warm_until": (record.warm_until or None) if record and seen.warm else None,
        "before": (record.before_version or None) if record else None,
    }


def _ended(record: Record | None) -> dict[str, Any] | None:
    """A release that did not stay."""
    if record is None:
        return None
    return {
        "version": record.version,
        "record": record.id,
        "result": record.result,
        "at": record.finished,
        "cause": record.cause,
    }


def _going(journal: Journal | None, seen: Seen) -> dict[str, Any] | None:
    """What is under way; `finished` says that only its ending is left to do."""
    if journal is None:
        return None
    return {
        "version": journal.record.version,
        "release": journal.record.id,
        "step": journal.step,
        "who": journal.record.who,
        "since": journal.record.started,
        "finished": bool(journal.record.finished),
        "services": {
            name: {
                "phase": view.phase.name.lower(),
                "percent": view.green_percent,
                "running": view.running,
                "desired": view.desired,
            }
            for name, view in seen.flights.items()
        },
    }


def _lock(lock: Lock) -> dict[str, Any]:
    return {"user": lock.user, "host": lock.host, "pid": lock.pid, "since": lock.at.isoformat()}
