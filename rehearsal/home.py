"""The folder in which one rehearsal lives: everything it starts or writes lies below it, and is found again there."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.errors import RehearsalError

#: The variable that marks whatever a rehearsal starts: its value is the home's path.
MARK = "SLIPWAY_REHEARSAL"

#: What outlives a rehearsal, because it makes the next one faster: layers of images, the Docker engine's data.
LASTING = frozenset({"builder", "docker-engine", "lock"})


def cache_folder() -> Path:
    """The user's cache folder: `SLIPWAY_CACHE`, else `$XDG_CACHE_HOME/slipway`, else `~/.cache/slipway`."""
    if named := os.environ.get("SLIPWAY_CACHE"):
        return Path(named).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base).expanduser().absolute() if base else Path.home() / ".cache") / "slipway"


@dataclass(frozen=True)
class Home:
    """Where one rehearsal keeps what it has. Makes nothing by itself."""

    root: Path

    @classmethod
    def of(cls, name: str) -> Home:
        """Return the home of that name in the user's cache folder."""
        return cls(cache_folder() / "rehearsal" / name)

    @property
    def aws(self) -> Path:
        """The emulated AWS's folder."""
        return self.root / "aws"

    @property
    def builder(self) -> Path:
        """The image builder's folder."""
        return self.root / "builder"

    @property
    def logs(self) -> Path:
        """One file for each command that was run, in order, and one for each server."""
        return self.root / "logs"

    @property
    def state(self) -> Path:
        """Pulumi's state: a backend of files."""
        return self.root / "state"

    @property
    def workspace(self) -> Path:
        """The Pulumi project that is rehearsed: the checkout's program, with settings and an application of its own."""
        return self.root / "workspace"

    @property
    def traffic(self) -> Path:
        """What the traffic saw, one line per request."""
        return self.root / "traffic.jsonl"

    def make(self) -> None:
        """Make the folders that everything else expects."""
        for folder in (self.logs, self.state, self.aws):
            folder.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)

    def clear(self) -> None:
        """Remove what an earlier rehearsal left, but for what makes the next one faster."""
        for entry in self.root.iterdir() if self.root.exists() else ():
            if entry.name in LASTING:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep two rehearsals out of one home; raises RehearsalError when another one is under way."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                raise RehearsalError(
                    f"another rehearsal is under way here (process {handle.read().strip() or 'unknown'}).",
                    "wait for it or end it, or take another port: `--port 4700`.",
                ) from None
            handle.seek(0)
            handle.truncate()
            handle.write(str(os.getpid()))
            handle.flush()
            yield

    def write(self, name: str, content: Any) -> None:
        """Write a JSON note, whole or not at all."""
        draft = self.root / f"{name}.new"
        draft.write_text(json.dumps(content, indent=2) + "\n")
        draft.replace(self.root / name)

    def read(self, name: str) -> Any:
        """Read a JSON note; None if there is none, or none that can be read."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.root / name).read_text())
        return None
