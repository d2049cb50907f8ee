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


#: What people write who want several steps -> the word that cannot be one, and what to write instead.
SEVERAL = [
    ("canary 10% 5m, 50% 10m", "50%", "`canary 10% 15m` for two steps, or `linear 10% every 2m`"),
    ("canary 10% 5m 50% 10m, bake 10m", "50%", "`canary 10% 15m` for two steps, or `linear 10% every 2m`"),
    ("canary 10% 5m, then 100%", "100%", "`canary 10% 5m` for two steps, or `linear 10% every 1m`"),
    ("canary 10%, 50%, 100%", "50%", "`canary 10% 5m` for two steps, or `linear 10% every 1m`"),
    ("canary 5%/25%/100% 10m", "5%/25%/100%", "`canary 5% 10m` for two steps, or `linear 10% every 1m`"),
    ("canary 10%->50% 1h", "10%->50%", "`canary 10% 1h` for two steps, or `linear 10% every 7m`"),
    ("linear 10% every 1m, 50% every 5m", "50%", "`canary 10% 6m` for two steps, or `linear 10% every 1m`"),
    ("10% 5m, 50% 10m, 100%", "50%", "`canary 10% 15m` for two steps, or `linear 10% every 2m`"),
    ("steps 20% 5m", "steps", "`canary 20% 5m` for two steps, or `linear 10% every 1m`"),
    ("Progressive, bake 10m", "progressive", "`canary 10% 5m` for two steps, or `linear 10% every 1m`"),
]


@pytest.mark.parametrize(("line", "word", "instead"), SEVERAL)
def test_several_steps_are_refused_with_what_can_be_had(line: str, word: str, instead: str) -> None:
    with pytest.raises(StrategyError) as refused:
        parse(line)
    assert refused.value.message == (
        "CodeDeploy shifts ECS traffic in two steps (`canary`: one share, later all the rest) or in equal steps "
        f"(`linear`), and not in several of different sizes: `{word}` cannot be a step of its own"
    )
    assert refused.value.fix == f"write {instead} for equal ones"
    assert line.lower()[refused.value.position :].startswith(word)


def test_a_canary_that_is_written_like_a_linear_shift_is_told_both() -> None:
    with pytest.raises(StrategyError) as refused:
        parse("canary 20% every 3m, bake 5m")
    assert (refused.value.word, refused.value.position) == ("every", 11)
    assert refused.value.fix == "write `canary 20% 3m` for two steps, or `linear 20% every 3m` for equal ones"


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


STEPS = some.lists(
    some.tuples(some.integers(1, 100), some.integers(0, 600), some.sampled_from(["", ",", " then"])),
    min_size=2,
    max_size=6,
)


@given(STEPS, some.sampled_from(["canary", "linear", ""]), some.sampled_from(["", ", bake 5m"]))
def test_any_steps_are_refused_at_the_second_and_what_is_offered_can_be_had(
    steps: list[tuple[int, int, str]], kind: str, end: str
) -> None:
    line = kind + "".join(f" {share}% {minutes}m{between}" for share, minutes, between in steps) + end
    with pytest.raises(StrategyError, match="in two steps") as refused:
        parse(line)
    assert refused.value.word == f"{steps[1][0]}%"
    assert refused.value.position >= line.index("%")
    assert line[refused.value.position :].startswith(refused.value.word)
    canary, linear = refused.value.fix.split("`")[1::2]
    assert (parse(canary).kind, parse(linear).kind) == ("canary", "linear")


@given(STRATEGIES, some.data())
def test_spaces_and_capitals_change_nothing(strategy: Strategy, data: some.DataObject) -> None:
    words = strategy.describe().replace(",", " , ").split()
    spaces = data.draw(some.lists(some.sampled_from([" ", "  ", "\t"]), min_size=len(words), max_size=len(words)))
    line = "".join(
        space + (word.upper() if len(space) > 1 else word) for space, word in zip(spaces, words, strict=True)
    )
    assert parse(line) == strategy


@given(STRATEGIES, some.integers(0, 60))
def test_a_line_that_is_cut_is_read_or_refused_at_a_word_of_it(strategy: Strategy, cut: int) -> None:
    line = strategy.describe()[:cut]
    try:
        parse(line)
    except StrategyError as error:
        refused = error
        assert line[refused.position :].startswith(refused.word)
        assert refused.fix


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
