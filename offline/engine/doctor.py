"""Looks at what an installation needs and what there is, before minutes are spent on it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

from offline.engine import terraform
from offline.engine.cache import Cache
from offline.engine.install import GIGABYTE, is_ready
from offline.engine.parts import AWS, PARTS, GoPart
from offline.errors import OfflineError


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    good: bool
    what: str
    fix: str = ""


def examine(cache: Cache) -> list[Finding]:
    """Return what was found, in the order in which an installation would need it."""
    missing = [part for part in PARTS.values() if not is_ready(part, cache)]
    builds = [part for part in missing if isinstance(part, GoPart)]
    findings = [
        Finding(
            part not in missing,
            f"{part.name} {part.version}: {part.origin}",
            f"`./slipway toolchain install --parts {part.name}`.",
        )
        for part in PARTS.values()
    ]
    if builds:
        findings += [_go(), _disk(cache, sum(part.gigabytes for part in builds))]
    return [*findings, _provider()]


def _go() -> Finding:
    go = shutil.which("go")
    if not go:
        return Finding(False, "Go: none on PATH", "install Go 1.26 or newer (https://go.dev/dl) and put it on PATH.")
    told = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout.strip()
    return Finding(bool(told), f"Go: {told or 'does not answer'}", "install Go 1.26 or newer (https://go.dev/dl).")


def _disk(cache: Cache, needed: float) -> Finding:
    existing = next(folder for folder in (cache.root, *cache.root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / GIGABYTE
    return Finding(
        free >= needed,
        f"disk: {free:.1f} GB free at {existing}, {needed:.1f} GB needed",
        "free some space, or set SLIPWAY_CACHE to a folder on a larger disk.",
    )


def _provider() -> Finding:
    try:
        return Finding(True, f"Terraform's AWS provider: {terraform.find(AWS)}")
    except OfflineError as error:
        return Finding(False, f"Terraform's AWS provider: {error.what}", error.fix)
