"""The command line of the rehearsal: `./slipway rehearse`, `scene`, `shell`, `stop`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.faults import matrix
from rehearsal.faults.blind import BLINDS
from rehearsal.faults.report import JSON
from rehearsal.faults.run import Run, run
from rehearsal.home import Home
from rehearsal.killpoints import POINTS, KillPoints
from rehearsal.shell import enter
from rehearsal.stage.bring_up import Wish, clean_house, engines, take_down
from rehearsal.story.acts import ACTS, NAMES, chosen
from rehearsal.story.perform import Performance, perform

PORT = 4600
#: Acts that are played alone.
APART = frozenset(act.name for act in ACTS if act.apart)


def options(*chosen_options: Callable[..., Any]) -> Callable[..., Any]:
    """Put several options on a command."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(chosen_options):
            command = option(command)
        return command

    return add


INSTALL = click.option(
    "--install-missing", is_flag=True, help="Install a Docker engine and mmdebstrap where missing: as root, with apt."
)
KEEP = click.option("--keep", is_flag=True, help="Leave everything standing at the end; `./slipway stop` ends it.")
SPEED = click.option(
    "--clock-speed", type=click.FloatRange(1, 200), default=30.0, show_default=True, help="Emulated seconds per second."
)
PORTS = click.option(
    "--port",
    type=click.IntRange(1024, 65000),
    default=PORT,
    show_default=True,
    help="Of the emulated AWS; and the next.",
)
RATE = click.option(
    "--rate", type=click.FloatRange(1, 400), default=60.0, show_default=True, help="Requests per second, all the time."
)
REPORT = click.option(
    "--report",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for rehearsal-report.json and .html. Default: here.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the report on stdout; the story goes to stderr.")
APP = click.option(
    "--app",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="Deliver this application instead of the example: a folder with a Dockerfile that takes BASE_IMAGE.",
)
APP_PORT = click.option("--app-port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Of --app.")
APP_HEALTH = click.option("--app-health", default="/health", show_default=True, help="Health path of --app.")
STORES = click.option(
    "--stores", is_flag=True, help="Start a Postgres and a Redis for the application, and tell it where they are."
)
KILL = click.option(
    "--kill-at",
    type=click.Choice(sorted(POINTS)),
    metavar="POINT",
    help="Die at this point, to prove that the next start is clean: " + ", ".join(POINTS) + ".",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Play the whole delivery on this machine: real engine, containers and traffic; no AWS account, no bill."""


def _acts(_context: click.Context, _parameter: click.Parameter, value: str | None) -> list[str]:
    names = [name.strip() for name in value.split(",")] if value else []
    if unknown := [name for name in names if name not in NAMES]:
        raise click.BadParameter(f"no act {', '.join(unknown)}; there are {', '.join(NAMES)}.")
    if len(names) > 1 and (apart := [name for name in names if name in APART]):
        raise click.BadParameter(f"{', '.join(apart)} is played alone: `./slipway scene {apart[0]}`.")
    return names


@cli.group(invoke_without_command=True, epilog="Example: ./slipway rehearse --install-missing")
@click.option("--scenes", callback=_acts, metavar="NAME,…", help="Only these acts, and what they need before them.")
@options(INSTALL, KEEP, SPEED, RATE, APP, APP_PORT, APP_HEALTH, PORTS, REPORT, AS_JSON, KILL, STORES)
@click.pass_context
def rehearse(context: click.Context, /, scenes: list[str], **wishes: Any) -> None:
    """Play the story: releases that go well, releases that must not, the way back."""
    if context.invoked_subcommand is None:
        _perform(scenes, **wishes)


def _cells(_context: click.Context, _parameter: click.Parameter, value: str | None) -> list[str]:
    names = [name.strip() for name in value.split(",")] if value else []
    if wrong := matrix.unknown(names):
        raise click.BadParameter(f"no cell {', '.join(wrong)}; `./slipway rehearse faults --list` names them.")
    return names


@rehearse.command(epilog="Example: ./slipway rehearse faults --cell kill-update-at-shift")
@click.option("--cell", "cells", callback=_cells, metavar="NAME,…", help="Only these; a fault's name: all its cells.")
@click.option("--list", "listing", is_flag=True, help="Name the cells, and play none.")
@click.option("--resume", is_flag=True, help="Go on with the report that lies there: leave out what it holds.")
@click.option("--blind", type=click.Choice(sorted(BLINDS)), help="Take this guard away: cells that see it must fail.")
@options(INSTALL, KEEP, SPEED, PORTS, REPORT, AS_JSON)
@click.option(
    "--rate", type=click.FloatRange(1, 400), default=30.0, show_default=True, help="Requests per second, all the time."
)
def faults(
    cells: list[str],
    *,
    listing: bool,
    resume: bool,
    blind: str | None,
    install_missing: bool,
    keep: bool,
    clock_speed: float,
    rate: float,
    port: int,
    folder: Path,
    as_json: bool,
) -> None:
    """Play the fault matrix: every fault in every stage of a release, and what was left of it."""
    if listing:
        click.echo("\n".join(cell.name for cell in matrix.chosen(cells)))
        return
    wanted = Run(
        names=cells,
        wish=Wish(port=port, speed=clock_speed, install_missing=install_missing, stores=True),
        rate=rate,
        keep=keep,
        folder=folder.absolute(),
        resume=resume,
        blind=blind or "",
    )
    report, wrong = run(Home.of(str(port)), Console(sys.stderr if as_json else sys.stdout), wanted)
    if as_json:
        click.echo(json.dumps(report, indent=2))
    if wrong:
        what = f"{len(wrong)} of {report['played']} cells are not as they should be: " + "; ".join(wrong)
        raise RehearsalError(what, f"{JSON} holds what was seen; play one alone with `--cell NAME --keep`.")


@cli.command(epilog="Acts:\n\n" + "\n\n".join(f"{act.name}: {act.title}" for act in ACTS))
@click.argument("name", type=click.Choice(NAMES))
@options(INSTALL, KEEP, SPEED, RATE, APP, APP_PORT, APP_HEALTH, PORTS, REPORT, AS_JSON, KILL, STORES)
def scene(name: str, **wishes: Any) -> None:
    """Play one act, with what it needs before it."""
    ends = [] if wishes["keep"] or name in APART else ["tear-down"]
    _perform([name, *ends], **wishes)


def _perform(
    names: Sequence[str],
    *,
    install_missing: bool,
    keep: bool,
    clock_speed: float,
    rate: float,
    app: Path | None,
    app_port: int,
    app_health: str,
    port: int,
    folder: Path,
    as_json: bool,
    kill_at: str | None,
    stores: bool,
) -> None:
    acts = chosen(names, own_app=app is not None)
    show = Performance(
        acts=acts,
        wish=Wish(
            port=port,
            speed=clock_speed,
            install_missing=install_missing,
            app=app,
            app_port=app_port,
            app_health=app_health,
            stores=stores or any(act.stores for act in acts),
            github=any(act.github for act in acts),
            tasks=any(act.tasks for act in acts),
            iam=any(act.iam for act in acts),
            bare=any(act.bare for act in acts),
        ),
        rate=rate,
        keep=keep,
        folder=folder.absolute(),
    )
    console = Console(sys.stderr if as_json else sys.stdout)
    report = perform(Home.of(str(port)), console, show, KillPoints(kill_at))
    if as_json:
        click.echo(json.dumps(report, indent=2))


@cli.command()
@options(INSTALL, KEEP, SPEED, APP, PORTS, STORES)
def shell(install_missing: bool, keep: bool, clock_speed: float, app: Path | None, port: int, stores: bool) -> None:
    """Open a shell in which plain `pulumi up -s staging` works against the emulated AWS."""
    wish = Wish(port=port, speed=clock_speed, install_missing=install_missing, app=app, stores=stores)
    sys.exit(enter(Home.of(str(port)), Console(), wish, keep=keep))


@cli.command()
@options(PORTS)
def stop(port: int) -> None:
    """End what a rehearsal left running, or was told to keep."""
    home = Home.of(str(port))
    with home.lock():
        take_down(home, Console())


@cli.command("with-engines", hidden=True, context_settings={"ignore_unknown_options": True})
@INSTALL
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED)
def with_engines(install_missing: bool, words: Sequence[str]) -> None:
    """Run a command with a Docker engine and the toolchain at hand; end afterwards what was started for it."""
    home, console = Home.of("engines"), Console(sys.stderr)
    with home.lock():
        try:
            wish = Wish(install_missing=install_missing)
            hand, _ = engines(clean_house(home, console), console, wish, KillPoints(), whole=True)
            # PATH and the like, but no mark: what the command starts is its own.
            code = subprocess.run(list(words), env=dict(hand.environment), check=False).returncode
        finally:
            take_down(home, console)
    sys.exit(code)


def _on_term(_number: int, _frame: FrameType | None) -> NoReturn:
    # As an exception, so that everything is taken down on the way out.
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; what can be expected to fail is one sentence and the way out, exit 1."""
    signal.signal(signal.SIGTERM, _on_term)
    os.umask(0o022)
    try:
        cli.main(prog_name="./slipway", standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except RehearsalError as error:
        click.echo(f"\n{error}", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nEnded early; nothing is left running.", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
