"""Expressions as GitHub reads them."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.github.expressions import ExpressionError, evaluate, filled, holds

CONTEXT: dict[str, Any] = {
    "github": {"event_name": "push", "ref": "refs/heads/main", "event": {"inputs": {"where": "moon"}}},
    "inputs": {"what": "rollback", "release": ""},
    "needs": {"a": {"result": "success", "outputs": {"code": "true"}}, "b": {"result": "skipped", "outputs": {}}},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.event_name == 'PUSH'", True),
        ("github.event_name != 'push'", False),
        ("inputs.what == 'rollback' && inputs.release != 'x'", True),
        ("inputs.release || 'none'", "none"),
        ("inputs.what && 'yes' || 'no'", "yes"),
        ("!inputs.release", True),
        ("needs.a.outputs.code == 'true'", True),
        ("needs.a.outputs['code']", "true"),
        ("needs.c.outputs.code", None),
        ("needs.*.result", ["success", "skipped"]),
        ("contains(needs.*.result, 'skipped')", True),
        ("startsWith(github.ref, 'refs/heads/')", True),
        ("endsWith(github.ref, 'MAIN')", True),
        ("format('{0}-{1}', 'a', 2)", "a-2"),
        ("fromJSON('[1, 2]')[1]", 2),
        ("(1 < 2) == true", True),
        ("'1' == 1", True),
        ("null == 0", True),
        ("'it''s'", "it's"),
        ("true && (false || !false)", True),
    ],
)
def test_values(text: str, value: object) -> None:
    assert evaluate(text, CONTEXT) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("secret.x", "Unrecognized named-value: 'secret'"),
        ("hash('x')", "Unrecognized function: 'hash'"),
        ("github.ref ==", "Unexpected end"),
        ("github.ref github", "Unexpected symbol: 'github'"),
        ("github # ref", "Unexpected symbol: '# ref'"),
    ],
)
def test_what_cannot_be_read(text: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        evaluate(text, CONTEXT)


def test_texts_are_filled_with_what_is_known() -> None:
    assert filled("to ${{ github.event.inputs.where }}${{inputs.release}}, ${{ matrix.x }}", CONTEXT) == (
        "to moon, ${{ matrix.x }}"
    )
    assert filled("${{ needs.a }}", CONTEXT) == '{"result": "success", "outputs": {"code": "true"}}'
    assert filled("${{ true }} ${{ 3 }} ${{ 1.5 }}", {}) == "true 3 1.5"


@pytest.mark.parametrize(
    ("condition", "success", "cancelled", "runs"),
    [
        (True, True, False, True),
        (True, False, False, False),
        (False, True, False, False),
        ("inputs.what == 'rollback'", True, False, True),
        ("inputs.what == 'rollback'", False, False, False),
        ("always()", False, True, True),
        ("${{ !cancelled() && needs.b.result != 'skipped' }}", True, False, False),
        ("${{ !cancelled() }}", False, False, True),
        ("failure()", False, False, True),
        ("${{ inputs.what }}-${{ inputs.release }}", True, False, True),
    ],
)
def test_conditions(condition: object, success: bool, cancelled: bool, runs: bool) -> None:
    functions = {
        "always": lambda: True,
        "success": lambda: success,
        "failure": lambda: not success,
        "cancelled": lambda: cancelled,
    }
    assert holds(condition, CONTEXT, functions) is runs
