"""`./slipway rollback --now`: back past everything but AWS, for the moment in which nothing may be waited for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import click

from delivery.aws import explained
from delivery.errors import DeliveryError, Refused, ReleaseFailed
from delivery.hold import Hold, lift_words
from delivery.migration import WITHIN
from delivery.notices import Notice
from delivery.now import Now, aimed, back
from delivery.plan import ServicePlan
from delivery.records import NOW, Journal, Pointer, Record
from ops import deliver
from ops.abort import end, wish
from ops.asking import confirm, under_way
from ops.choice import choose, images_exist, same
from ops.meeting import meetings, refuse
from ops.notify import notify
from ops.place import Place
from ops.reach import Reach

#: So long is looked whether traffic is back, before the books are closed; AWS goes on whatever we do.
_BACK_WITHIN_SECONDS = 60.0
_LOOK_SECONDS = 0.5


def at_once(
    place: Place,
    near: Reach,
    wanted: str | None,
    reason: str,
    journal: Journal | None,
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take an environment back at once. journal: of the release that is under way; None where none is."""
    stack = place.stack
    services = _ground(near, stack)
    # One of our own that was cut short is gone on with.
    stopping = journal if journal is not None and journal.record.source != NOW else None
    record = _target(near, wanted, stopping)
    lines = _lines(place, near, record, services, stopping)
    if dry_run:
        deliver.say([*lines, "Nothing was changed (--dry-run)."], as_json=as_json)
        _json(stack, record, "dry run", as_json=as_json)
        return
    confirm(lines, f"Take {stack} back to {record.version} now?", yes=yes, as_json=as_json)
    serving = near.store.pointer()
    if stopping is not None:
        _hold(near, record, reason)
        _stop(near, stack, stopping, services, serving, reason)
        if serving is not None and same(record, serving):
            unwell = deliver.health(near, within=0)
            heard = notify(place, near, _notice(near, stack, record, stopping.record.version, reason, unwell))
            _json(stack, record, "succeeded", stopped=stopping.record.id, told=heard, as_json=as_json)
            _say(stack, record, as_json=as_json)
            _warn(near, unwell)
            return
    was = serving.version if serving else ""
    try:
        done = Now(stack, near.store, near.tools, services).run(record, reason, near.who)
    except DeliveryError as error:
        notify(place, near, _notice(near, stack, replace(record, id="", cause=error.message), was, reason, []))
        raise
    unwell = deliver.health(near, within=0) if done.result == "succeeded" else []
    heard = notify(place, near, _notice(near, stack, done, was, reason, unwell))
    _json(stack, done, done.result, told=heard, as_json=as_json)
    if done.result != "succeeded":
        arrived = ", ".join(name for name, result in done.results.items() if result == "succeeded")
        raise ReleaseFailed(
            f"not all of {stack} is back at {record.version}"
            + (f" ({arrived} is)" if arrived else "")
            + f": {done.cause}",
            f"run it again: it goes on with what is missing; `./slipway status -s {stack}` says what serves",
        )
    _say(stack, record, as_json=as_json)
    _warn(near, unwell)


def _warn(near: Reach, unwell: Sequence[str]) -> None:
    for trouble in unwell:
        near.tools.teller.warn(trouble)


def _notice(near: Reach, stack: str, done: Record, was: str, reason: str, unwell: Sequence[str]) -> Notice:
    """What is told to those whom the settings name. done: what came, or why it did not; was: the version before."""
    return Notice(
        act="rollback",
        environment=stack,
        version=done.version,
        before=was,
        who=near.who,
        why=reason,
        release=done.id,
        cause=done.cause,
        health=tuple(unwell),
    )


def _ground(near: Reach, stack: str) -> tuple[ServicePlan, ...]:
    """What the services are delivered with."""
    found = near.store.ground()
    if not found:
        raise Refused(
            f"nothing is written down about what {stack} is delivered with",
            f"`pulumi up -s {stack}` writes it; without --now, `./slipway rollback` goes back with the engine",
        )
    return found


def _target(near: Reach, wanted: str | None, stopping: Journal | None) -> Record:
    """The release to go back to. While one is under way, what served before it is meant."""
    pointer = near.store.pointer()
    if stopping is None or pointer is None:
        return choose(near.store, wanted)
    serving = near.store.find(pointer.record)
    if serving is not None and (wanted is None or same(near.store.resolve(wanted), pointer)):
        return serving
    return choose(near.store, wanted)


def _lines(
    place: Place, near: Reach, record: Record, services: tuple[ServicePlan, ...], stopping: Journal | None
) -> list[str]:
    """What will happen. Raises `Refused` where it cannot."""
    try:
        images_exist(record, place.registry())
        unknown: list[str] = []
    except Refused:
        # Tasks that are warm have their image already.
        if not _warm(near, record, services):
            raise
        unknown = ["  the images are gone from the registry: only the tasks that are kept warm can serve"]
    except Exception as error:
        unknown = [f"  whether the images are there could not be asked: {explained(error).message}"]
    meets = meetings(near.store.latest(WITHIN), record)
    refuse(meets, record, downgrade=False, ahead=place.refuses_ahead)
    first = [under_way(place.stack, stopping), "  its deployments are stopped first"] if stopping else []
    return [
        *first,
        f"Back to {record.version} (release {record.id}) at once: no engine, lock, gates, checks or bake.",
        *deliver.changes(record, near.store.pointer()),
        *deliver.configuration(near.store, record),
        *(meeting.line(record.version, downgrade=False) for meeting in meets),
        *unknown,
    ]


def _warm(near: Reach, record: Record, services: tuple[ServicePlan, ...]) -> bool:
    """Whether all tasks of a release run still."""
    world = near.tools.world
    for service in aimed(services, record, near.store.pointer()):
        serving = world.look(service)
        if serving is None or not world.keeps(service, (serving.task_definition, *serving.kept)):
            return False
    return True


def _hold(near: Reach, record: Record, reason: str) -> None:
    near.store.keep(Hold.at(record.version, record.services, near.who, reason, near.clock.stamp()))


def _stop(
    near: Reach,
    stack: str,
    journal: Journal,
    services: tuple[ServicePlan, ...],
    pointer: Pointer | None,
    reason: str,
) -> None:
    """Stop the release that is under way: its deployments first, then its update, or its books where that is gone."""
    control = wish(near, journal, reason)
    near.store.wish(control)
    began = near.clock.now()
    marked = [one.id for one in near.abandoned.in_flight({journal.record.id})]
    for deployment in dict.fromkeys([*journal.record.deployments.values(), *marked]):
        if deployment:
            near.tools.deployments.stop(deployment)
    near.tools.teller.progress(f"{near.clock.since(began):.0f}s {journal.record.version} is stopped")
    if pointer is not None:
        before = aimed(services, replace(journal.record, services=pointer.services), pointer)
        while not back(before, near.tools.world) and near.clock.since(began) < _BACK_WITHIN_SECONDS:
            near.clock.wait(_LOOK_SECONDS)
        if back(before, near.tools.world):
            near.tools.teller.progress(f"{near.clock.since(began):.0f}s {pointer.version} has all traffic")
    end(near, stack, journal, control)


def _say(stack: str, record: Record, *, as_json: bool) -> None:
    deliver.say(
        [
            f"{stack} serves {record.version} again.",
            f"It is held there: other releases are refused until {lift_words(stack)}. "
            f"The next `pulumi up -s {stack}` says what it makes of it.",
        ],
        as_json=as_json,
    )


def _json(stack: str, record: Record, result: str, *, as_json: bool, **more: object) -> None:
    if as_json:
        found = {
            "environment": stack,
            "release": record.id,
            "version": record.version,
            "result": result,
            "cause": record.cause,
            "results": dict(record.results),
            **more,
        }
        click.echo(json.dumps(found, indent=2))
