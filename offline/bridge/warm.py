"""Finds or starts the provider process that a plugin works with, and ends those that are left over.

Each lives in a folder of its own below `<cache>/bridge/warm`, named by binary, configuration and environment: two runs
share a process only where a new one would have been configured just so.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline.errors import OfflineError
from offline.processes import Recorded, detached

#: Seconds that an unused process is kept; 0 ends it with its user.
SECONDS = "SLIPWAY_WARM_SECONDS"
DEFAULT_SECONDS = 60.0
LAUNCH = Path(__file__).resolve().parent.parent / "launch.py"
#: Seconds in which a provider must have shaken hands.
PATIENCE = 60.0
#: Variables that a provider takes into account when it is configured.
_MATTERING = ("AWS_", "TF_", "GITHUB_", "HTTP_", "HTTPS_", "NO_PROXY", "SSL_CERT_", "HOME")
#: Below the kernel's limit for socket paths, less the name that the provider chooses.
_LONGEST = 80


@dataclass
class Lease:
    """A provider process that is ours to use until we release it."""

    folder: Path
    handshake: str
    lock: int
    """An open file whose lock the kernel gives back, however we end."""

    @property
    def configured(self) -> bool:
        """Whether someone before us has configured it; it must happen once only."""
        return (self.folder / "configured").exists()

    def note_configured(self) -> None:
        """Let others join."""
        (self.folder / "configured").touch()

    def spoil(self) -> None:
        """Say that nobody may use it after us: it was stopped, or has failed."""
        with contextlib.suppress(OSError):
            (self.folder / "spoiled").touch()

    def alone(self) -> bool:
        """Whether nobody else uses the process just now: what stops it for us would stop it for them."""
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # The attempt has cost us our share.
            fcntl.flock(self.lock, fcntl.LOCK_SH)
            return False
        return True

    def release(self) -> None:
        """Give our share back; the process ends when nobody has had one for a while."""
        os.close(self.lock)

    def last_words(self) -> str:
        """The end of what the process said on stderr."""
        try:
            return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-30:])
        except OSError:
            return ""


def key(binary: Path, configuration: Any) -> str:
    """Name a process by all that it depends on."""
    environment = {name: value for name, value in os.environ.items() if name.upper().startswith(_MATTERING)}
    told = json.dumps([fingerprint(binary), configuration, environment], sort_keys=True, default=repr)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def fingerprint(binary: Path) -> str:
    """Tell one binary from another without reading its hundreds of megabytes."""
    stat = binary.stat()
    return hashlib.sha256(f"{binary}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:16]


@contextmanager
def lease(folder: Path, binary: Path, name: str, workdir: Path) -> Iterator[Lease]:
    """Yield the process called `name`, started if need be; others wait until the body has configured it.

    The lease outlives the body: it ends when it is released, at the latest with this process.
    """
    if len(str(folder)) > _LONGEST:
        raise OfflineError(
            f"{folder} is too long a path for a socket.", "set SLIPWAY_CACHE to a folder with a shorter path."
        )
    folder.mkdir(parents=True, exist_ok=True)
    workdir.mkdir(parents=True, exist_ok=True)
    seconds = float(os.environ.get(SECONDS) or DEFAULT_SECONDS)
    if not seconds:
        name += f"-{os.getpid()}"
    # One lock for each first letter: few files, and hardly anyone waits for a stranger.
    with (folder / f"{name[0]}.starting").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        found = _join(folder / name) or _start(folder / name, binary, seconds, workdir)
        yield found


def _join(folder: Path) -> Lease | None:
    """Take a share in a living, configured process, if there is one."""
    try:
        lock = os.open(folder / "use", os.O_RDONLY)
    except OSError:
        return None
    try:
        _share(lock)
        made = Lease(folder, (folder / "handshake").read_text(), lock)
        if made.configured and not (folder / "spoiled").exists() and _keeper(folder):
            return made
    except OSError:
        pass
    os.close(lock)
    return None


def _share(lock: int) -> None:
    """Take a share of the lock; OSError where the keeper holds it for good, because it is ending the process."""
    for _ in range(5):
        with contextlib.suppress(BlockingIOError):
            return fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        # It takes the lock for a moment, several times a second, to see whether anyone has a share.
        time.sleep(0.01)
    raise BlockingIOError


def _start(folder: Path, binary: Path, seconds: float, workdir: Path) -> Lease:
    """Start a process in place of whatever was there; wait for its handshake."""
    _end(folder)
    folder.mkdir(mode=0o700)
    (folder / "use").touch()
    lock = os.open(folder / "use", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    words = ["keeper", str(folder), str(binary), str(seconds), str(workdir)]
    if recorded := Recorded.of(detached([sys.executable, "-IS", str(LAUNCH), *words])):
        (folder / "keeper.json").write_text(json.dumps(vars(recorded)))
    made = Lease(folder, "", lock)
    limit = time.monotonic() + PATIENCE
    while not (folder / "handshake").exists():
        if not (recorded and recorded.alive()) or time.monotonic() > limit:
            said = made.last_words() or "it said nothing"
            made.release()
            _end(folder)
            raise OfflineError(f"{binary.name} did not start: {said}", f"try it by hand: {binary}")
        time.sleep(0.01)
    made.handshake = (folder / "handshake").read_text()
    return made


def _keeper(folder: Path) -> Recorded | None:
    try:
        recorded = Recorded(**json.loads((folder / "keeper.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return recorded if recorded.alive() else None


def _end(folder: Path) -> bool:
    """End the keeper of `folder`, and with it the provider; return whether one lived."""
    keeper = _keeper(folder)
    if keeper:
        keeper.end(grace=3.0)
    shutil.rmtree(folder, ignore_errors=True)
    return keeper is not None


def stop_all(cache: Path) -> int:
    """End every process kept below the bridge's `cache` folder; return how many lived."""
    folder = cache / "warm"
    ended = sum(_end(one) for one in folder.glob("*") if one.is_dir())
    for lock in folder.glob("*.starting"):
        lock.unlink(missing_ok=True)
    return ended
