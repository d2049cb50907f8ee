"""Images made on the spot, of the host's own distribution: a recipe is a list of packages, made once and kept."""

from __future__ import annotations

import gzip
import hashlib
import json
import platform
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.home import cache_folder
from rehearsal.stage import packages
from rehearsal.stage.registry import Image, digest

#: What no service reads.
EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*", "/usr/share/lintian/*")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What goes into an image.

    name: of what is made, as in `Making <name> of this machine's distribution`. holds: what it is told to hold when it
    is made. reason: why it has to be made, before `there is no mmdebstrap …`. instead: the way out where it cannot be
    made. packages: beside the essential ones. excluded: paths that are left out of every package. emptied: folders
    whose content goes, at the end.
    """

    name: str
    holds: str
    reason: str = ""
    instead: str = "run the rehearsal in a Debian virtual machine."
    packages: tuple[str, ...]
    excluded: tuple[str, ...] = EXCLUDED
    emptied: tuple[str, ...] = ()

    def mark(self, codename: str, architecture: str) -> str:
        """Name the way in which the image is made: another way makes another image."""
        parts = (codename, architecture, self.packages, self.excluded, *self.emptied)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def make(recipe: Recipe, hand: Hand, console: Console, *, install_missing: bool) -> Image:
    """Return the image of a recipe, made once and kept in the cache; raise RehearsalError where it cannot be made."""
    host = packages.distribution()
    codename, architecture = host.get("VERSION_CODENAME", ""), ARCHITECTURES.get(platform.machine(), "")
    folder = cache_folder() / "base" / f"{codename}-{recipe.mark(codename, architecture)}"
    if found := _kept(folder):
        return found
    if host.get("ID") not in ("debian", "ubuntu") or not codename or not architecture:
        raise RehearsalError(
            f"{recipe.reason}{recipe.name} can be made on Debian and Ubuntu only (x86_64, aarch64).", recipe.instead
        )
    if not shutil.which("mmdebstrap"):
        if not install_missing:
            raise RehearsalError(
                f"{recipe.reason}there is no mmdebstrap to make {recipe.name} with.",
                "`apt-get install mmdebstrap`, or start with --install-missing.",
            )
        packages.install(["mmdebstrap"], hand, console)
    with console.working(f"Making {recipe.name} of this machine's distribution") as work:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=hand.home.root, prefix="base-") as scratch:
            tar = Path(scratch) / "rootfs.tar"
            done = hand.run(
                ["env", f"TMPDIR={scratch}", *_mmdebstrap(recipe, codename, tar)],
                name="mmdebstrap",
                on_line=lambda line: work.update(line.text),
            )
            if done.code != 0:
                raise RehearsalError(
                    f"{recipe.name} could not be made: {' '.join(done.last(2))}",
                    f"check that the package sources in /etc/apt can be reached; all it said is in {done.log}.",
                )
            work.update("packing")
            made = _pack(tar, Path(scratch) / "image", architecture)
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
        found = _kept(folder)
        if found is None:
            raise RehearsalError(f"{folder} does not hold the image that was put there.", "look at that disk.")
        size = found.layer.stat().st_size / 1e6
        work.done(f"{recipe.name.split(' ', 1)[1]}: {host.get('ID')} {codename} with {recipe.holds}, {size:.0f} MB")
        return found


def _mmdebstrap(recipe: Recipe, codename: str, target: Path) -> list[str | Path]:
    words: list[str | Path] = ["mmdebstrap", "--mode=root", "--variant=essential"]
    words += [f"--include={','.join(recipe.packages)}"]
    words += [f"--dpkgopt=path-exclude={path}" for path in recipe.excluded]
    # What tools leave behind is not what a service needs, and differs from day to day.
    emptied = ("/var/cache", "/var/log", "/var/lib/apt/lists", *recipe.emptied)
    words += [f"--customize-hook=rm -rf {' '.join(f'$1{folder}/*' for folder in emptied)}"]
    return [*words, codename, target, *sources(codename)]


def sources(codename: str, apt: Path = Path("/etc/apt")) -> list[Path]:
    """Return this machine's package sources that speak of its own release; others may want keys that we do not have."""
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    return [file for file in files if file.suffix in (".list", ".sources") and _speaks_of(codename, file)]


def _speaks_of(codename: str, file: Path) -> bool:
    text = file.read_text(errors="replace") if file.is_file() else ""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    official = re.compile(rf"(/debian|/ubuntu)\S*.*\b{codename}\b", re.DOTALL)
    return bool(official.search("\n".join(lines)))


def _pack(tar: Path, folder: Path, architecture: str) -> Path:
    """Make the layer and the note about it; the note last, since a folder without one does not count."""
    folder.mkdir()
    layer, content, packed = folder / "layer.tar.gz", hashlib.sha256(), hashlib.sha256()
    # Level 1: the layer travels a few centimetres. No time stamp: the same content gives the same layer.
    with layer.open("wb") as target, gzip.GzipFile("", "wb", 1, target, mtime=0) as squeezed:
        for block in _blocks(tar):
            content.update(block)
            squeezed.write(block)
    for block in _blocks(layer):
        packed.update(block)
    note = {
        "layer": f"sha256:{packed.hexdigest()}",
        "content": f"sha256:{content.hexdigest()}",
        "architecture": architecture,
    }
    (folder / "image.json").write_text(json.dumps(note, indent=2) + "\n")
    return folder


def _kept(folder: Path) -> Image | None:
    try:
        note = json.loads((folder / "image.json").read_text())
        image = Image(folder / "layer.tar.gz", note["layer"], note["content"], note["architecture"])
        with gzip.open(image.layer) as layer:
            layer.read(1)
    except (OSError, ValueError, KeyError, zlib.error):
        return None
    return image if digest(image.layer.read_bytes()) == image.layer_digest else None


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block
