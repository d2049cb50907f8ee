"""actionlint, zizmor and the published schemas have nothing to say, whatever is asked for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workflows.linters import lint
from tests.workflows.support import ROOT, project, rendered, steps
from tests.workflows.test_files import KINDS, workflow_files
from workflows.writing import write

pytestmark = pytest.mark.process


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_there_is_nothing_to_say(tmp_path: Path, kind: str) -> None:
    files = rendered(project(tmp_path / "program", **KINDS[kind]))
    write(tmp_path / "out", files | rendered(tmp_path / "program", target="gitlab"))
    assert lint(tmp_path / "out") == []


@pytest.mark.timeout(300)
def test_there_is_nothing_to_say_about_a_program_in_a_subfolder(tmp_path: Path) -> None:
    root = project(tmp_path / "program", workflows={"frontend": "../web", "approval": "pull_request"})
    write(tmp_path / "out", rendered(root, "deploy/aws") | rendered(root, "deploy/aws", "gitlab"))
    assert lint(tmp_path / "out") == []


@pytest.mark.timeout(300)
def test_there_is_nothing_to_say_about_our_own() -> None:
    assert lint(ROOT / ".github") == []


@pytest.mark.timeout(300)
def test_the_linters_are_listened_to(tmp_path: Path) -> None:
    file = tmp_path / ".github" / "workflows" / "x.yml"
    file.parent.mkdir(parents=True)
    file.write_text("on: push\njobs: {a: {runs-on: nowhere, steps: [{run: 'echo ${{ github.head_ref }}'}]}}\n")
    said = lint(tmp_path)
    assert [text.partition(":")[0] for text in said] == ["actionlint", "zizmor", "check-jsonschema"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="scripts are bash")
@pytest.mark.parametrize("kind", KINDS)
def test_every_script_is_one(tmp_path: Path, kind: str) -> None:
    for path, text in workflow_files(rendered(project(tmp_path, **KINDS[kind]))).items():
        for job, step in steps(text):
            if "run" in step:
                read = subprocess.run(["bash", "-n"], input=step["run"], capture_output=True, text=True, check=False)
                assert (read.returncode, read.stderr) == (0, ""), f"{path}: {job}"


@pytest.mark.skipif(shutil.which("jq") is None, reason="the gate asks jq")
@pytest.mark.parametrize(
    ("results", "code"),
    [
        ('{"unit": {"result": "success"}, "preview": {"result": "skipped"}}', 0),
        ('{"unit": {"result": "success"}, "image": {"result": "failure"}}', 1),
        ('{"unit": {"result": "cancelled"}}', 1),
    ],
)
def test_the_gate_fails_where_anything_did(tmp_path: Path, results: str, code: int) -> None:
    gate = [
        step for job, step in steps(rendered(project(tmp_path))[".github/workflows/pull-request.yml"]) if job == "gate"
    ]
    run = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", gate[0]["run"]],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "RESULTS": results},
        check=False,
    )
    assert run.returncode == code
