"""Looks for planted secrets where none may be in plain text: state, logs, previews, records.

A search that finds nothing proves nothing unless it would have found something: a secret is leaked on purpose into a
copy of a log, and must be found there.
"""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


@dataclass(frozen=True)
class Leak:
    """A secret in plain text, or in what any reader can undo, and where it stands."""

    name: str
    path: Path


@dataclass(frozen=True)
class Search:
    """What was looked for, where, and what was found."""

    planted: int
    files: int
    leaks: tuple[Leak, ...]
    control_found: int
    """How many of the one secret that was leaked on purpose were found."""

    def told(self) -> dict[str, object]:
        """Return the search as the report shows it."""
        return {
            "planted": self.planted,
            "files_searched": self.files,
            "found": len(self.leaks),
            "where": [f"{leak.name}: {leak.path.name}" for leak in self.leaks],
            "leak_control": {"planted": 1, "found": self.control_found},
        }


def search(secrets: Mapping[str, str], places: Iterable[Path], scratch: Path) -> Search:
    """Search files and folders for secrets; `scratch` is a folder for the copy with the leak on purpose."""
    files = sorted(set(_files(places)))
    leaks = tuple(found(secrets, files))
    with tempfile.TemporaryDirectory(dir=scratch, prefix="leak-control-") as folder:
        copy = Path(folder) / "log"
        if files:
            shutil.copy(files[0], copy)
        name, value = next(iter(secrets.items()))
        with copy.open("a") as log:
            log.write(f"\nDEBUG connecting with {value} at debug level\n")
        control = len(list(found({name: value}, [copy])))
    return Search(len(secrets), len(files), leaks, control)


def found(secrets: Mapping[str, str], files: Iterable[Path]) -> Iterator[Leak]:
    """Return each secret with each file that it stands in, in any of the forms in which text travels."""
    forms = {name: variants(value) for name, value in secrets.items()}
    for path in files:
        content = path.read_bytes()
        for name, looks in forms.items():
            if any(look in content for look in looks):
                yield Leak(name, path)


def variants(secret: str) -> set[bytes]:
    """Return the forms in which a secret may stand somewhere: plain, in JSON, in a URL, in base64 at any offset."""
    raw = secret.encode()
    forms = {raw, json.dumps(secret)[1:-1].encode(), quote(secret, safe="").encode()}
    for offset in range(3):
        # Base64 works on groups of three bytes: the same text looks different at each offset; its edges depend on
        # its neighbours and are left away.
        encoded = base64.b64encode(b"\0" * offset + raw)
        start = 0 if offset == 0 else 4
        forms.add(encoded[start : len(encoded) - 4])
    return {form for form in forms if len(form) >= 8}


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            yield from (path for path in place.rglob("*") if path.is_file() and not path.is_symlink())
        elif place.is_file():
            yield place
