"""Places in a rehearsal at which it can be told to kill itself, to prove that the next one starts clean.

SIGKILL runs no clean-up: what is left is what a crash, a power button or an impatient person leaves.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from typing import NoReturn

#: name -> when it strikes.
POINTS: Mapping[str, str] = {
    "engine": "the Docker engine answers",
    "toolchain": "the toolchain is being prepared",
    "emulator": "the emulated AWS is starting",
    "builder": "the image builder runs",
    "base-image": "the base image is in the emulated registry",
    "workspace": "project, application and settings are laid out",
    "shared": "the registry is being declared",
    "build": "the first image is being built",
    "traffic": "traffic has begun",
    "shift": "a canary has its share of the traffic",
    "refusal": "a broken release waits behind the test listener",
    "rollback": "the way back is under way",
}


def kill() -> NoReturn:
    """End this process at once, without any clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL does not return")


class KillPoints:
    """Strikes at the point of that name; at none when there is no name."""

    def __init__(self, chosen: str | None = None, strike: Callable[[], object] = kill) -> None:
        if chosen is not None and chosen not in POINTS:
            raise KeyError(chosen)
        self._chosen = chosen
        self._strike = strike

    def reach(self, name: str) -> None:
        """Say that the story is at this point."""
        if name not in POINTS:
            raise KeyError(name)
        if name == self._chosen:
            self._strike()
