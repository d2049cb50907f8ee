"""The Terraform provider behind a Pulumi package: which part of the toolchain it is, and where its binary lies."""

from __future__ import annotations

from pathlib import Path

from offline.engine import terraform
from offline.engine.cache import Cache
from offline.engine.parts import BRIDGED, FoundPart, Part
from offline.errors import OfflineError


def binary(part: Part, cache: Cache) -> Path:
    """Return the provider's binary: the one that an installation noted, or one that is found now.

    Raises `OfflineError` where there is none; what has to be built is not built here.
    """
    noted = cache.record(part)
    if isinstance(part, FoundPart):
        return Path(noted["path"]) if noted and Path(noted["path"]).is_file() else terraform.find(part)
    (name,) = part.binaries
    built = cache.part(part) / "bin" / name
    if noted is None or not built.is_file():
        raise OfflineError(
            f"{part.name} {part.version} is not built yet.", f"`./slipway toolchain install --parts {part.name}`."
        )
    return built


def behind(package: str) -> Part:
    """Return the Terraform provider behind a Pulumi package. Raises `OfflineError` for one without a bridge."""
    if package not in BRIDGED:
        raise OfflineError(f"there is no bridge for the package {package}.", f"there is {' · '.join(BRIDGED)}.")
    return BRIDGED[package]
