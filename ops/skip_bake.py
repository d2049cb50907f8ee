"""`./slipway skip-bake`: a person who watches ends the bake of the release that is under way."""

from __future__ import annotations

import json

import click

from delivery.asking import Answer
from delivery.errors import DeliveryError, Refused
from delivery.records import Journal
from ops.asking import confirm, need, options, reasoned, under_way
from ops.place import find
from ops.reach import Reach, reach

_RECORDED_WITHIN_SECONDS = 15 * 60


@click.command(
    name="skip-bake", epilog='Example: ./slipway skip-bake -s production --reason "errors and latency are flat"'
)
@options
@reasoned
def skip_bake(stack: str, reason: str, yes: bool, as_json: bool) -> None:
    """End the bake of the release that is under way: you have seen enough.

    The update that runs it, here or on another machine, notices within seconds and goes on to write the release down.
    Who ended the bake and why stands in the record. The tasks before stay warm, and going back stays a re-route.
    """
    need(reason)
    near = reach(find(stack))
    journal = _baking(near, stack)
    confirm(
        [
            under_way(stack, journal),
            "Its bake ends now: it counts as good, and is written down. Alarms watch on while the old tasks are warm.",
        ],
        f"End the bake of {journal.record.version} in {stack}?",
        yes=yes,
        as_json=as_json,
    )
    journal = _baking(near, stack)  # the question may have taken its time
    control = near.control(journal, "skip-bake", reason)
    answer = near.asking.ask(control)
    if answer == Answer.SILENT:
        near.store.withdraw(control.release)
        raise DeliveryError(
            f"nobody answers: the update that ran {journal.record.version} is gone, or cannot reach its bucket",
            f"`pulumi up -s {stack}` takes the release up; `./slipway abort -s {stack}` takes it back",
        )
    record = near.asking.wait_for_end(journal.record, _RECORDED_WITHIN_SECONDS)
    if answer == Answer.ENDED and (record is None or control.told not in record.overrides):
        raise Refused(
            f"{journal.record.version} had ended before it could be told",
            f"`./slipway history -s {stack}` says how",
        )
    result = record.result if record else "under way"
    if as_json:
        told = {"release": control.release, "version": journal.record.version, "wish": control.wish, "who": control.who}
        click.echo(json.dumps({**told, "reason": control.reason, "result": result}, indent=2))
    else:
        click.echo(f"{journal.record.version} in {stack}: bake ended; {result}.")
    if record is not None and record.result != "succeeded":
        raise DeliveryError(f"{record.version} {record.result}: {record.cause}", "what served before serves again")


def _baking(near: Reach, stack: str) -> Journal:
    """The release that bakes. Raises `Refused` where none does."""
    journal = near.asking.under_way()
    if journal is None:
        raise Refused(
            f"no release is under way in {stack}: nothing bakes", f"`./slipway status -s {stack}` says what serves"
        )
    if journal.step != "bake":
        raise Refused(
            f"{journal.record.version} is not baking in {stack}: it is at the step: {journal.step}",
            "wait until `./slipway status` says `bake`; checks and the shift cannot be skipped",
        )
    pending = near.asking.pending(journal.record.id)
    if pending is not None and pending.wish == "abort":
        raise Refused(
            f"{journal.record.version} is being taken back: {pending.told}",
            f"`./slipway history -s {stack}` says how it ends",
        )
    return journal
