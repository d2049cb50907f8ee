"""The step that proposes production's release, run with git and with a `gh` that writes down what it is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workflows.support import ROOT, jobs, project, rendered
from workflows.rendering import PLACES

pytestmark = pytest.mark.process
PLAN = "3f9c1e2a77b0"
#: No pull request is open.
GH = """#!/bin/sh
echo "$@" >> "$ASKED"
while [ $# -gt 0 ]; do if [ "$1" = --body-file ]; then cp "$2" "$ASKED.body"; fi; shift; done
"""


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def checked_out(tmp_path: Path) -> Path:
    root = project(tmp_path / "shop", workflows={"approval": "pull_request"})
    (root / "workflows").symlink_to(ROOT / "workflows")
    git(tmp_path, "init", "-q", "--bare", "there.git")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "Pulumi.yaml", "Pulumi.production.yaml")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    return root


@pytest.mark.parametrize(
    ("file", "reason", "says"), [("deliver", None, False), ("operate", 'it sells: "$(id)"', True)], ids=str
)
def test_the_line_is_proposed_with_its_plan_and_reason(
    tmp_path: Path, checked_out: Path, file: str, reason: str | None, says: bool
) -> None:
    files = rendered(checked_out)
    script = jobs(files[PLACES[file]])["propose"]["steps"][-1]["run"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH)
    (tmp_path / "bin" / "gh").chmod(0o755)
    (tmp_path / "temp" / "plan").mkdir(parents=True)
    (tmp_path / "temp" / "plan" / "plan.md").write_text("- `~ Service api`\n")
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "ASKED": str(tmp_path / "asked"),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_SERVER_URL": "https://github.test",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_RUN_ID": "7",
        "GH_TOKEN": "t",
        "NAME": "1.8.0",
        "VERSION": "1.8.0",
        "PLAN": PLAN,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{tmp_path / 'there.git'}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://x-access-token:t@github.test/acme/shop",
        **({} if reason is None else {"REASON": reason}),
    }
    words = [shutil.which("bash") or "bash", "-eo", "pipefail", "-c", script]
    done = subprocess.run(words, cwd=checked_out, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    there = tmp_path / "there.git"
    assert f'shop:release: "1.8.0" # plan {PLAN}' in git(there, "show", "release-in-production:Pulumi.production.yaml")
    assert git(there, "diff", "--name-only", "release-in-production~1", "release-in-production") == (
        "Pulumi.production.yaml\n"
    )
    asked = (tmp_path / "asked").read_text()
    assert (
        f"pr create --head release-in-production --base main --title Release 1.8.0 in production, plan {PLAN}" in asked
    )
    assert "workflow run pull-request.yml --ref release-in-production" in asked
    body = (tmp_path / "asked.body").read_text()
    assert "- `~ Service api`" in body
    assert (f"Why: {reason}\n" in body) is says
