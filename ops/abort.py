"""`./slipway abort`: takes the release that is under way back, from anywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import click

from delivery.asking import Answer
from delivery.control import Control
from delivery.errors import DeliveryError, Refused
from delivery.meaning import Phase
from delivery.records import Journal, Record
from delivery.undoing import PATIENCE_SECONDS
from ops.asking import confirm, need, options, reasoned, under_way
from ops.place import find
from ops.reach import Reach, reach


@click.command(epilog='Example: ./slipway abort -s production --reason "payments fail for new users"')
@options
@reasoned
def abort(stack: str, reason: str, yes: bool, as_json: bool) -> None:
    """Take the release that is under way back: what served before gets all traffic again.

    The update that runs it, here or on another machine, notices within seconds, stops its deployments and sees the way
    back to its end. Where that update is gone, this command does so itself. The record says who aborted and why.
    A release that is written down already is not aborted: `./slipway rollback` goes back.
    """
    need(reason)
    near = reach(find(stack))
    journal = near.asking.under_way()
    if journal is None:
        _nobodys(near, stack, yes=yes, as_json=as_json)
        return
    pointer = near.store.pointer()
    if pointer is not None and pointer.release == journal.record.id:
        raise _written_down(stack, pointer.version)
    before = [f"  {name}: back to {served.digest[:19]}" for name, served in journal.record.before.items()]
    confirm(
        [under_way(stack, journal), "Its deployments stop and all traffic goes back to what served before.", *before],
        f"Take {journal.record.version} back in {stack}?",
        yes=yes,
        as_json=as_json,
    )
    ended = end(near, stack, journal, wish(near, journal, reason))
    _say(stack, ended.record, ended.by, ended.stopped, as_json=as_json)


@dataclass(frozen=True, slots=True)
class Ended:
    """How an aborted release ended. by: who took it back, `update` or `abort`; stopped: deployments, by id."""

    record: Record
    by: str
    stopped: tuple[str, ...] = ()


def end(near: Reach, stack: str, journal: Journal, control: Control) -> Ended:
    """Ask the update to take its release back, or do so for it. Raises `DeliveryError` where that did not come about.

    control: the wish to abort, which becomes the record's cause.
    """
    version = journal.record.version
    answer = near.asking.ask(control)
    if answer != Answer.SILENT:
        click.echo(f"The update that runs {version} takes it back.", err=True)
        record = near.asking.wait_for_end(journal.record, round(PATIENCE_SECONDS))
        if record is None:
            raise DeliveryError(
                f"{version} is still being taken back, and not written down yet",
                f"`./slipway status -s {stack}` says how far it is; the next `pulumi up -s {stack}` takes it up",
            )
        if not record.cause.startswith(control.told):
            raise _too_late(stack, record)
        return Ended(record, "update")
    click.echo(f"Nobody answers: the update that ran {version} is gone. Taking it back from here.", err=True)
    found = near.asking.under_way()
    if found is None or found.record.id != control.release:
        ended = near.store.find(journal.record.key)
        raise _too_late(stack, ended) if ended else Refused(f"{version} has ended meanwhile")
    taken = near.abandoned.take_back(found, control)
    if taken.record is None:
        raise DeliveryError(
            f"{version}: stopped {', '.join(taken.stopped) or 'nothing'}; an update runs it after all, and records it",
            f"`./slipway status -s {stack}` says how far it is",
        )
    return Ended(taken.record, "abort", taken.stopped)


def wish(near: Reach, journal: Journal, reason: str) -> Control:
    """Put the wish to abort into its form; where somebody wished so before, theirs counts."""
    pending = near.asking.pending(journal.record.id)
    if pending is not None and pending.wish == "abort":
        click.echo(f"It is being taken back already: {pending.told}", err=True)
        return pending
    return near.control(journal, "abort", reason)


def _say(stack: str, record: Record, by: str, stopped: Sequence[str], *, as_json: bool) -> None:
    """Say how it ended, and what the next update will find. by: who took it back, `update` or `abort`."""
    if as_json:
        told = {"release": record.id, "version": record.version, "result": record.result, "cause": record.cause}
        click.echo(json.dumps({**told, "by": by, "stopped": list(stopped)}, indent=2))
        return
    click.echo(f"{record.version} in {stack}: {record.result}, {record.cause}")
    if by == "abort":
        click.echo(
            f"The next `pulumi up -s {stack}` finds nothing under way and what served before, and begins from there.\n"
            f"If the stack is still locked by the update that is gone: `./slipway unlock -s {stack}`."
        )


def _nobodys(near: Reach, stack: str, *, yes: bool, as_json: bool) -> None:
    """Stop deployments of ours that no journal knows. Raises `Refused` where there is nothing to abort."""
    found = near.abandoned.in_flight(near.store.known())
    moving = [one for one in found if one.view.phase < Phase.SHIFTED]
    if not moving:
        pointer = near.store.pointer()
        if pointer is not None and found:
            raise _written_down(stack, pointer.version)
        raise Refused(
            f"nothing to abort: no release is under way in {stack}",
            f"`./slipway status -s {stack}` says what serves; `./slipway rollback -s {stack} --reason …` goes back",
        )
    ids = [one.id for one in moving]
    confirm(
        [f"No release is under way in {stack}, but {', '.join(ids)} of an earlier one moves: it stops and goes back."],
        "Stop it?",
        yes=yes,
        as_json=as_json,
    )
    stopped, problems = near.abandoned.stop(ids)
    if as_json:
        click.echo(
            json.dumps({"release": None, "by": "abort", "stopped": list(stopped), "problems": problems}, indent=2)
        )
    else:
        click.echo(f"Stopped {', '.join(stopped)}. The next `pulumi up -s {stack}` finds what served before.")
    if problems:
        raise DeliveryError(f"not all is as it was before: {'; '.join(problems)}", f"`./slipway status -s {stack}`")


def _written_down(stack: str, version: str) -> Refused:
    """A release that is good already."""
    return Refused(
        f"nothing to abort: {version} is written down and serves {stack}",
        f"go back with `./slipway rollback -s {stack} --reason …`; "
        "while the tasks before are kept warm, that is a re-route of seconds",
    )


def _too_late(stack: str, record: Record) -> Refused:
    """A release that ended before it could be told."""
    if record.result == "succeeded":
        return _written_down(stack, record.version)
    return Refused(
        f"{record.version} had ended before it could be told: {record.result}: {record.cause}",
        f"`./slipway history -s {stack}` shows it",
    )
