"""`./slipway restore-state`: takes a lost or damaged state back from the versions that its bucket kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import click

from delivery.errors import RecordError, Refused
from delivery.locks import Locks
from delivery.states import Change, Ended, State, States, Version, worth_showing
from ops import backend
from ops.asking import confirm, options
from ops.place import find

_EXAMPLES = """Examples:

\b
  ./slipway restore-state -s staging --dry-run
  ./slipway restore-state -s staging"""

#: So many versions are read at most to find one that can be read: each is as large as the stack.
_LOOKED_INTO = 50
#: So many changes are named.
_NAMED = 12


@dataclass(frozen=True, slots=True)
class Look:
    """What is there. version, state: what the engine finds, and what it says; None: nothing, or it cannot be read.

    wrong: why the engine cannot use it, in words; empty where it can.
    """

    version: Version | None
    state: State | None
    wrong: str


@click.command("restore-state", epilog=_EXAMPLES)
@click.option("--version", "wanted", metavar="ID", help="Take this version; its first characters are enough.")
@click.option("-n", "--number", default=10, show_default=True, type=click.IntRange(1, 1000), help="Of versions shown.")
@click.option("--dry-run", is_flag=True, help="Say what would be restored, and change nothing.")
@options
def restore_state(stack: str, wanted: str | None, number: int, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take a stack's state back from its bucket's versions, where it was deleted or cannot be read any more.

    Takes the newest version that can be read; --version takes another one, also where the state is well. Shows the
    versions, what each update ended with, and what is known of AWS afterwards. What is there now stays as an earlier
    version, so that a restoration can be taken back the same way. Nothing in AWS is touched but that one object, and
    it is refused while the stack is locked.
    """
    place = find(stack, shared=True)
    url = backend.url()
    states = backend.states(place, url)
    versions = states.versions()
    now = _look(states, versions)
    chosen = _chosen(states, versions, now, wanted)
    shown = worth_showing(versions, states.ended())[:number]
    if chosen is not None and chosen not in [version for version, _ in shown]:
        shown.append((chosen, None))
    if not as_json:
        _show(stack, states, now, shown, chosen)
    if chosen is None:
        if as_json:
            _tell(states, now, shown, None, None, done=False)
        else:
            click.echo("Nothing was changed; --version takes another one.")
        return
    state = states.read(chosen)
    change = Change.between(now.state, state) if now.state else None
    lines = _effect(chosen, state, change)
    if dry_run:
        for line in [*lines, "Nothing was changed (--dry-run)."]:
            click.echo(line, err=as_json)
    else:
        _unlocked(stack, backend.locks(place, url))
        confirm(lines, "Restore it?", yes=yes, as_json=as_json)
        _unlocked(stack, backend.locks(place, url))  # a person may think for long
        states.restore(chosen)
    if as_json:
        _tell(states, now, shown, chosen, change, done=not dry_run)
    elif not dry_run:
        click.echo(f"Restored. `pulumi preview --refresh -s {stack}` shows what AWS has that this state does not know.")


def _look(states: States, versions: Sequence[Version]) -> Look:
    """Look at what the engine finds. Raises `Refused` where there is and was nothing."""
    if not versions:
        raise Refused(
            f"{states.where}: there is no state, and the bucket has no version of one",
            "is it the right bucket and project (`backend` in Pulumi.yaml)? docs/state.md says how to begin without it",
        )
    current = next((version for version in versions if version.current), None)
    if current is None:
        return Look(None, None, "it was deleted")
    try:
        return Look(current, states.read(current), "")
    except RecordError as error:
        return Look(current, None, error.message.partition(": ")[2])


def _chosen(states: States, versions: Sequence[Version], now: Look, wanted: str | None) -> Version | None:
    """Return the version to take; None where the state is well and none was asked for."""
    if wanted is not None:
        found = [version for version in versions if version.id.startswith(wanted)]
        if len(found) != 1 or not wanted:
            raise Refused(
                f"--version {wanted}: {'no version' if not found else f'{len(found)} versions'} of the state begin so",
                "`--dry-run -n 100` lists more of them",
            )
        if found[0].deleted:
            raise Refused(f"--version {wanted}: says that the state was deleted", "take the one before it")
        return found[0]
    if not now.wrong:
        return None
    others = [version for version in versions if not version.deleted and version != now.version]
    for version in others[:_LOOKED_INTO]:
        try:
            states.read(version)
        except RecordError:
            continue
        return version
    raise Refused(
        f"{states.where}: {now.wrong}, and none of {len(others)} earlier versions can be read",
        "the state after each update lies in the history as well: docs/state.md",
    )


def _unlocked(stack: str, locks: Locks) -> None:
    """Raise `Refused` while an update may write the state."""
    if found := locks.all():
        whose = ", ".join(f"{lock.user}@{lock.host}, process {lock.pid}" for lock in found)
        raise Refused(
            f"{stack} is locked ({whose}): whoever holds the lock may write the state",
            f"wait for the update, or `./slipway unlock -s {stack}` where it was killed",
        )


def _show(
    stack: str,
    states: States,
    now: Look,
    shown: Sequence[tuple[Version, Ended | None]],
    chosen: Version | None,
) -> None:
    """Say what is there, and what could be taken."""
    well = f"can be read: {_sum(now.state)}" if now.state else now.wrong
    click.echo(f"{stack}, {states.where}: {well}")
    for version, update in shown:
        mark = "→" if version == chosen else "●" if version == now.version else " "
        click.echo(f" {mark} {_row(version, states.told(update) if update else '')}")
    click.echo(" ● what is there now" + (", → what is taken" if chosen else ""))


def _row(version: Version, update: str) -> str:
    size = "deleted" if version.deleted else f"{version.size:,} B"
    return f"{version.id:<32}  {version.at:%Y-%m-%d %H:%M:%S} UTC  {size:>12}  {update}".rstrip()


def _effect(chosen: Version, state: State, change: Change | None) -> list[str]:
    """Say what a restoration does."""
    lines = [f"To be restored: version {chosen.id} of {chosen.at:%Y-%m-%d %H:%M:%S} UTC: {_sum(state)}."]
    if change is None:
        lines.append("It cannot be compared with what is there now.")
    elif not change:
        lines.append("It knows the same resources, by the same ids, as what is there now.")
    else:
        for what, urns in (
            ("known again", change.added),
            ("not known any more", change.forgotten),
            ("known by another id", change.other),
        ):
            lines += [f"  {what}: {_short(urn)}" for urn in urns[:_NAMED]]
            if len(urns) > _NAMED:
                lines.append(f"  {what}: {len(urns) - _NAMED} more")
    if state.pending:
        lines.append(f"  {state.pending} operations had begun and not ended then: the next update asks about them.")
    return lines


def _sum(state: State) -> str:
    return f"{len(state.resources)} resources"


def _short(urn: str) -> str:
    """Return type and name of a URN."""
    return " ".join(part.rpartition("$")[2] for part in urn.split("::")[2:])


def _tell(
    states: States,
    now: Look,
    shown: Sequence[tuple[Version, Ended | None]],
    chosen: Version | None,
    change: Change | None,
    *,
    done: bool,
) -> None:
    """Say it to programs."""
    outcome = {
        "state": states.where,
        "wrong": now.wrong,
        "resources": len(now.state.resources) if now.state else None,
        "versions": [
            {
                "id": version.id,
                "at": version.at.isoformat(),
                "size": version.size,
                "deleted": version.deleted,
                "current": version.current,
                "update": states.told(update) if update else "",
            }
            for version, update in shown
        ],
        "chosen": chosen.id if chosen else "",
        "change": {"added": change.added, "forgotten": change.forgotten, "other": change.other} if change else None,
        "restored": done,
    }
    click.echo(json.dumps(outcome, indent=2))
