"""The files of the repository around a program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.workflows.support import project, rendered
from workflows import repository_files
from workflows.around import top

pytestmark = pytest.mark.process


def test_they_are_those_that_the_command_writes(tmp_path: Path) -> None:
    alone = project(tmp_path / "alone")
    assert top(alone) == alone
    assert repository_files(alone) == rendered(alone)
    inside = project(tmp_path / "repository" / "infra")
    subprocess.run(["git", "init", "--quiet", str(inside.parent)], check=True)
    assert top(inside) == inside.parent
    assert repository_files(inside) == rendered(inside, folder="infra")
