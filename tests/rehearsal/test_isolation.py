"""Who may do what, played: the roles that the program declares, in one account and in two."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PORT = 4840
PATIENCE = 20 * 60
pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(PATIENCE + 60)]


def test_every_role_does_what_it_may_and_no_more(tmp_path: Path) -> None:
    words = [sys.executable, str(CHECKOUT / "slipway"), "scene", "isolation", "--port", str(PORT)]
    words += ["--report", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    findings = json.loads((tmp_path / "rehearsal-report.json").read_text())["findings"]
    for who in ("staging", "staging-preview", "production", "production-rollback"):
        assert any(found.startswith(f"{who}, one account: ") for found in findings), who
    assert any(found.startswith("a role that staging's deployment made: ") for found in findings)
    assert any(found.startswith("production, in an account of its own: ") for found in findings)
