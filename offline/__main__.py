"""The command line of the toolchain: `./slipway toolchain …`, or `python -m offline …`."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from pathlib import Path

import click

from offline.engine import doctor as examination
from offline.engine import layout
from offline.engine.cache import Cache
from offline.engine.install import install as install_parts
from offline.engine.install import is_ready
from offline.engine.parts import PARTS, Part
from offline.errors import OfflineError


def say(line: str) -> None:
    """Tell progress on stderr: stdout belongs to the answer."""
    click.echo(line, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Prepare engine and providers for machines that cannot download them.

    Everything lies in one folder: SLIPWAY_CACHE, else ~/.cache/slipway.
    """


def _chosen(_context: click.Context, _parameter: click.Parameter, value: str | None) -> list[Part]:
    names = [name.strip() for name in value.split(",")] if value else list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        raise click.BadParameter(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    return [PARTS[name] for name in names]


@cli.command()
@click.option("--parts", callback=_chosen, metavar="NAME,…", help=f"Only these of {', '.join(PARTS)}.")
def install(parts: list[Part]) -> None:
    """Build or find what is missing; goes on where it was interrupted."""
    # An ordinary end is one that cleans up after itself.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    install_parts(parts, Cache.of_user(), say)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of shell commands.")
def env(as_json: bool) -> None:
    """Print the variables under which `pulumi` uses this toolchain: eval "$(./slipway toolchain env)"."""
    variables = layout.environment(Cache.of_user())
    if as_json:
        click.echo(json.dumps(variables, indent=2))
    else:
        for name, value in variables.items():
            click.echo(f"export {name}={shlex.quote(value)}")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON array instead of a table.")
def parts(as_json: bool) -> None:
    """Tell which parts there are, where each came from and how long it took."""
    cache = Cache.of_user()
    rows = []
    for part in PARTS.values():
        noted = (is_ready(part, cache) and cache.record(part)) or {}
        rows.append(
            {
                "part": part.name,
                "version": part.version,
                "origin": part.origin,
                "path": noted.get("path"),
                "seconds": noted.get("seconds"),
            }
        )
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        where = f"{row['path']} ({row['seconds']:.0f} s)" if row["path"] else "not installed"
        click.echo(f"{row['part']:<13} {row['version']:<9} {row['origin']:<52} {where}")


@cli.command()
def doctor() -> None:
    """Look at what an installation needs and has; exit 1 when something is missing."""
    findings = examination.examine(Cache.of_user())
    for finding in findings:
        click.echo(f"{'ok  ' if finding.good else 'MISS'}  {finding.what}")
        if not finding.good:
            click.echo(f"      Fix: {finding.fix}")
    if not all(finding.good for finding in findings):
        sys.exit(1)


@cli.command()
def stop() -> None:
    """End the provider processes that are kept warm between two runs of the engine."""
    from offline.bridge.warm import stop_all

    ended = stop_all(Cache.of_user().bridge)
    click.echo(f"{ended} provider process{'' if ended == 1 else 'es'} ended.")


@cli.group()
def builder() -> None:
    """Run the image builder (buildkitd) that docker-build's plugin uses."""


HOME = click.option(
    "--home", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder that holds all of it."
)


@builder.command("start")
@HOME
@click.option("--proxy", metavar="URL", help="Forward proxy for registries and base images.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM bundle to trust.")
@click.option("--insecure", multiple=True, metavar="HOST:PORT", help="A registry that speaks plain HTTP.")
def builder_start(home: Path, proxy: str | None, ca: Path | None, insecure: tuple[str, ...]) -> None:
    """Start it and print {pid, socket, env} as JSON; ends a former one of the same home first."""
    from offline.engine.builder import Builder

    made = Builder(home.absolute(), Cache.of_user()).start(proxy=proxy, ca=ca, insecure=insecure)
    click.echo(json.dumps(made, indent=2))


@builder.command("stop")
@HOME
def builder_stop(home: Path) -> None:
    """End it, also a killed one: its processes, its mounts."""
    from offline.engine.builder import Builder

    Builder(home.absolute(), Cache.of_user()).stop()


def main() -> None:
    """Run the command line; an expected failure is one sentence and the way out, exit 1."""
    try:
        cli.main(prog_name="offline")
    except OfflineError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
