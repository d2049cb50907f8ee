"""What the test command leaves for pull requests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workflows.steps.results import coverage, junit

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.process


def asked(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100
    )


def test_reports_hold_every_test_and_the_lines_that_ran(tmp_path: Path) -> None:
    (tmp_path / "unit-2.xml").write_text("<testsuite><testcase name='of an earlier run'/></testsuite>")
    done = asked("--unit", "--reports", str(tmp_path), "--", "tests/delivery/test_strategy.py")
    assert done.returncode == 0, done.stdout + done.stderr
    found = junit(tmp_path)
    assert found.tests > 10
    assert found.failed == []
    assert str(found.tests) in done.stdout
    covered = coverage(tmp_path / "coverage.xml")
    assert covered is not None
    assert 0 < covered < 50  # of all rooms, by the tests of one module


def test_what_fails_fails_although_it_was_measured(tmp_path: Path) -> None:
    wrong = tmp_path / "test_wrong.py"
    wrong.write_text("from delivery.strategy import Strategy\n\ndef test_it():\n    assert not Strategy\n")
    done = asked("--unit", "--reports", str(tmp_path), "--", str(wrong), "tests/delivery/test_strategy.py")
    assert done.returncode == 1, done.stdout + done.stderr
    assert [name for name, _ in junit(tmp_path).failed] == ["test_it"]
    assert (tmp_path / "coverage.xml").is_file()


def test_reports_are_of_the_fast_tests() -> None:
    done = asked("--check", "--reports", "reports")
    assert done.returncode == 2
    assert "--reports goes with --unit" in done.stderr
