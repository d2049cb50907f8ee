"""The image builder, started and ended by `./slipway toolchain builder`."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path

from rehearsal.command import Hand
from rehearsal.home import Home
from rehearsal.stage.emulator import Emulator
from rehearsal.stage.toolchain import WORDS

NAME = "image builder"


def start(hand: Hand, emulator: Emulator) -> dict[str, str]:
    """Start it; return the variables under which Pulumi's docker-build provider finds it."""
    words: list[str | Path] = [*WORDS, "builder", "start", "--home", hand.home.builder]
    words += ["--proxy", emulator.proxy, "--ca", emulator.ca, "--insecure", f"localhost:{emulator.port}"]
    asked = hand.run(words, name="builder-start", apart=True)
    told = json.loads(asked.needed("the image builder did not start").output)
    hand.notebook.note(int(told["pid"]), NAME)
    variables: dict[str, str] = told["env"]
    return variables


def stop(hand: Hand) -> None:
    """End it, and whatever a killed one has left."""
    if hand.home.builder.exists():
        hand.run([*WORDS, "builder", "stop", "--home", hand.home.builder], name="builder-stop")


def unmount(home: Home) -> list[str]:
    """Unmount what is still mounted below the home; return what it was."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    # Spaces in paths are written as octal.
    named = [mount.encode().decode("unicode_escape") for mount in mounts]
    ours = sorted((mount for mount in named if Path(mount).is_relative_to(home.root)), key=len, reverse=True)
    for mount in ours:
        with contextlib.suppress(OSError):
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
    return ours
