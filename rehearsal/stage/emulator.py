"""The emulated AWS, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from rehearsal.aws.containers import connect, label_of, remove_all
from rehearsal.command import Hand
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.killpoints import KillPoints

NAME = "emulated AWS"
#: Seconds in which it must be ready; a busy machine needs some.
PATIENCE = 90.0


@dataclass(frozen=True)
class Emulator:
    """Where the emulated AWS answers."""

    endpoint: str
    proxy: str
    ca: Path
    registry: str
    account: str
    region: str
    speed: float

    @property
    def port(self) -> int:
        """The port of this machine on which everything answers, load balancers included."""
        return int(self.endpoint.rpartition(":")[2])

    def knows(self, issuer: str, address: str) -> None:
        """Let it find an issuer of web identities at an address of this machine."""
        asked = urllib.request.Request(  # noqa: S310 - our own
            f"{self.endpoint}/_rehearsal/issuers", json.dumps({issuer: address}).encode(), method="POST"
        )
        with urllib.request.urlopen(asked, timeout=10):  # noqa: S310 - our own
            pass

    def clock(self) -> dict[str, float]:
        """Its clock: `speed`, `now` (emulated), `wall`."""
        with urllib.request.urlopen(f"{self.endpoint}/_rehearsal/clock", timeout=10) as answer:  # noqa: S310 - our own
            found: dict[str, float] = json.load(answer)
        return found


def start(
    hand: Hand,
    kill: KillPoints,
    *,
    port: int,
    region: str,
    account: str,
    speed: float,
    containers: bool = True,
    iam: bool = False,
) -> Emulator:
    """Start it and wait until it says that it is ready.

    containers: whether tasks are to run, by a Docker engine. iam: whether signatures and policies are enforced.
    """
    home = hand.home
    words: list[str | Path] = [sys.executable, "-m", "rehearsal.aws", "--port", str(port)]
    words += ["--proxy-port", str(port + 1), "--region", region, "--account", account]
    words += ["--speed", str(speed), "--home", home.aws]
    if not containers:
        words.append("--no-containers")
    if iam:
        words.append("--iam")
    ready = home.aws / "ready.json"
    ready.unlink(missing_ok=True)
    log = home.logs / "emulated-aws.log"
    with log.open("w") as record:
        child = hand.notebook.start(
            NAME, words, env=hand.environment, cwd=hand.folder, stdout=subprocess.DEVNULL, stderr=record
        )
    kill.reach("emulator")
    limit = time.monotonic() + PATIENCE
    while child.poll() is None and time.monotonic() < limit:
        if ready.exists():
            return of(json.loads(ready.read_text()))
        time.sleep(0.05)
    hand.notebook.end(NAME)
    said = "\n  ".join(log.read_text(errors="replace").strip().splitlines()[-5:]) or "(nothing)"
    raise RehearsalError(f"the emulated AWS did not start; its last lines:\n  {said}", f"all it said is in {log}.")


def of(ready: dict[str, Any]) -> Emulator:
    """Read what it said about itself when it was ready."""
    return Emulator(
        endpoint=ready["endpoint"],
        proxy=ready["proxy"],
        ca=Path(ready["ca"]),
        registry=ready["registry"],
        account=ready["account"],
        region=ready["region"],
        speed=float(ready["speed"]),
    )


def remove_containers(home: Home, *, everybodys: bool = False) -> int:
    """Remove the containers that it has left, if a Docker engine answers; return how many.

    everybodys: those of every rehearsal, whatever its home.
    """
    label = label_of(home.aws)
    try:
        client: docker.DockerClient = connect()
        return remove_all(client, label.partition("=")[0] if everybodys else label)
    except DockerException:
        return 0
