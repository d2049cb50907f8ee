"""Into a repository: never over a file that is somebody else's; and the command that does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflows.support import ROOT, project, rendered
from workflows import WorkflowError
from workflows.__main__ import main
from workflows.rendering import PLACES
from workflows.writing import left_over, stale, write

OURS = "# Written by `./slipway render` from x\n"


def test_this_repositorys_own_files_are_what_is_rendered() -> None:
    wanted = rendered(ROOT)
    assert stale(ROOT, wanted) == [], "`./slipway render` writes them anew"
    assert left_over(ROOT, wanted) == []


def test_what_differs_is_written_and_nothing_else(tmp_path: Path) -> None:
    wanted = {"a/b.yml": OURS + "x: 1\n", "c.yml": OURS}
    assert stale(tmp_path, wanted) == ["a/b.yml: is missing", "c.yml: is missing"]
    assert write(tmp_path, wanted) == ["a/b.yml", "c.yml"]
    assert stale(tmp_path, wanted) == []
    assert write(tmp_path, wanted) == []
    assert write(tmp_path, wanted | {"c.yml": OURS + "y: 2\n"}) == ["c.yml"]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["b.yml", "c.yml"]


def test_a_file_that_is_somebody_elses_stays_and_so_does_the_rest(tmp_path: Path) -> None:
    deliver, operate = PLACES["deliver"], PLACES["operate"]
    (tmp_path / deliver).parent.mkdir(parents=True)
    (tmp_path / deliver).write_text("name: mine\n# Written by `./slipway render`? No.\n")
    wanted = {deliver: OURS, operate: OURS}
    with pytest.raises(WorkflowError) as caught:
        write(tmp_path, wanted)
    assert caught.value.message == f"{deliver} in {tmp_path}: was not written by Slipway, and nothing was"
    assert caught.value.fix == (
        "move it away; or `./slipway render --only operate` renders the others; "
        "or leave it out of `workflows.files` for good"
    )
    assert not (tmp_path / operate).exists()
    assert stale(tmp_path, wanted) == [f"{deliver}: is somebody else's", f"{operate}: is missing"]


def test_files_that_are_not_rendered_any_more_are_named(tmp_path: Path) -> None:
    write(tmp_path, {PLACES["release"]: OURS, PLACES["deliver"]: OURS})
    assert left_over(tmp_path, {PLACES["deliver"]: OURS}) == [PLACES["release"]]


def test_the_command_writes_and_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project(tmp_path / "shop" / "infra", services={"api": {"build": "../backend", "port": 8000}})
    out = str(tmp_path / "shop")
    monkeypatch.chdir(root)
    assert main(["--out", out, "--check", "--only", "deliver"]) == 1
    assert capsys.readouterr().err == (
        "Error: .github/workflows/deliver.yml: is missing\nFix:   `./slipway render` writes them anew\n"
    )
    assert main(["--out", out]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"6 files are as rendered, in {out}"
    assert main(["--out", out, "--check"]) == 0
    # Where the program lies was found out.
    assert "working-directory: infra" in (tmp_path / "shop" / PLACES["deliver"]).read_text()
    (tmp_path / "shop" / PLACES["deliver"]).write_text(OURS)
    (tmp_path / "shop" / ".gitlab-ci.yml").write_text(OURS)
    assert main(["--out", out, "--check"]) == 1
    assert capsys.readouterr().err == (
        "Error: .github/workflows/deliver.yml: is stale; .gitlab-ci.yml: is not rendered any more: delete it\n"
        "Fix:   `./slipway render` writes them anew\n"
    )


def test_the_command_wants_to_know_where_the_program_will_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project(tmp_path / "program"))
    other = str(tmp_path / "other")
    assert main(["--out", other]) == 2
    assert f"--program-in: say where in {other} the program will lie; `.` is its top" in capsys.readouterr().err
    assert main(["--out", other, "--program-in", "deploy/", "--only", "operate"]) == 0
    assert [path.name for path in (tmp_path / "other").rglob("*.yml")] == ["operate.yml"]
    assert "working-directory: deploy" in (tmp_path / "other" / PLACES["operate"]).read_text()


@pytest.mark.parametrize(
    "words", [["--only", "delivery"], ["--target", "jenkins"], ["--target", "gitlab", "--only", "deliver"], ["there"]]
)
def test_wrong_usage_is_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2


def test_wrong_settings_are_told_as_an_update_tells_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project(tmp_path, workflows={"approval": "someone"}))
    assert main(["--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: A setting of stack 'staging' is wrong; nothing was touched.\n")
    assert "workflows.approval: must be one of reviewers, pull_request, none, got someone" in said
