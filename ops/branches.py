"""Branches: which one a checkout is on, and which ones there still are where it is pushed to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_PATIENCE_SECONDS = 30.0
_REMOTE = "origin"
_HEADS = "refs/heads/"


def pushed(folder: Path) -> str:
    """Return the branch of a checkout; empty where there is none, or `origin` does not have it (yet)."""
    branch = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    return branch if branch and branch in (remote(folder) or ()) else ""


def remote(folder: Path) -> frozenset[str] | None:
    """Return the branches of `origin`; None where it cannot be asked."""
    said = _git(folder, "ls-remote", "--heads", _REMOTE)
    if said is None:
        return None
    refs = (line.partition("\t")[2] for line in said.splitlines())
    return frozenset(ref.removeprefix(_HEADS) for ref in refs if ref.startswith(_HEADS))


def _git(folder: Path, *words: str) -> str | None:
    """Return what git says; None where it fails, would have to ask somebody, or says nothing in time."""
    # Nobody is asked for a password, by git or by ssh: this also runs on a schedule.
    silent = {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes", **os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
            env=silent,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
