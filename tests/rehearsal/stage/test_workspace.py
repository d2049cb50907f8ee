"""The rehearsed project is the shipped program by links, with settings and an application of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.stage.workspace import CHECKOUT, Project, lay_out

PROJECT = """\
name: market
config:
  services:
    default:
      worker: {build: jobs}
      web: {build: site, port: 3000}
"""
STAGING = 'config:\n  aws:region: eu-west-1\n  market:account: "210987654321"\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    for name in ("components", "tests", ".git", "example", ".venv", "__pycache__", ".mypy_cache"):
        (folder / name).mkdir(parents=True)
    for name, text in (
        ("Pulumi.yaml", PROJECT),
        ("Pulumi.staging.yaml", STAGING),
        ("__main__.py", ""),
        ("slipway", ""),
    ):
        (folder / name).write_text(text)
    return folder


def test_links_for_the_program_copies_for_the_settings(checkout: Path, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    lay_out(folder, checkout)
    links = sorted(entry.name for entry in folder.iterdir() if entry.is_symlink())
    copies = sorted(entry.name for entry in folder.iterdir() if not entry.is_symlink())
    assert links == [".venv", "__main__.py", "components", "slipway"]
    assert copies == ["Pulumi.staging.yaml", "Pulumi.yaml"]
    (folder / "Pulumi.staging.yaml").write_text("changed by pulumi config set")
    assert (checkout / "Pulumi.staging.yaml").read_text() == STAGING


def test_what_the_projects_files_say(checkout: Path) -> None:
    project = Project.read(checkout)
    assert (project.name, project.account, project.region) == ("market", "210987654321", "eu-west-1")
    assert (project.service, project.context) == ("web", "site")


def test_a_project_without_a_door_cannot_be_rehearsed(checkout: Path) -> None:
    (checkout / "Pulumi.yaml").write_text(PROJECT.replace(", port: 3000", ""))
    with pytest.raises(RehearsalError, match="no service with a port"):
        Project.read(checkout)


def test_a_file_that_cannot_be_read_is_named(checkout: Path) -> None:
    (checkout / "Pulumi.staging.yaml").write_text("config: [")
    with pytest.raises(RehearsalError, match=r"Pulumi\.staging\.yaml cannot be read"):
        Project.read(checkout)


def test_the_shipped_project_can_be_rehearsed() -> None:
    project = Project.read(CHECKOUT)
    assert len(project.account) == 12
    assert (CHECKOUT / project.context / "Dockerfile").is_file()
