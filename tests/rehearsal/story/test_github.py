"""What the act on GitHub reads from the engine's rows, and from what its providers leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.command import Finished, Line
from rehearsal.story.acts.github import changes

PREVIEW = """\
 ~  github:index:RepositoryFile shared-files-deliver.yml update [diff: ~content]
    github:index:IssueLabel shared-label-drift
 +  github:index:Branch shared-files-branch create
    pulumi:pulumi:Stack shop-shared  3 messages
"""
UPDATE = """\
 ~  github:index:RepositoryFile shared-files-deliver.yml updating (0s) [diff: ~content]
 ~  github:index:RepositoryFile shared-files-deliver.yml updated (0.2s) [diff: ~content]
 +- github:index:Branch shared-files-branch replaced (0.1s)
 -  github:index:IssueLabel shared-label-old deleted (0.1s)
 +  github:index:IssueLabel shared-label-new creating (0s)
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PREVIEW, {"shared-files-deliver.yml": "update", "shared-files-branch": "create"}),
        (
            UPDATE,
            {"shared-files-deliver.yml": "update", "shared-files-branch": "replace", "shared-label-old": "delete"},
        ),
        ("Resources:\n    116 unchanged\n", {}),
    ],
)
def test_what_changes_is_read_from_previews_and_updates(text: str, found: dict[str, str]) -> None:
    lines = [Line(0.0, line) for line in text.splitlines()]
    assert changes(Finished("pulumi", 0, lines, 0.0, 1.0, Path("log"))) == found
