"""Compiles one Go part, telling progress, and turns the ways in which that fails into sentences."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from offline.engine.cache import Cache
from offline.engine.parts import GoPart
from offline.errors import OfflineError
from offline.processes import die_with_parent

#: Seconds between two progress lines.
PACE = 15.0
INSTALL_GO = "install Go {needed} or newer (https://go.dev/dl, or your distribution's packages) and put it on PATH"
UNREACHABLE = re.compile(
    r"dial tcp|lookup \S+:|i/o timeout|TLS handshake|connection re(fused|set)|proxyconnect|"
    r"x509:|40[37] |50[234] |network is unreachable|no such host"
)


class GoBuild:
    """Builds `part` from a copy of its module files at `source`, with Go's caches inside the user's folder."""

    def __init__(
        self, part: GoPart, source: Path, cache: Cache, say: Callable[[str], None], go: str | None = None
    ) -> None:
        self.part = part
        self.source = source
        self.say = say
        self.started = time.monotonic()
        self.go = go or shutil.which("go") or ""
        self.environment = {
            **os.environ,
            "CGO_ENABLED": "0",
            "GOCACHE": str(cache.go_build),
            # Exactly what the checksums in the project say; and a cache that can be deleted like any folder.
            "GOFLAGS": "-modcacherw -mod=readonly",
            "GOMODCACHE": str(cache.go_modules),
            "GOWORK": "off",
        }

    def check_go(self) -> None:
        """Refuse a missing Go and one older than the module asks for (and that does not fetch a newer one itself)."""
        found = re.search(r"^go (\S+)", (self.source / "go.mod").read_text(), re.MULTILINE)
        needed = found[1] if found else "1.26"
        if not self.go:
            raise OfflineError(
                f"{self.part.name} is compiled with Go, and there is no `go` on PATH.",
                INSTALL_GO.format(needed=needed) + ".",
            )
        # Run inside the module, Go itself compares versions, and takes a newer toolchain where it may.
        asked = subprocess.run(
            [self.go, "version"], cwd=self.source, env=self.environment, capture_output=True, text=True, check=False
        )
        if asked.returncode != 0:
            old = re.search(r"running (go [\d.]+)", asked.stderr)
            raise OfflineError(
                f"{self.part.name} needs Go {needed}; {self.go} is {old[1]}."
                if old
                else f"{self.go} does not work: {asked.stderr.strip() or 'it said nothing'}",
                INSTALL_GO.format(needed=needed) + ", or allow it to fetch itself: `go env -w GOTOOLCHAIN=auto`.",
            )

    def run(self, target: Path) -> None:
        """Compile the binaries of the part into the folder `target`; raise OfflineError saying what failed."""
        self.check_go()
        packages = list(self.part.binaries.values())
        self.say(f"{self.part.name} {self.part.version}: fetching modules")
        with self._pulse(lambda: "fetching modules"):
            self._go(["list", "-deps", *packages])
        compiled: deque[str] = deque()
        with self._pulse(lambda: f"compiling, {len(compiled)} packages so far"):
            flags = " ".join(["-s", "-w", *(f"-X {define}" for define in self.part.defines)])
            self._go(["build", "-v", "-trimpath", "-ldflags", flags, "-o", f"{target}/", *packages], compiled)

    def _go(self, words: list[str], told: deque[str] | None = None) -> list[str]:
        """Run Go; return the lines of its stdout, and append those of its stderr to `told` as they come."""
        heard: deque[str] = deque() if told is None else told
        with subprocess.Popen(
            [self.go, *words],
            cwd=self.source,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            preexec_fn=die_with_parent,
        ) as child:
            stdout, stderr = cast(IO[str], child.stdout), cast(IO[str], child.stderr)
            listener = threading.Thread(target=lambda: heard.extend(line.rstrip() for line in stderr), daemon=True)
            listener.start()
            try:
                output = stdout.read().splitlines()
                code = child.wait()
            except BaseException:
                child.terminate()
                raise
            listener.join()
        if code != 0:
            raise self._failure(list(heard))
        return output

    def _failure(self, lines: list[str]) -> OfflineError:
        """Tell the usual causes apart by what Go said."""
        said = [line for line in lines if not line.startswith("go: downloading")][-6:]
        text = "\n".join(said)
        name = f"{self.part.name} {self.part.version}"
        if "no space left on device" in text:
            return OfflineError(
                f"the disk filled up while {name} was built.",
                f"free about {self.part.gigabytes:.0f} GB and run this again; it goes on where it stopped.",
            )
        if UNREACHABLE.search(text):
            proxy = f"GOPROXY={os.environ['GOPROXY']}" if os.environ.get("GOPROXY") else "Go's own proxy"
            return OfflineError(
                f"the Go modules of {name} could not be fetched from {proxy}:\n  " + "\n  ".join(said),
                "check the network and GOPROXY (`go env GOPROXY`), then run this again; it goes on where it stopped.",
            )
        return OfflineError(
            f"Go could not build {name}; its last lines:\n  " + ("\n  ".join(said) or "(none)"),
            "run this again; if it stops at the same place, the lines above say why.",
        )

    @contextmanager
    def _pulse(self, doing: Callable[[], str]) -> Iterator[None]:
        """Tell how far the build is, every PACE seconds."""
        done = threading.Event()

        def tell() -> None:
            while not done.wait(PACE):
                elapsed = time.monotonic() - self.started
                self.say(
                    f"{self.part.name} {self.part.version}: {doing()} ({elapsed:.0f} s of about {self.part.seconds} s)"
                )

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            done.set()
            teller.join()
