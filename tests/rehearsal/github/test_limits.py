"""The hour of a token, and trouble on demand."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.github.errors import Refused
from rehearsal.github.limits import Limits, Trouble
from rehearsal.github.world import Token

TOKEN = Token("t", "ada")


def test_an_hour_is_counted_and_begins_again() -> None:
    clock = ManualClock(1000)
    limits = Limits(clock, per_hour=2)
    limits.take(TOKEN, 7)
    limits.take(TOKEN, 7)
    assert limits.headers(TOKEN)["X-RateLimit-Remaining"] == "0"
    with pytest.raises(Refused) as refused:
        limits.take(TOKEN, 7)
    assert (refused.value.status, refused.value.message) == (403, "API rate limit exceeded for user ID 7.")
    limits.take(None, None)
    clock.advance(3601)
    limits.take(TOKEN, 7)
    assert limits.headers(TOKEN)["X-RateLimit-Used"] == "1"


def test_what_is_left_can_be_set() -> None:
    limits = Limits(ManualClock(1000))
    limits.leave(TOKEN, 1, 30)
    assert limits.headers(TOKEN) | {"X-RateLimit-Reset": "1030", "X-RateLimit-Remaining": "1"} == limits.headers(TOKEN)
    limits.take(TOKEN, 1)
    limits.give_back(TOKEN)
    limits.take(TOKEN, 1)
    with pytest.raises(Refused):
        limits.take(TOKEN, 1)


def test_trouble_strikes_what_it_names_as_often_as_it_says() -> None:
    limits = Limits(ManualClock())
    limits.troubles.append(
        Trouble.of({"path": "/contents/", "method": "PUT", "status": 429, "times": 1, "retry_after": 3})
    )
    limits.strike("GET", "/contents/a")
    limits.strike("PUT", "/labels")
    with pytest.raises(Refused) as refused:
        limits.strike("PUT", "/contents/a")
    assert refused.value.status == 429
    assert refused.value.headers == {"Retry-After": "3"}
    assert refused.value.message.startswith("You have exceeded a secondary rate limit.")
    limits.strike("PUT", "/contents/a")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"status": 200}, "status is a number from 400 to 599, got 200"),
        ({"times": -1}, "times is a whole number, got -1"),
        ({"path": "("}, "path is a regular expression"),
        ({"staus": 500}, "unknown: staus"),
    ],
)
def test_wishes_that_are_refused(wish: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Trouble.of(wish)
