from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from offline import __main__ as cli
from offline.engine.doctor import Finding
from offline.engine.parts import PARTS
from offline.errors import OfflineError


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path))


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.cli, words)
    return result.exit_code, result.output


def test_parts_that_are_not_there_are_told_too() -> None:
    code, output = run("parts", "--json")
    rows = json.loads(output)
    assert code == 0
    assert [row["part"] for row in rows] == list(PARTS)
    assert {row["path"] for row in rows} == {None}
    assert rows[0]["origin"] == "Go module github.com/pulumi/pulumi/pkg/v3 v3.255.0"
    assert "not installed" in run("parts")[1]


def test_the_environment_comes_for_shells_and_as_json(tmp_path: Path) -> None:
    assert f"export PULUMI_HOME={tmp_path}/pulumi\n" in run("env")[1]
    assert json.loads(run("env", "--json")[1])["PULUMI_HOME"] == f"{tmp_path}/pulumi"


def test_only_the_parts_asked_for_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(cli, "install_parts", lambda parts, *_: asked.extend(part.name for part in parts))
    assert run("install", "--parts", "aws, buildkit")[0] == 0
    assert asked == ["aws", "buildkit"]


def test_a_part_that_there_is_not_is_wrong_usage() -> None:
    code, output = run("install", "--parts", "engin")
    assert code == 2
    assert "no part engin; there are engine, docker-build, buildkit, aws, github." in output


def test_a_failure_is_a_sentence_and_the_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise OfflineError("the disk is full.", "free some space.")

    monkeypatch.setattr(cli.cli, "main", failing)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Error: the disk is full.\nFix:   free some space.\n"


def test_the_doctor_fails_when_something_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = [Finding(True, "disk: enough"), Finding(False, "Go: none on PATH", "install Go.")]
    monkeypatch.setattr("offline.engine.doctor.examine", lambda _: findings)
    code, output = run("doctor")
    assert code == 1
    assert output == "ok    disk: enough\nMISS  Go: none on PATH\n      Fix: install Go.\n"


def test_stopping_says_how_many_were_ended() -> None:
    assert run("stop") == (0, "0 provider processes ended.\n")
