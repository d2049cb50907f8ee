"""Packages of the distribution, installed only where that was asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.errors import RehearsalError


def distribution(release: Path = Path("/etc/os-release")) -> Mapping[str, str]:
    """Return what the distribution says about itself: `ID`, `VERSION_CODENAME` and so on."""
    try:
        lines = release.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def can_install() -> bool:
    """Tell whether packages can be installed here: as root, with apt."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Sequence[str], hand: Hand, console: Console) -> None:
    """Install packages with apt; raise RehearsalError where that does not work."""
    named = " ".join(packages)
    if not can_install():
        raise RehearsalError(
            f"{named} cannot be installed here: that takes root, on Debian or Ubuntu.",
            f"install {named} with your system's package manager, then start again.",
        )
    with console.working(f"Installing {named} from the distribution's packages") as work:
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"]
        words = [*apt, "install", "--no-install-recommends", *packages]
        done = hand.run(words, name="apt-install", on_line=lambda line: work.update(line.text))
        if done.code != 0:
            # The lists of packages may be missing or old.
            hand.run([*apt, "update"], name="apt-update", on_line=lambda line: work.update(line.text))
            done = hand.run(words, name="apt-install", on_line=lambda line: work.update(line.text))
        if done.code != 0:
            told = [line for line in done.last(40) if line.startswith(("E:", "Err:"))] or done.last(3)
            raise RehearsalError(
                f"apt-get could not install {named}: {' '.join(told[:3])}",
                "check that the package sources in /etc/apt can be reached (`apt-get update`), then start again.",
            )
        work.done(f"{named}: installed")
