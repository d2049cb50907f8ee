"""The Docker engine: the one that answers, else one that is started for the rehearsal, and ended with it."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from docker.errors import DockerException

from rehearsal.aws import containers
from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.stage import packages

NAME = "docker-engine"
SOCKET = Path("/var/run/docker.sock")
#: Seconds in which an engine that was started must answer.
PATIENCE = 60.0


@dataclass(frozen=True)
class Engine:
    """A Docker engine that answers."""

    version: str
    ours: bool
    """Whether the rehearsal has started it, and ends it."""


def ensure(hand: Hand, console: Console, *, install_missing: bool) -> Engine:
    """Return an engine that answers. Never starts a second one: two in one network take each other's bridge away."""
    try:
        return Engine(_version(), ours=False)
    except DockerException as error:
        if settled := _settled():
            return settled
        _refuse(error, install_missing=install_missing)
    if not shutil.which("dockerd"):
        packages.install(["docker.io"], hand, console)
    with console.working("Starting a Docker engine") as work:
        # Installing the package may have started it as a service.
        found = _answer(2.0) or _start(hand)
        work.done(f"Docker engine {found.version}{' (ends with the rehearsal)' if found.ours else ''}")
        return found


def _refuse(error: Exception, *, install_missing: bool) -> None:
    """Raise where no engine may be started, each time with the way out."""
    named = os.environ.get("DOCKER_HOST")
    if named:
        raise RehearsalError(
            f"no Docker engine answers at DOCKER_HOST={named}: {error}",
            "start it, or unset DOCKER_HOST to use this machine's own.",
        )
    if "Permission denied" in str(error) or "PermissionError" in str(error):
        raise RehearsalError(
            "a Docker engine runs, but you may not use it: you are neither root nor in the group `docker`.",
            "run this with sudo, or: `sudo usermod --append --groups docker $USER`, then log in again.",
        )
    if running := _running():
        raise RehearsalError(
            f"a Docker engine runs (process {running}), but does not answer at {SOCKET}: {error}",
            "set DOCKER_HOST to where it listens, or end it; a second one beside it would break its network.",
        )
    if not install_missing:
        how = "`--install-missing` installs and starts one as root on Debian or Ubuntu"
        raise RehearsalError(
            "no Docker engine answers on this machine.",
            f"start one (`systemctl start docker`, or Docker Desktop), or let the rehearsal do it: {how}.",
        )
    if os.geteuid() != 0:
        raise RehearsalError(
            "no Docker engine answers, and installing and starting one takes root.",
            "run this with sudo, or start one: https://docs.docker.com/engine/install/.",
        )


def _settled(patience: float = 20.0) -> Engine | None:
    """Wait for an engine that has just been started, or is about to end; the one that answers then, if any does."""
    limit = time.monotonic() + patience
    while _running() and time.monotonic() < limit:
        if found := _answer(0.5):
            return found
    return None


def _start(hand: Hand) -> Engine:
    """Start an engine whose data lies in the rehearsal's home."""
    home = hand.home
    log = home.logs / "dockerd.log"
    words: list[str | Path] = [
        "dockerd",
        "--data-root",
        home.root / "docker-engine",
        "--pidfile",
        home.root / "dockerd.pid",
    ]
    words += ["--host", f"unix://{SOCKET}"]
    with log.open("w") as record:
        child = hand.notebook.start(NAME, words, env=hand.environment, stdout=record, stderr=record)
    limit = time.monotonic() + PATIENCE
    while child.poll() is None and time.monotonic() < limit:
        if found := _answer(0.5):
            return Engine(found.version, ours=True)
    hand.notebook.end(NAME)
    said = "\n  ".join(log.read_text(errors="replace").strip().splitlines()[-4:])
    raise RehearsalError(
        f"the Docker engine did not start; its last lines:\n  {said}",
        f"all it said is in {log}; a container without privileges cannot run one.",
    )


def end(hand: Hand, home: Home) -> None:
    """End the engine if the rehearsal has started it."""
    hand.notebook.end(NAME)
    (home.root / "dockerd.pid").unlink(missing_ok=True)


def _answer(patience: float) -> Engine | None:
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        try:
            return Engine(_version(), ours=False)
        except DockerException:
            time.sleep(0.2)
    return None


def _version() -> str:
    return str(containers.connect().version()["Version"])


def _running() -> str:
    """The number of a dockerd process; empty if there is none. One that has ended and was not waited for is none."""
    for name in Path("/proc").glob("[0-9]*/comm"):
        try:
            ended = (name.parent / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if name.read_text().strip() == "dockerd" and not ended:
                return name.parent.name
        except OSError:
            continue
    return ""
