"""What all corrections have in common."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[4] / "rehearsal" / "aws" / "corrections"
HELPERS = {"__init__", "binding", "metric_math", "elb_targets"}
CORRECTIONS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in HELPERS)


@pytest.mark.parametrize("name", CORRECTIONS)
def test_it_says_what_aws_does_and_what_ministack_does(name: Any) -> None:
    text = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text()))
    assert text is not None
    assert "AWS" in text
    assert "MiniStack 1.5.33" in text


@pytest.mark.parametrize("name", CORRECTIONS)
def test_it_has_a_test_that_shows_the_defect(name: Any) -> None:
    test = Path(__file__).parent / f"test_{name}.py"
    assert "def test_stock_ministack" in test.read_text()
