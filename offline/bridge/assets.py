"""Assets and archives: files that travel with properties, put where a Terraform provider reads them.

A file is named by the engine's hash of its content. The provider's working directory holds them, so that its state
carries a bare name, the same on every machine: another cache folder changes nothing.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline.errors import OfflineError

#: The time written into archives: the earliest that the format can tell.
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Asset:
    """One file, as the engine sent it: its hash, and its text or path."""

    fields: dict[str, Any]

    @property
    def name(self) -> str:
        """The file's name in the provider's working directory."""
        return str(self.fields["hash"])

    def content(self) -> bytes:
        """Return what is in it; OfflineError for one to be downloaded."""
        if self.fields.get("text") is not None:
            return str(self.fields["text"]).encode()
        if path := self.fields.get("path"):
            return Path(path).read_bytes()
        raise OfflineError(
            f"an asset comes from {self.fields.get('uri') or 'nowhere'}, and the offline bridge fetches nothing.",
            "use a FileAsset or a StringAsset.",
        )

    def has_content(self) -> bool:
        """Whether the engine sent more than the hash, which is all that it sends where it asks for a comparison."""
        return any(self.fields.get(kind) is not None for kind in ("text", "path", "uri", "assets"))

    def place(self, folder: Path) -> str:
        """Put the file into `folder` if it is not there; return its name."""
        file = folder / self.name
        if self.has_content() and not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f"{file.name}.{os.getpid()}")
            draft.write_bytes(self.content())
            draft.rename(file)
        return file.name


class Archive(Asset):
    """Several files, as a zip archive that depends on their names and contents alone."""

    @property
    def name(self) -> str:
        """The file's name in the provider's working directory."""
        return f"{self.fields['hash']}.zip"

    def content(self) -> bytes:
        """Return the zip archive; one that is given as a file is taken as it is."""
        path = self.fields.get("path")
        if path and Path(path).is_file():
            return Path(path).read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content, executable in sorted(self.entries()):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if executable else 0o644) << 16
                made.writestr(entry, content)
        return packed.getvalue()

    def entries(self) -> Iterator[tuple[str, bytes, bool]]:
        """Yield name, content and whether it is executable, for each file."""
        if (members := self.fields.get("assets")) is not None:
            for name, member in members.items():
                if isinstance(member, Archive):
                    yield from ((f"{name}/{inner}", content, flag) for inner, content, flag in member.entries())
                else:
                    path = member.fields.get("path")
                    yield name, member.content(), bool(path) and os.access(path, os.X_OK)
        elif path := self.fields.get("path"):
            yield from _files(Path(path))
        else:
            super().content()


def _files(path: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Every file of a folder, or of a zip archive inside another."""
    if path.is_file():
        with zipfile.ZipFile(path) as packed:
            for entry in packed.infolist():
                if not entry.is_dir():
                    yield entry.filename, packed.read(entry), bool(entry.external_attr >> 16 & 0o100)
        return
    for file in path.rglob("*"):
        if file.is_file():
            yield file.relative_to(path).as_posix(), file.read_bytes(), os.access(file, os.X_OK)
