"""Puts the parts of the toolchain into the cache folder: each once, all or nothing, resumable."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from offline.engine import layout, terraform
from offline.engine.cache import Cache
from offline.engine.golang import GoBuild
from offline.engine.parts import FoundPart, GoPart, Part
from offline.errors import OfflineError

GIGABYTE = 10**9


def is_ready(part: Part, cache: Cache) -> bool:
    """Tell whether this very recipe of `part` is in the cache, complete."""
    noted = cache.record(part)
    if noted is None:
        return False
    if isinstance(part, FoundPart):
        return Path(noted["path"]).is_file()
    return noted["fingerprint"] == part.fingerprint() and all(
        (cache.part(part) / "bin" / binary).is_file() for binary in part.binaries
    )


def install(parts: Iterable[Part], cache: Cache, say: Callable[[str], None]) -> None:
    """Make or find each of `parts` that is not ready yet, then lay out what the engine starts.

    Raises OfflineError for the first part that fails; those before it stay, and Go's own caches keep what it compiled.
    """
    wanted = list(parts)
    with cache.lock(say):
        # What a killed installation left: nobody else works here while we hold the lock.
        shutil.rmtree(cache.scratch, ignore_errors=True)
        missing = [part for part in wanted if not is_ready(part, cache)]
        # A part that is not on this machine fails at once, not after minutes of building.
        missing.sort(key=lambda part: isinstance(part, GoPart))
        builds = [part for part in missing if isinstance(part, GoPart)]
        if builds:
            _check_disk(builds, cache)
            total = sum(part.seconds for part in builds)
            say(f"to build: {_names(builds)}; about {total / 60:.0f} minutes on two cores, once")
        for part in missing:
            started = time.monotonic()
            noted = _find(part) if isinstance(part, FoundPart) else _build(part, cache, say)
            noted |= {"version": part.version, "origin": part.origin, "seconds": round(time.monotonic() - started, 1)}
            _put(part, cache, noted)
            say(f"{part.name} {part.version}: ready ({noted['seconds']:.0f} s)")
        layout.write(cache)


def _names(parts: Iterable[Part]) -> str:
    return ", ".join(part.name for part in parts)


def _check_disk(builds: list[GoPart], cache: Cache) -> None:
    """Refuse a disk that would fill up half way."""
    cache.root.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache.root).free / GIGABYTE
    # A warm build cache needs less; asking for the cold amount costs nobody anything.
    needed = sum(part.gigabytes for part in builds)
    if free < needed:
        raise OfflineError(
            f"{cache.root} has {free:.1f} GB left; building {_names(builds)} needs {needed:.1f} GB.",
            "free some space, or set SLIPWAY_CACHE to a folder on a larger disk.",
        )


def _find(part: FoundPart) -> dict[str, Any]:
    return {"path": str(terraform.find(part))}


def _build(part: GoPart, cache: Cache, say: Callable[[str], None]) -> dict[str, Any]:
    """Compile `part` in a scratch folder and move its binaries into place."""
    cache.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.scratch, prefix=f"{part.name}-", ignore_cleanup_errors=True) as scratch:
        source = Path(scratch) / "source"
        shutil.copytree(part.modules, source)
        done = Path(scratch) / "done"
        GoBuild(part, source, cache, say).run(done / "bin")
        target = cache.part(part)
        target.mkdir(parents=True, exist_ok=True)
        (target / "part.json").unlink(missing_ok=True)
        shutil.rmtree(target / "bin", ignore_errors=True)
        (done / "bin").rename(target / "bin")
    return {"path": str(cache.part(part) / "bin"), "fingerprint": part.fingerprint()}


def _put(part: Part, cache: Cache, noted: dict[str, Any]) -> None:
    """Write the record of a finished part, last and at once: a part without one does not count."""
    folder = cache.part(part)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "part.json.new"
    draft.write_text(json.dumps(noted, indent=2) + "\n")
    draft.rename(folder / "part.json")
