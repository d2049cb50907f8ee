"""Merge, approval, production, the way back: by the workflows' own steps, in the roles of their jobs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PORT = 4880
PATIENCE = 40 * 60
pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(PATIENCE + 60)]


def test_the_workflows_own_steps_deliver_and_go_back(tmp_path: Path) -> None:
    words = [sys.executable, str(CHECKOUT / "slipway"), "scene", "delivery", "--port", str(PORT)]
    words += ["--report", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    report = json.loads((tmp_path / "rehearsal-report.json").read_text())
    for part in (
        "from nothing, by the steps of deliver.yml",
        "it would have been another: nothing was touched",
        "asked again, ben approves plan",
        "is back at 1.0.0, by the steps of the job `back-production`",
    ):
        assert any(part in found for found in report["findings"]), part
    assert report["requests"] > 0
    assert report["failed_requests"] == 0
