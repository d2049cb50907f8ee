"""Branches, asked of real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ops import branches

pytestmark = pytest.mark.process


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of a branch that nobody has pushed yet."""
    git(tmp_path, "init", "--bare", "-b", "main", "hub.git")
    git(tmp_path, "init", "-b", "feature/warmer", "work")
    work = tmp_path / "work"
    git(work, "commit", "--allow-empty", "-m", "first")
    git(work, "remote", "add", "origin", str(tmp_path / "hub.git"))
    return work


def test_a_branch_counts_from_when_it_is_pushed_until_it_is_deleted(checkout: Path) -> None:
    assert (branches.pushed(checkout), branches.remote(checkout)) == ("", frozenset())
    git(checkout, "push", "origin", "feature/warmer")
    assert branches.pushed(checkout) == "feature/warmer"
    assert branches.remote(checkout) == frozenset({"feature/warmer"})
    git(checkout, "push", "origin", ":feature/warmer")
    assert (branches.pushed(checkout), branches.remote(checkout)) == ("", frozenset())


def test_what_cannot_be_asked_is_not_gone(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "remote", "set-url", "origin", str(tmp_path / "elsewhere.git"))
    assert (branches.pushed(checkout), branches.remote(checkout)) == ("", None)
    assert branches.remote(tmp_path) is None
    git(checkout, "checkout", "--detach")
    assert branches.pushed(checkout) == ""
