"""A rollout line: what it may say, what it means, and how a wrong one is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from delivery.strategy import Strategy, StrategyError, parse


def test_all_at_once() -> None:
    assert parse("all at once, bake 2m") == Strategy(kind="all_at_once", bake_minutes=2)


def test_canary() -> None:
    assert parse("canary 10% 5m, bake 10m") == Strategy(
        kind="canary", percent=10, interval_minutes=5, bake_minutes=10, warm_minutes=60
    )


def test_linear_with_hours_and_odd_spaces_and_capitals() -> None:
    assert parse("  Linear 25%  every 1h ,bake 90m, warm 2H") == Strategy(
        kind="linear", percent=25, interval_minutes=60, bake_minutes=90, warm_minutes=120
    )


@pytest.mark.parametrize(
    ("line", "shares", "shift_minutes", "blue_minutes"),
    [
        ("all at once", (100,), 0, 60),
        ("canary 10% 5m, bake 10m", (10, 100), 5, 70),
        ("linear 30% every 2m, warm 0m", (30, 60, 90, 100), 6, 0),
        ("linear 50% every 1m", (50, 100), 1, 60),
    ],
)
def test_what_it_means(line: str, shares: tuple[int, ...], shift_minutes: int, blue_minutes: int) -> None:
    strategy = parse(line)
    assert (strategy.shares, strategy.shift_minutes, strategy.blue_minutes) == (shares, shift_minutes, blue_minutes)


@pytest.mark.parametrize(
    ("line", "word", "position", "message"),
    [
        ("", "", 0, "expected `all` or `canary` or `linear`, got the end"),
        ("canari 10% 5m", "canari", 0, "expected `all` or `canary` or `linear`, got `canari`"),
        ("all at", "", 6, "expected `once`, got the end"),
        ("canary 110% 5m", "110%", 7, "expected a share such as 10% after `canary`, got `110%`"),
        ("canary 10% 5", "5", 11, "expected a time such as 5m or 1h after `canary`, got `5`"),
        ("linear 10% 1m", "1m", 11, "expected `every`, got `1m`"),
        ("all at once bake 2m", "bake", 12, "expected `, bake 10m`, `, warm 1h` or the end, got `bake`"),
        ("all at once, warm 1h, bake 2m", "bake", 22, "expected `, bake 10m`, `, warm 1h` or the end, got `bake`"),
        ("all at once,", ",", 11, "expected `, bake 10m`, `, warm 1h` or the end, got `,`"),
        ("all at once, bake", "", 17, "expected a time such as 5m or 1h after `bake`, got the end"),
        ("canary 0% 5m", "canary 0% 5m", 0, "canary: a share is 1% to 99%, got 0%"),
        ("canary 10% 0m", "canary 10% 0m", 0, "canary: an interval is at least 1m, got 0m"),
        (
            "all at once, bake 48h",
            "all at once, bake 48h",
            0,
            "bake and warm: together at most 48h, got 49h; AWS keeps the old tasks no longer",
        ),
        (
            "linear 1% every 1h",
            "linear 1% every 1h",
            0,
            "linear: the shift would take 99h; AWS allows 48h",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(line: str, word: str, position: int, message: str) -> None:
    with pytest.raises(StrategyError) as refused:
        parse(line)
    assert (refused.value.message, refused.value.word, refused.value.position) == (message, word, position)
    assert refused.value.fix.startswith("write it like `all at once, bake 2m`")


def test_all_at_once_has_no_share() -> None:
    with pytest.raises(StrategyError, match="neither a share nor an interval"):
        Strategy(kind="all_at_once", percent=10)


STRATEGIES = some.one_of(
    some.builds(
        Strategy, kind=some.just("all_at_once"), bake_minutes=some.integers(0, 500), warm_minutes=some.integers(0, 500)
    ),
    some.builds(
        Strategy,
        kind=some.sampled_from(["canary", "linear"]),
        percent=some.integers(1, 99),
        interval_minutes=some.integers(1, 29),
        bake_minutes=some.integers(0, 500),
        warm_minutes=some.integers(0, 500),
    ),
)


@given(STRATEGIES)
def test_a_description_is_read_back(strategy: Strategy) -> None:
    assert parse(strategy.describe()) == strategy


@given(STRATEGIES)
def test_shares_grow_to_all(strategy: Strategy) -> None:
    assert list(strategy.shares) == sorted(set(strategy.shares))
    assert strategy.shares[-1] == 100


WORDS = ["all", "at", "once", "canary", "linear", "every", "10%", "5m", "1h", "0m", ",", "bake", "warm", "x"]


@given(some.lists(some.sampled_from(WORDS), max_size=9).map(" ".join))
def test_any_line_is_read_or_refused_at_a_place_in_it(line: str) -> None:
    try:
        found = parse(line)
    except StrategyError as error:
        place = (error.word, error.position)
        assert line[place[1] :].startswith(place[0])
    else:
        assert parse(found.describe()) == found
