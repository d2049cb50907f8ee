"""`./slipway env`: environments that come with a branch and go with it, as guests of one that stays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from delivery import guests as ports
from delivery.errors import DeliveryError, Refused
from naming import Kind, Names
from ops import branches, engine, guests
from ops.asking import confirm
from ops.guests import Guest
from ops.place import Place, find, read

YES = click.option("--yes", is_flag=True, help="Do not ask: for CI.")
DRY = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
JSON = click.option("--json", "as_json", is_flag=True, help="For programs: the outcome on stdout, all else on stderr.")


@click.group(epilog="Example: ./slipway env up pr-123")
def env() -> None:
    """Make and remove short-lived environments, such as one for a branch.

    A guest has services, alarms, records and roles of its own; network and load balancer are its host's. So it is there
    within a minute or two and costs its tasks alone. Users reach it on ports of its own. It is as safe to lose as its
    host's database makes it: what the host reads from `secrets` and `database`, it reads too.
    """


@env.command(epilog="Example: ./slipway env up pr-123 --of staging --for 3d")
@click.argument("name")
@click.option("--of", default="staging", show_default=True, help="The environment whose guest it is.")
@click.option("--for", "lasting", default="7d", show_default=True, help="How long it is needed: 12h, 7d.")
@YES
@DRY
@JSON
def up(name: str, of: str, lasting: str, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Make an environment from this checkout, or bring it to this checkout and prolong it."""
    folder = Path.cwd()
    guests.named(name)
    until = (datetime.now(UTC) + guests.lasting(lasting)).replace(second=0, microsecond=0)
    place = find(of)
    there = guests.known(name, folder)
    if there and there.of != of:
        raise Refused(f"{name} is a guest of {there.of}", f"`--of {there.of}`, or `./slipway env down {name}` first")
    found = _ports(place, guests.doors(of, folder), there)
    branch = branches.pushed(folder)
    guest = Guest(stack=name, of=of, port=min(found.values()), until=until, ports=found, branch=branch)
    text, left = guests.settings_for(guest, folder)
    lines = [guest.line() + (" (it is there, and is prolonged)" if there else "")]
    lines += [f"  {key}: encrypted for {of}, not taken along" for key in left]
    lines.append(f"  {guests.file_of(name, folder).name} is written; `pulumi up` builds, declares and releases")
    if dry_run:
        for line in [*lines, "Nothing was changed (--dry-run)."]:
            click.echo(line, err=as_json)
        return
    confirm(lines, "Make it?" if not there else "Bring it to this checkout?", yes=yes, as_json=as_json)
    _write(guest, text, folder, of, as_json=as_json)
    try:
        engine.run(["up", "-s", name, "--yes"], quiet=as_json)
    except DeliveryError as error:
        raise DeliveryError(error.message, f"mend it and type the same again; or `./slipway env down {name}`") from None
    urls = json.loads(engine.ask(["stack", "output", "urls", "--json", "-s", name]))
    if as_json:
        click.echo(json.dumps({**guest.told(), "urls": urls}, indent=2))
        return
    for service, url in urls.items():
        if url:
            click.echo(f"{service}: {url}")
    goes = f", or until the branch {branch} is gone" if branch else ""
    click.echo(f"It is needed until {until:{guests.UNTIL}}{goes}. Remove it: ./slipway env down {name}")


@env.command(epilog="Example: ./slipway env down pr-123 --yes")
@click.argument("name")
@YES
@JSON
def down(name: str, yes: bool, as_json: bool) -> None:
    """Remove a short-lived environment, from any checkout. One that is no guest is refused."""
    folder = Path.cwd()
    guest = _settings(guests.named(name), folder)
    confirm(_what_goes([guest]), f"Remove {name}?", yes=yes, as_json=as_json)
    _remove(guest, folder, quiet=as_json)
    click.echo(json.dumps({"removed": [name]}, indent=2) if as_json else f"{name} is gone.")


@env.command("list", epilog="Example: ./slipway env list --json")
@JSON
def list_(as_json: bool) -> None:
    """Name the short-lived environments of this project, the one whose time ends first on top."""
    found = _looked_for(guests.all_of(Path.cwd()), Path.cwd())
    if as_json:
        click.echo(json.dumps([guest.told() for guest in found], indent=2))
        return
    for guest in found:
        click.echo(guest.line())
    if not found:
        click.echo("There is none. `./slipway env up pr-123` makes one.")


@env.command(epilog="Example: ./slipway env prune --yes")
@YES
@DRY
@JSON
def prune(yes: bool, dry_run: bool, as_json: bool) -> None:
    """Remove the short-lived environments whose time is over, or whose branch is gone: for a schedule.

    A branch is gone when `origin` has it no more; where `origin` cannot be asked, none is.
    """
    folder = Path.cwd()
    over = [guest for guest in _looked_for(guests.all_of(folder), folder) if guest.expired or guest.gone]
    removed: list[str] = []
    if over and not dry_run:
        confirm(_what_goes(over), f"Remove {', '.join(guest.stack for guest in over)}?", yes=yes, as_json=as_json)
        for guest in over:
            _settings(guest.stack, folder)
            _remove(guest, folder, quiet=as_json)
            removed.append(guest.stack)
    if as_json:
        click.echo(json.dumps({"over": [guest.told() for guest in over], "removed": removed}, indent=2))
    elif dry_run:
        for line in [*_what_goes(over), "Nothing was changed (--dry-run)."]:
            click.echo(line)
    else:
        click.echo(
            f"Removed: {', '.join(removed)}."
            if removed
            else "The time of none is over, and the branch of none is gone."
        )


def _looked_for(found: Sequence[Guest], folder: Path) -> list[Guest]:
    """Return guests, each with what became of its branch."""
    there = branches.remote(folder) if any(guest.branch for guest in found) else None
    if there is None:
        return list(found)
    return [replace(guest, gone=bool(guest.branch) and guest.branch not in there) for guest in found]


def _ports(place: Place, services: Sequence[str], there: Guest | None) -> dict[str, int]:
    """Return each service's port: the one that it has, else one that its host has free, and the next too."""
    if not services:
        raise Refused(f"no service of {place.stack} has a port", "a guest stands at its host's load balancer")
    had = {name: port for name, port in there.ports.items() if name in services} if there else {}
    new = [name for name in services if name not in had]
    if not new:
        return had
    host = Names(project=place.project, stack=place.stack).of(Kind.LOAD_BALANCER, "door")
    # Its own may not stand yet, where an update of it failed.
    own = {one for port in had.values() for one in (port, port + 1)}
    first = ports.room(ports.taken(place.client("elbv2"), host) | own, 2 * len(new))
    return dict(sorted({**had, **{name: first + 2 * at for at, name in enumerate(new)}}.items()))


def _write(guest: Guest, text: str, folder: Path, of: str, *, as_json: bool) -> None:
    """Write the settings and make the stack: encrypted as its host's is."""
    file = guests.file_of(guest.stack, folder)
    if guest.stack in guests.stacks():
        # What Pulumi keeps in the file beside the settings, such as the key that secrets are encrypted with.
        before = read(file.read_text()) if file.exists() else {}
        kept = {key: value for key, value in (before or {}).items() if key != "config"}
        file.write_text(text + "".join(f"{key}: {json.dumps(value)}\n" for key, value in kept.items()))
        return
    file.write_text(text)
    provider = (read(guests.file_of(of, folder).read_text()) or {}).get("secretsprovider")
    chosen = ["--secrets-provider", str(provider)] if provider else []
    engine.run(["stack", "init", guest.stack, "--no-select", *chosen], quiet=as_json)


def _settings(name: str, folder: Path) -> Guest:
    """Return a guest, with its settings written here. Raises `DeliveryError` for a stack that there is not."""
    if not guests.file_of(name, folder).exists():
        if name not in guests.stacks():
            raise DeliveryError(f"there is no environment {name}", "`./slipway env list` names the short-lived ones")
        engine.run(["config", "refresh", "--force", "-s", name], quiet=True)
    guest = guests.known(name, folder)
    if guest is None:
        raise DeliveryError(f"nothing is known of {name}: it was never updated", f"`pulumi stack rm {name}` forgets it")
    return guest


def _what_goes(found: list[Guest]) -> list[str]:
    lines = ["To be removed, with everything that was declared for them and with their records:"] if found else []
    return [*lines, *(f"  - {guest.line()}" for guest in found)]


def _remove(guest: Guest, folder: Path, *, quiet: bool) -> None:
    engine.run(["destroy", "-s", guest.stack, "--yes"], quiet=quiet)
    engine.run(["stack", "rm", guest.stack, "--yes"], quiet=quiet)
    guests.file_of(guest.stack, folder).unlink(missing_ok=True)
