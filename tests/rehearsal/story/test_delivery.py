"""What the act on whole deliveries reads from logs, whoever has played the steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rehearsal.story.acts.delivery import refusals

SAID = "the plan for production is de13ec53c5df by now, and 0b89d3889ec1 was approved: nothing was touched"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("058-production-release-what-was-approved.log", f"What differs:\n  x\nError: {SAID}\nFix:   ask again\n"),
        ("059-act-production.log", json.dumps({"level": "info", "msg": f"Error: {SAID}\nFix", "jobID": "production"})),
    ],
    ids=["by a step", "by act"],
)
def test_a_plan_that_was_refused_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "060-staging-release.log").write_text(SAID)
    assert refusals(tmp_path, "0b89d3889ec1") == [SAID]
    assert refusals(tmp_path, "de13ec53c5df") == []
