"""`./slipway rollback`: takes an environment back to a release that once succeeded. It is itself a release."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

import click

from delivery.compare import differences
from delivery.errors import DeliveryError
from delivery.migration import WITHIN
from delivery.records import Pointer, Record
from ops.choice import choose, images_exist, name_of
from ops.meeting import meetings, refuse
from ops.place import find
from ops.telling import when, who


@click.command(epilog='Example: ./slipway rollback -s production --reason "checkout slow since 1.8.0"')
@click.option("-s", "--stack", required=True, help="The environment: the name of its stack.")
@click.option("--to", "wanted", metavar="RELEASE", help="A version, id or digest. Default: the last good one before.")
@click.option("--reason", required=True, help="Why; it stands in the record and in the update's message.")
@click.option("--downgrade", is_flag=True, help="First let the newer image undo the schema that RELEASE does not know.")
@click.option("--yes", is_flag=True, help="Do not ask: for CI.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def rollback(stack: str, wanted: str | None, reason: str, downgrade: bool, yes: bool, dry_run: bool) -> None:
    """Go back to an earlier release as it ran: images, sizes, variables, and the versions of its secrets.

    Shows what will change and asks. It sets `release` in the stack's settings and runs `pulumi up`, so the same checks,
    shift and bake apply, and what serves stays if they fail. Databases keep their schema, unless --downgrade is said:
    then what serves meets the older schema until the shift is over.
    """
    if not reason.strip():
        raise click.UsageError("--reason: say why, in a few words.")
    place = find(stack)
    store = place.store()
    pointer, record = store.pointer(), choose(store, wanted)
    images_exist(record, place.registry())
    meets = meetings(store.latest(WITHIN), record)
    serving = store.find(pointer.record) if pointer else None
    other = [f"  {line}" for line in differences(serving, record)] if serving else []
    schemas = [meeting.line(record.version, downgrade=downgrade) for meeting in meets]
    for line in [*changes(record, pointer), *other, *schemas]:
        click.echo(line)
    refuse(meets, record, downgrade=downgrade, ahead=place.refuses_ahead)
    if dry_run:
        click.echo("Nothing was changed (--dry-run).")
        return
    if not yes and not click.confirm(f"Go back to {record.version} in {stack}?"):
        raise click.Abort
    release = name_of(record, store)
    run(["config", "set", "release", release, "-s", stack])
    code = update(stack, record, reason, downgrade=downgrade)
    if code != 0:
        raise DeliveryError(
            f"the update failed (exit code {code}); what served before still serves",
            f"its last lines say why; `./slipway status -s {stack}` says what serves",
        )
    click.echo(f"{stack} serves {record.version} again, and stays with it: `release` is set in Pulumi.{stack}.yaml.")
    lift = f"pulumi config rm release -s {stack}"
    click.echo(f"To follow new releases again: `{lift}`.")


def changes(record: Record, pointer: Pointer | None) -> list[str]:
    """Say what going back changes, service by service."""
    released = f"which {who(record.who)} released {when(record.started)} UTC"
    lines = [f"Back to {record.version} (release {record.id}), {released}:"]
    for service, served in record.services.items():
        now = pointer.services.get(service) if pointer else None
        if now is None:
            lines.append(f"  {service}: {served.image} (not part of what serves now)")
        elif now.image == served.image:
            lines.append(f"  {service}: the same image")
        else:
            lines.append(f"  {service}: {now.digest[:19]} → {served.digest[:19]}")
    if pointer:
        lines.extend(
            f"  {service}: serves now and was not part of {record.version}"
            for service in sorted(set(pointer.services) - set(record.services))
        )
    return lines


def update(stack: str, record: Record, reason: str, *, downgrade: bool = False) -> int:
    """Run the update and return its exit code; its output goes to the person."""
    message = f"rollback to {record.version} ({record.id}): {reason}"
    wishes = {"SLIPWAY_REASON": reason, **({"SLIPWAY_DOWNGRADE": "1"} if downgrade else {})}
    return run(["up", "--yes", "--skip-preview", "-s", stack, "-m", message], wishes, check=False)


def run(words: Sequence[str], environment: dict[str, str] | None = None, *, check: bool = True) -> int:
    """Run Pulumi. Raises `DeliveryError` where it is missing, or fails and `check` is set."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise DeliveryError("there is no `pulumi` on PATH", "install it, or use the shell of `./slipway shell`")
    code = subprocess.run([pulumi, *words], env={**os.environ, **(environment or {})}, check=False).returncode
    if code != 0 and check:
        raise DeliveryError(f"`pulumi {' '.join(words)}` failed (exit code {code})", "its last lines say why")
    return code
