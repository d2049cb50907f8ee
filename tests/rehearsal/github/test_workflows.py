"""Workflow files as GitHub reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.github import workflows
from rehearsal.github.git import Git, Person
from rehearsal.github.world import Repository

pytestmark = pytest.mark.process
ADA = Person("Ada", "ada@example.com", 1)


def stored(folder: Path, **files: str) -> tuple[Repository, str]:
    git = Git(folder / "r.git")
    git.create("main")
    paths = {f"{workflows.FOLDER}/{name}.yml": content for name, content in files.items()}
    tree = git.write_tree(None, [("100644", path, git.write_blob(text.encode())) for path, text in paths.items()])
    repo = Repository(1, "o", "r", False, "main", 0, git)
    return repo, git.write_commit(tree, [], "m", ADA, ADA)


@pytest.mark.parametrize(
    ("text", "triggers"),
    [
        ("on: push", {"push": None}),
        ("on: [push, pull_request]", {"push": None, "pull_request": None}),
        ("'on': {push: {branches: [main]}}", {"push": {"branches": ["main"]}}),
        ("name: none", {}),
    ],
)
def test_triggers(tmp_path: Path, text: str, triggers: object) -> None:
    repo, sha = stored(tmp_path, ci=text)
    found = workflows.read(repo, sha, f"{workflows.FOLDER}/ci.yml")
    assert found is not None
    assert found.triggers == triggers


def test_jobs_and_their_environments(tmp_path: Path) -> None:
    jobs = """
jobs:
  a: {environment: "${{ inputs.where }}"}
  b: {needs: a, environment: {name: "${{github.event.inputs.where}}-eu", deployment: false}}
  c: {needs: [a, b], name: Gate}
"""
    repo, sha = stored(tmp_path, ci=f"on: push{jobs}")
    (found,) = workflows.every(repo, sha)
    inputs = {"where": "staging"}
    a, b, c = found.jobs({"inputs": inputs, "github": {"event": {"inputs": inputs}}})
    assert (a.environment, a.deploys, a.needs) == ("staging", True, ())
    assert (b.environment, b.deploys, b.needs) == ("staging-eu", False, ("a",))
    assert (c.environment, c.name, c.needs) == (None, "Gate", ("a", "b"))


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    repo, sha = stored(tmp_path, bad="on: [", text="just words")
    assert workflows.every(repo, sha) == []
