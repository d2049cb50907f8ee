"""The toolchain, as a person gets it: `./slipway toolchain …`."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.killpoints import KillPoints

WORDS = [sys.executable, "-m", "offline"]


#: The part that only a repository on GitHub needs: minutes to build, for a story that has none.
GITHUB = "github"


def ensure(hand: Hand, console: Console, kill: KillPoints, *, github: bool) -> dict[str, str]:
    """Build or find what is missing; return the variables under which `pulumi` uses it.

    github: GitHub's provider too.
    """
    needed = [part for part in parts(hand) if github or part["part"] != GITHUB]
    missing = [part["part"] for part in needed if not part["path"]]
    if missing and not shutil.which("go"):
        raise RehearsalError(
            f"{', '.join(missing)} must be compiled with Go, and there is no `go` on PATH.",
            "install Go 1.26 or newer (https://go.dev/dl, or your distribution's packages) and put it on PATH.",
        )
    with console.working("Preparing the toolchain" if missing else "Looking at the toolchain") as work:
        hand.run(
            [*WORDS, "install", "--parts", ",".join(part["part"] for part in needed)],
            name="toolchain-install",
            shown="./slipway toolchain install",
            on_start=lambda: kill.reach("toolchain"),
            on_line=lambda line: work.update(line.text),
        ).needed("the toolchain could not be prepared")
        work.done(f"toolchain: {', '.join(part['part'] + ' ' + part['version'] for part in needed)}")
    asked = hand.run([*WORDS, "env", "--json"], name="toolchain-env", apart=True)
    variables: dict[str, str] = json.loads(asked.needed("the toolchain does not tell its variables").output)
    return variables


def parts(hand: Hand) -> list[dict[str, Any]]:
    """Return each part with its version, origin and path."""
    asked = hand.run([*WORDS, "parts", "--json"], name="toolchain-parts", apart=True)
    found: list[dict[str, Any]] = json.loads(asked.needed("the toolchain does not tell its parts").output)
    return found
