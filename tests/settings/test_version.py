"""A release gets its name from git, or from what is in it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from settings.version import content_hash, describe

pytestmark = pytest.mark.process


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A build context outside of git."""
    folder = tmp_path / "backend"
    folder.mkdir()
    (folder / "app.py").write_text("print('hello')\n")
    return folder


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(context: Path) -> Path:
    """A build context that is committed."""
    git(context, "init", "--quiet")
    git(context, "add", ".")
    git(context, "commit", "--quiet", "-m", "one")
    return context


def test_outside_of_git_the_content_names_it(context: Path) -> None:
    version = describe([context])
    assert (version.text, version.commit) == (f"0.0.0-{content_hash([context])}", "")


def test_a_tag_names_it(repository: Path) -> None:
    git(repository, "tag", "v1.8.0")
    version = describe([repository])
    assert (version.text, version.commit) == ("1.8.0", git(repository, "rev-parse", "HEAD"))


def test_commits_after_a_tag_are_counted(repository: Path) -> None:
    git(repository, "tag", "1.8.0")
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "two")
    assert describe([repository]).text == f"1.8.0-1-g{git(repository, 'rev-parse', '--short', 'HEAD')}"


def test_without_a_tag_the_commit_names_it(repository: Path) -> None:
    git(repository, "tag", "not-a-version")
    assert describe([repository]).text == f"0.0.0-g{git(repository, 'rev-parse', 'HEAD')[:7]}"


def test_changes_that_are_not_committed_have_a_name_of_their_own(repository: Path) -> None:
    git(repository, "tag", "1.8.0")
    (repository / "app.py").write_text("print('changed')\n")
    first = describe([repository]).text
    (repository / "app.py").write_text("print('changed again')\n")
    second = describe([repository]).text
    assert first == f"1.8.0-{first.removeprefix('1.8.0-')}"
    assert len({"1.8.0", first, second}) == 3


def test_changes_beside_the_context_do_not_count(repository: Path) -> None:
    git(repository, "tag", "1.8.0")
    (repository / "inner").mkdir()
    (repository / "inner" / "app.py").touch()
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "two")
    git(repository, "tag", "1.9.0")
    (repository / "app.py").write_text("changed")
    assert describe([repository / "inner"]).text == "1.9.0"


def test_without_git_the_content_names_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert describe([repository]).text == f"0.0.0-{content_hash([repository])}"


def test_the_content_is_names_bytes_and_executable_bits(context: Path) -> None:
    before = content_hash([context])
    (context / "app.py").touch()
    (context / "__pycache__").mkdir()
    (context / "__pycache__" / "app.pyc").touch()
    assert content_hash([context]) == before
    (context / "app.py").chmod(0o755)
    executable = content_hash([context])
    (context / "app.py").rename(context / "main.py")
    assert len({before, executable, content_hash([context])}) == 3
