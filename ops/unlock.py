"""`./slipway unlock`: removes the lock that a killed update left, and never one whose owner may still run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import click

from delivery.errors import Refused
from delivery.locks import Lock
from delivery.owners import Life, ThisMachine, judge
from delivery.owners import Verdict as Owner
from ops import backend
from ops.asking import confirm, options
from ops.place import Place, find
from ops.reach import reach

#: AWS ends a role's session after at most so long: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html.
#: An update whose session is over can do nothing any more.
SESSION = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Finding:
    """One lock, what is known of its owner, and why it stays; empty: it may go."""

    lock: Lock
    owner: Owner
    stays: str

    def line(self) -> str:
        """In words."""
        lock = self.lock
        return f"  {lock.user}@{lock.host}, process {lock.pid}, since {lock.at:%Y-%m-%d %H:%M:%S %Z}: {self.owner.why}"


@click.command(epilog="Example: ./slipway unlock -s staging")
@click.option("--owner-is-gone", is_flag=True, help="You have made sure that an update on another machine has ended.")
@options
def unlock(stack: str, yes: bool, as_json: bool, owner_is_gone: bool) -> None:
    """Remove the locks of a stack whose updates are over: killed, or gone with their machine.

    Pulumi says "the stack is currently locked" after an update was killed. This says whose each lock is, and removes
    it where its process is gone from this machine. For a lock of another machine, make sure that its update has ended,
    then say so with --owner-is-gone; it is refused all the same while a release is under way. A lock whose owner runs
    stays.
    """
    place = find(stack, shared=True)
    locks = backend.locks(place, backend.url())
    found = locks.all()
    elsewhere = _elsewhere(place, owner_is_gone=owner_is_gone) if _any_elsewhere(found) else ""
    findings = [_judge(lock, elsewhere) for lock in found]
    removable = [finding for finding in findings if not finding.stays]
    if not as_json:
        click.echo(f"{stack} is locked by {len(found)}:" if found else f"{stack} is not locked.")
        for finding in findings:
            click.echo(finding.line())
    if removable:
        noun = "this lock" if len(removable) == 1 else "these locks"
        lines = [f"To be removed: {finding.lock.where}" for finding in removable]
        confirm(lines, f"Remove {noun}?", yes=yes, as_json=as_json)
    for finding in removable:
        locks.remove(finding.lock)
    if as_json:
        click.echo(json.dumps({"locks": [_told(finding) for finding in findings]}, indent=2))
    elif removable:
        click.echo(f"Removed {len(removable)}. The next `pulumi up -s {stack}` takes up what the killed update left.")
    staying = [finding for finding in findings if finding.stays]
    if staying:
        raise Refused(
            "\n".join(f"{finding.lock.where} stays: {finding.owner.why}" for finding in staying),
            "; ".join(dict.fromkeys(finding.stays for finding in staying)),
        )


def _any_elsewhere(found: list[Lock]) -> bool:
    return any(judge(lock, ThisMachine()).life == Life.ELSEWHERE for lock in found)


def _judge(lock: Lock, elsewhere: str) -> Finding:
    """Say whether a lock may go. elsewhere: why those of other machines stay."""
    owner = judge(lock, ThisMachine())
    if owner.life == Life.GONE:
        return Finding(lock, owner, "")
    if owner.life == Life.ELSEWHERE:
        return Finding(lock, owner, elsewhere)
    return Finding(lock, owner, f"wait for process {lock.pid}, or end it; `ps -fp {lock.pid}` shows it")


def _elsewhere(place: Place, *, owner_is_gone: bool) -> str:
    """Say why locks of other machines stay, and how to find out; empty: they may go."""
    where = "look there (`ps`), or at the run of the CI job: has it ended?"
    again = f"then `./slipway unlock -s {place.stack} --owner-is-gone`"
    if not place.shared:
        near = reach(place)
        journal, moved = near.asking.under_way(), near.store.journal_moved()
        if journal is not None and moved is not None and near.clock.now() - moved <= SESSION:
            release = f"{journal.record.version}, at the step: {journal.step}, noted {moved:%Y-%m-%d %H:%M} UTC"
            abort = f"`./slipway abort -s {place.stack} --reason …` takes its release back"
            return f"a release is under way ({release}): {where} If it was killed, {abort}, {again}"
    return "" if owner_is_gone else f"{where} {again}"


def _told(finding: Finding) -> dict[str, object]:
    """One lock, for programs."""
    lock = finding.lock
    return {
        "where": lock.where,
        "user": lock.user,
        "host": lock.host,
        "pid": lock.pid,
        "since": lock.at.isoformat(),
        "owner": finding.owner.life.value,
        "why": finding.owner.why,
        "removed": not finding.stays,
    }
