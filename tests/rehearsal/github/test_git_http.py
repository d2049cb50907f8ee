"""Clone, fetch and push with git itself."""

from __future__ import annotations

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
