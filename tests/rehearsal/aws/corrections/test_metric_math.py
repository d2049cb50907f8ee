"""Metric math."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.aws.corrections.metric_math import ExpressionError, evaluate, names

TIMES = (0.0, 60.0, 120.0)
SERIES = {
    "errors": {0.0: 1.0, 60.0: 0.0},
    "requests": {0.0: 10.0, 60.0: 0.0, 120.0: 4.0},
}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("errors", {0: 1, 60: 0}),
        ("errors + requests", {0: 11, 60: 0}),
        ("requests - 2 * 3", {0: 4, 60: -6, 120: -2}),
        ("(requests - 2) * 3", {0: 24, 60: -6, 120: 6}),
        ("-requests", {0: -10, 60: 0, 120: -4}),
        ("requests ^ 2", {0: 100, 60: 0, 120: 16}),
        ("100 * errors / requests", {0: 10}),
        ("requests > 4", {0: 1, 60: 0, 120: 0}),
        ("requests >= 4 AND requests < 10", {0: 0, 60: 0, 120: 1}),
        ("requests == 0 || requests != 4", {0: 1, 60: 1, 120: 0}),
        ("FILL(errors, 0)", {0: 1, 60: 0, 120: 0}),
        ("FILL(errors, requests)", {0: 1, 60: 0, 120: 4}),
        ("FILL(errors, REPEAT)", {0: 1, 60: 0, 120: 0}),
        ("IF(requests > 5, 100 * errors / requests, 0)", {0: 10, 60: 0, 120: 0}),
        ("IF(errors, requests, 7)", {0: 10, 60: 7}),
        ("IF(1, requests, 7)", {0: 10, 60: 0, 120: 4}),
        ("MAX(errors) * requests", {0: 10, 60: 0, 120: 4}),
        ("MAX(errors, requests)", {0: 10, 60: 0, 120: 4}),
        ("CEIL(requests / 3)", {0: 4, 60: 0, 120: 2}),
        ("ABS(0 - requests)", {0: 10, 60: 0, 120: 4}),
        ("1.5e1 - requests", {0: 5, 60: 15, 120: 11}),
    ],
)
def test_expressions(expression: Any, result: Any) -> None:
    assert evaluate(expression, SERIES, TIMES) == pytest.approx(result)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("latency", "'latency' is not the id of a metric"),
        ("errors +", "ends too early"),
        ("(errors", "expected '\\)'"),
        ("errors errors", "unexpected 'errors'"),
        ("ANOMALY_DETECTION_BAND(errors)", "is not emulated"),
        ("IF(errors, 1)", "IF takes a condition and two values"),
        ("errors ? 1", "cannot read"),
        ("1 + 1", "an alarm needs a series"),
    ],
)
def test_what_it_does_not_know_it_says(expression: Any, message: Any) -> None:
    with pytest.raises(ExpressionError, match=message):
        evaluate(expression, SERIES, TIMES)


def test_names_are_the_ids_that_an_expression_reads() -> None:
    assert names("IF(m1 > 10, 100 * FILL(e_2, 0) / m1, 0)") == {"m1", "e_2"}


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), st.floats(1, 1e3))
def test_a_product_undone_is_what_it_was(values: Any, factor: Any) -> None:
    series = {"m": dict(zip(TIMES, values, strict=True))}
    assert evaluate(f"m * {factor:.6f} / {factor:.6f}", series, TIMES) == pytest.approx(series["m"], abs=1e-6)
