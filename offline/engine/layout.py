"""Lays out what the engine starts: itself, the language host beside it, plugins where it looks for them.

Launchers hold no path of this machine: they start the Python and the checkout that `python -m offline env` named, so
one cache folder serves any number of checkouts.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from offline.engine.cache import Cache
from offline.engine.parts import BRIDGED, DOCKER_BUILD, ENGINE

#: The checkout's launch.py and the Python that runs it, for launchers.
LAUNCH = "SLIPWAY_TOOLCHAIN"
PYTHON = "SLIPWAY_TOOLCHAIN_PYTHON"

LAUNCHER = f"""#!/bin/sh
if [ -z "${{{LAUNCH}}}" ] || [ -z "${{{PYTHON}}}" ]; then
    echo "Error: $0 does not know which checkout of Slipway it belongs to." >&2
    echo "Fix:   run pulumi in \\`./slipway shell\\`, or after: eval \\"\\$(./slipway toolchain env)\\"" >&2
    exit 1
fi
exec "${{{PYTHON}}}" -u "${{{LAUNCH}}}" %s "$@"
"""


def write(cache: Cache) -> None:
    """Write launchers and links for every part that is in the cache.

    A bridge stands beside the engine without the provider that it leads to: the engine asks for every plugin that the
    program could need, and one that is started says which part is missing.
    """
    if cache.record(ENGINE):
        _place(cache.part(ENGINE) / "bin" / "pulumi", cache.bin / "pulumi")
        _launcher(cache.bin / "pulumi-language-python", "language-host")
    if cache.record(DOCKER_BUILD):
        name = "pulumi-resource-docker-build"
        _place(cache.part(DOCKER_BUILD) / "bin" / name, _plugin(cache, "docker-build", DOCKER_BUILD.version) / name)
    for name, part in BRIDGED.items():
        if cache.record(ENGINE):
            _launcher(_plugin(cache, name, part.plugin_version) / f"pulumi-resource-{name}", f"bridge {name}")


def environment(cache: Cache) -> dict[str, str]:
    """Return the variables under which `pulumi` uses this toolchain with the calling interpreter and checkout."""
    return {
        "PATH": os.pathsep.join([str(cache.bin), *_others(cache.bin)]),
        "PULUMI_HOME": str(cache.pulumi_home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "SLIPWAY_CACHE": str(cache.root),
        LAUNCH: str(Path(__file__).resolve().parent.parent / "launch.py"),
        PYTHON: sys.executable,
    }


def _others(first: Path) -> list[str]:
    """The rest of PATH, so that asking twice does not lengthen it."""
    return [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry != str(first)]


def _plugin(cache: Cache, name: str, version: str) -> Path:
    """The folder that the engine looks for a plugin in, made if need be."""
    folder = cache.pulumi_home / "plugins" / f"resource-{name}-v{version}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _launcher(file: Path, words: str) -> None:
    """Write an executable launcher, replacing it at once: an engine may be starting it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".new")
    draft.write_text(LAUNCHER % words)
    draft.chmod(0o755)
    draft.rename(file)


def _place(binary: Path, file: Path) -> None:
    """Put a binary where the engine looks: by a hard link, since it finds what lies beside it by its resolved path."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    try:
        draft.hardlink_to(binary)
    except OSError:
        shutil.copy2(binary, draft)
    # Renaming a link over another link to the same file does nothing and leaves the draft.
    draft.replace(file)
    draft.unlink(missing_ok=True)
