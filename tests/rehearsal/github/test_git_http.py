"""Clone, fetch and push with git itself."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process


def test_clone_change_push_and_read_back(hub: GitHub) -> None:
    folder = hub.clone()
    (folder / "app.py").write_text("print('hello')\n")
    hub.git("add", "app.py", folder=folder)
    hub.git("commit", "-qm", "Say hello", folder=folder)
    hub.git("push", "-q", "origin", "HEAD:main", "HEAD:feature/x", folder=folder)
    hub.git("tag", "-a", "v1", "-m", "First", folder=folder)
    hub.git("push", "-q", "origin", "v1", folder=folder)
    repo = hub.repository()
    assert repo.get_contents("app.py").decoded_content == b"print('hello')\n"  # type: ignore[union-attr]
    assert repo.get_branch("feature/x").commit.sha == hub.head()
    assert [tag.name for tag in repo.get_tags()] == ["v1"]
    hub.git("push", "-q", "origin", ":feature/x", folder=folder)
    assert [branch.name for branch in repo.get_branches()] == ["main"]


def test_who_may_not(hub: GitHub) -> None:
    hub.stored.private = True
    plain = f"http://127.0.0.1:{hub.world.port}/{hub.org}/shop.git"
    assert "could not read Username" in hub.git("clone", plain, "a", ok=False)
    assert "could not read Username" in hub.git("clone", plain.replace("shop", "none"), "a", ok=False)
    wrong = hub.git("clone", plain.replace("http://", "http://x:nope@"), "a", ok=False)
    assert "Authentication failed" in wrong
    hub.token("stranger", "ghp_stranger")
    missing = hub.git("clone", hub.address("ghp_stranger"), "a", ok=False)
    assert "remote: Repository not found." in missing
    hub.stored.collaborators["eve"] = "read"
    hub.token("eve", "ghp_eve")
    folder = hub.clone("ghp_eve")
    hub.git("commit", "-q", "--allow-empty", "-m", "x", folder=folder)
    assert "The requested URL returned error: 403" in hub.git("push", "origin", "HEAD:main", folder=folder, ok=False)


def test_anybody_may_clone_what_is_public(hub: GitHub) -> None:
    hub.git("clone", "-q", f"http://127.0.0.1:{hub.world.port}/{hub.org}/shop", "public")
    assert (hub.folder / "public" / "README.md").exists()
    hub.git("clone", "-q", "--depth", "1", hub.address(), "shallow")


def test_workflow_files_need_their_scope(hub: GitHub) -> None:
    hub.token(hub.ben, "ghp_plain", scopes=["repo"])
    folder = hub.clone("ghp_plain")
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".github" / "workflows" / "ci.yml").write_text("on: push\n")
    hub.git("add", ".", folder=folder)
    hub.git("commit", "-qm", "ci", folder=folder)
    refused = hub.git("push", "origin", "HEAD:main", folder=folder, ok=False)
    assert (
        "(refusing to allow a Personal Access Token to create or update workflow `.github/workflows/ci.yml` "
        "without `workflow` scope)"
    ) in refused
    hub.git("push", "-q", hub.address(f"ghp_{hub.ben}"), "HEAD:main", folder=folder)


def test_many_pushes_at_once_and_a_large_one(hub: GitHub) -> None:
    folder = hub.clone()
    (folder / "large").write_bytes(os.urandom(3_000_000))
    hub.git("add", ".", folder=folder)
    hub.git("commit", "-qm", "Large", folder=folder)
    hub.git("push", "-q", "origin", "HEAD:main", folder=folder)
    words = ["push", "-q", "origin"]
    with ThreadPoolExecutor(20) as pool:
        pushes = [pool.submit(hub.git, *words, f"HEAD:many/{number}", folder=folder) for number in range(20)]
    assert all(push.result() == "" for push in pushes)
    assert len(hub.stored.git.refs("refs/heads/many/")) == 20


def test_the_default_branch_stays(hub: GitHub) -> None:
    refused = hub.git("push", "origin", ":main", folder=hub.clone(), ok=False)
    assert "refusing to delete the current branch: refs/heads/main" in refused
