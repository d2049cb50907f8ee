"""`python -m rehearsal.github --port 4610`: GitHub on this machine until a signal; see docs/github-emulated.md."""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import socket
import sys
from pathlib import Path
from typing import NoReturn

from rehearsal.aws.clock import EmulatedClock
from rehearsal.github import server
from rehearsal.github.world import PLANS, Token, World
from rehearsal.home import cache_folder

SCOPES = frozenset({"repo", "workflow", "admin:repo_hook", "admin:org", "delete_repo"})
"""What the first token may do: everything."""


def main() -> None:
    """Check what can be checked, then serve until a signal."""
    options = _options()
    _require_free(options.port)
    if shutil.which("git") is None:
        _stop("git is not on PATH", "install git (2.38 or newer)")
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr
    )
    home = Path(options.home).resolve()
    try:
        world = server.new_world(EmulatedClock(options.speed), options.port, home)
    except FileExistsError as error:
        _stop(f"{error} holds what no rehearsal put there", "name another folder with --home")
    _people(world, options)
    asyncio.run(server.run(world))


def _people(world: World, options: argparse.Namespace) -> None:
    """The owner, somebody who may do everything for it, and that person's token."""
    world.add_account(options.user)
    if options.owner != options.user:
        world.add_account(options.owner, "Organization", options.plan).members[options.user] = "admin"
    else:
        world.add_account(options.user, plan=options.plan)
    world.tokens[options.token] = Token(options.token, options.user, "classic", SCOPES)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.github", description="GitHub on this machine, for a rehearsal."
    )
    parser.add_argument("--port", type=int, required=True, help="where everything answers (127.0.0.1)")
    parser.add_argument(
        "--home",
        default=str(cache_folder() / "rehearsal" / "github"),
        help="folder of the repositories and ready.json (default: %(default)s)",
    )
    parser.add_argument("--owner", default="acme", help="an organization, or the user's own name (default %(default)s)")
    parser.add_argument("--plan", choices=PLANS, default="team", help="of the owner (default %(default)s)")
    parser.add_argument("--user", default="octocat", help="who may do everything (default %(default)s)")
    parser.add_argument("--token", default="ghp_rehearsal", help="of that user, with every scope (default %(default)s)")
    parser.add_argument("--speed", type=float, default=1.0, help="emulated seconds per second (default 1)")
    options = parser.parse_args()
    if not 0 < options.speed <= 10_000:
        parser.error(f"--speed: more than 0 and at most 10000, got {options.speed}")
    return options


def _require_free(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            _stop(
                f"port {port} of 127.0.0.1 cannot be used: {error.strerror}",
                "end what listens there, or choose another",
            )


def _stop(what: str, fix: str) -> NoReturn:
    sys.stderr.write(f"Error: {what}\nFix: {fix}\n")
    raise SystemExit(1)


if __name__ == "__main__":
    main()
