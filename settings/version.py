"""What a release is called when nobody named it: by git, else by its content."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Folders that belong to tools and say nothing about what is built.
_IGNORED = {".git", ".venv", "__pycache__", "node_modules"}


@dataclass(frozen=True, slots=True)
class Version:
    """A release's name and where its source stands."""

    text: str
    """Such as `1.8.0`, or `1.8.0-3-g3f9c1e2` three commits later."""
    commit: str
    """The commit, forty hex digits; empty outside of git."""


def describe(contexts: Sequence[Path]) -> Version:
    """Name what is built from `contexts`, the folders of all services; the first one's repository counts.

    A tag on the commit is the version (`v1.8.0` and `1.8.0` both give `1.8.0`). Without tags it is `0.0.0-g<commit>`;
    with changes that are not committed it ends in a hash of the content; outside of git it is `0.0.0-<content>`.
    """
    content = content_hash(contexts)
    commit = _git(contexts[0], "rev-parse", "HEAD")
    if not commit:
        return Version(f"0.0.0-{content}", "")
    described = _git(contexts[0], "describe", "--tags", "--match", "v[0-9]*", "--match", "[0-9]*")
    text = re.sub(r"[^A-Za-z0-9_.-]", "-", described.removeprefix("v")) or f"0.0.0-g{commit[:7]}"
    changed = any(_git(context, "status", "--porcelain", "--", ".") for context in contexts)
    return Version(f"{text}-{content}" if changed else text, commit)


def content_hash(folders: Sequence[Path]) -> str:
    """Return eight hex digits that follow the files' names, contents and executable bits, and nothing else."""
    digest = hashlib.sha256()
    for folder in folders:
        files = (
            path for path in folder.rglob("*") if path.is_file() and not _IGNORED & set(path.relative_to(folder).parts)
        )
        for path in sorted(files):
            executable = bool(path.stat().st_mode & 0o100)
            digest.update(f"{path.relative_to(folder).as_posix()}\0{executable}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:8]


def _git(folder: Path, *words: str) -> str:
    """Return what git says, empty where it has nothing to say: no repository, no tag, no git."""
    try:
        said = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""
