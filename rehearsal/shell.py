"""A shell in the rehearsed project, in which plain `pulumi` works against the emulated AWS."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from rehearsal.console import Console
from rehearsal.home import Home
from rehearsal.killpoints import KillPoints
from rehearsal.stage.bring_up import Wish, bring_up, take_down
from rehearsal.stage.stage import Stage
from rehearsal.stage.workspace import SHARED, STAGING
from rehearsal.story.pulumi import Pulumi

WELCOME = f"""
In this shell AWS is emulated, and nothing costs anything. The project is the shipped one:

  pulumi up -s {SHARED}             once: the registry
  pulumi up -s {STAGING}            builds, pushes, releases
  ./slipway history -s {STAGING}    what was released
  cd example/backend              the application, a git repository: commit, tag, `pulumi up` again

`exit` leaves."""


def enter(home: Home, console: Console, wish: Wish, *, keep: bool) -> int:
    """Run a shell on the stage that stands, or on a new one, and end it afterwards; return the shell's exit code."""
    with home.lock():
        joined = Stage.join(home)
        if joined:
            console.good("joined the rehearsal that stands")
        stage = joined or _fresh(home, console, wish)
        try:
            console.say(WELCOME)
            return subprocess.run(_shell(), cwd=home.workspace, env=dict(stage.environment), check=False).returncode
        finally:
            if keep:
                console.say("Everything stands. `./slipway stop` ends it.")
            else:
                take_down(home, console)


def _fresh(home: Home, console: Console, wish: Wish) -> Stage:
    """Bring a stage up and make the stacks, so that `pulumi up` is the next thing to type."""
    try:
        stage, base = bring_up(home, console, wish, KillPoints())
        pulumi = Pulumi(stage.hand, console)
        for stack in (SHARED, STAGING):
            pulumi.begin(stack)
        if base:
            pulumi.set(STAGING, f"{stage.project.name}:base_image", base)
        for variable, name in stage.store_secrets.items():
            pulumi.set(STAGING, f"{stage.project.name}:secrets.{variable}", name, path=True)
    except BaseException:
        take_down(home, console)
        raise
    return stage


def _shell() -> list[str]:
    """The person's own shell; bash without their start-up file, which may set what must not be set here."""
    shell = os.environ.get("SHELL", "/bin/sh")
    return [shell, "--norc"] if Path(shell).name == "bash" else [shell]
