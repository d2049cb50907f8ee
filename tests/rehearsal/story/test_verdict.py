"""A story that was played to its end is not yet a good one: its numbers must be right."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.story.perform import verdict

GOOD: dict[str, Any] = {
    "failed_requests": 0,
    "failures": {},
    "lost": 0,
    "releases": [{"version": "1.2.0", "result": "refused", "requests_served_by_it": 0}],
    "plaintext_secrets": {"found": 0, "where": [], "leak_control": {"found": 1}},
}


def test_a_good_one() -> None:
    assert verdict(GOOD) == []
    assert verdict({**GOOD, "rollback_cold_seconds": 45.0, "rollback_warm_seconds": None}) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"failed_requests": 2, "failures": {"reset": 2}}, '2 requests failed {"reset": 2}'),
        ({"lost": 1}, "1 requests were sent and never counted"),
        (
            {"releases": [{"version": "1.2.0", "result": "refused", "requests_served_by_it": 3}]},
            "1.2.0 was refused, yet answered 3 requests",
        ),
        ({"rollback_cold_seconds": 45.1}, "rollback_cold_seconds is 45.1, more than 45"),
        ({"rollback_warm_seconds": 6.0}, "rollback_warm_seconds is 6, more than 5"),
        ({"rollback_now_seconds": 5.5}, "rollback_now_seconds is 5.5, more than 5"),
        (
            {"plaintext_secrets": {"found": 1, "where": ["passphrase: up.log"], "leak_control": {"found": 1}}},
            "secrets stand in plain text: passphrase: up.log",
        ),
        (
            {"plaintext_secrets": {"found": 0, "where": [], "leak_control": {"found": 0}}},
            "the search for secrets missed the one that was leaked on purpose",
        ),
    ],
)
def test_a_wrong_number_is_told(wrong: dict[str, Any], says: str) -> None:
    assert verdict({**GOOD, **wrong}) == [says]
