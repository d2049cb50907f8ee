"""The one folder of the user that the toolchain lives in, and the lock that keeps two installations apart."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline.engine.parts import Part


@dataclass(frozen=True)
class Cache:
    """Where everything lies below `root`; makes nothing by itself."""

    root: Path

    @classmethod
    def of_user(cls) -> Cache:
        """Take `SLIPWAY_CACHE`, else `$XDG_CACHE_HOME/slipway`, else `~/.cache/slipway`."""
        if named := os.environ.get("SLIPWAY_CACHE"):
            return cls(Path(named).expanduser().absolute())
        base = os.environ.get("XDG_CACHE_HOME")
        return cls((Path(base).expanduser().absolute() if base else Path.home() / ".cache") / "slipway")

    @property
    def bin(self) -> Path:
        """The folder that stands first in PATH: engine and language host."""
        return self.root / "bin"

    @property
    def pulumi_home(self) -> Path:
        """What the engine knows as PULUMI_HOME: plugins, credentials of backends."""
        return self.root / "pulumi"

    @property
    def go_modules(self) -> Path:
        """Go's downloads."""
        return self.root / "go" / "modules"

    @property
    def go_build(self) -> Path:
        """Go's compiled packages: what makes an interrupted build resume."""
        return self.root / "go" / "build"

    @property
    def scratch(self) -> Path:
        """Work under way; on the same file system as the parts, so that a finished one can be moved into place."""
        return self.root / "scratch"

    @property
    def bridge(self) -> Path:
        """What the bridge keeps: schemas, archives, its warm children."""
        return self.root / "bridge"

    def part(self, part: Part) -> Path:
        """The folder of one version of a part."""
        return self.root / "parts" / f"{part.name}-{part.version}"

    def record(self, part: Part) -> dict[str, Any] | None:
        """What was noted when the part was made: fingerprint, seconds, path. None if it is not there."""
        try:
            noted: dict[str, Any] = json.loads((self.part(part) / "part.json").read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return noted

    @contextmanager
    def lock(self, say: Callable[[str], None]) -> Iterator[None]:
        """Hold the folder for one installation; a second one waits, after saying so."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another installation is under way; waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
