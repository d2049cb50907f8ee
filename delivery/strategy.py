"""How traffic moves from blue to green, read from one line of settings.

    all at once, bake 2m
    canary 10% 5m, bake 10m
    linear 10% every 1m, bake 5m, warm 1h

CodeDeploy knows two steps (`canary`: a share, later all) and equal steps (`linear`), no others:
https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html

`bake` is how long the new release is watched with all traffic before it counts as good; `warm` how long the old one is
kept after that, so that going back is a re-route. Both are whole minutes (`m`) or hours (`h`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from delivery.errors import DeliveryError

Kind = Literal["all_at_once", "canary", "linear"]

#: CodeDeploy keeps blue for at most two days after the shift, bake included; and a shift takes no longer than that.
#: https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
LONGEST_WAIT_MINUTES = 2880
DEFAULT_WARM_MINUTES = 60
EXAMPLES = "`all at once, bake 2m`, `canary 10% 5m, bake 10m` or `linear 10% every 1m, bake 5m, warm 1h`"


#: A share, and shares that are written as one word: `10%`, `10/50/100%`, `10%->50%`.
_SHARE = re.compile(r"\d{1,3}")
_SHARES = re.compile(r"\d{1,3}%?((/|-|->|→|\+)\d{1,3}%?)*(?<=%)")
_TIME = re.compile(r"(\d{1,5})(m|h)")
#: Words with which people ask for steps.
_STEPPED = ("gradual", "multi-step", "multistep", "progressive", "stepped", "steps", "staged")


class StrategyError(DeliveryError):
    """A rollout line that cannot be read: `word` is where reading stopped, `position` its offset from 0."""

    def __init__(self, message: str, word: str, position: int, fix: str = "") -> None:
        self.word = word
        self.position = position
        super().__init__(message, fix or f"write it like {EXAMPLES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How traffic moves. All times are whole minutes.

    kind: `all_at_once`, `canary` (a share first, later the rest) or `linear` (equal shares).
    percent: the first share of a canary, or each share of a linear shift, 1 to 99; 100 for `all_at_once`.
    interval_minutes: between two shares; 0 for `all_at_once`.
    bake_minutes: watched with all traffic before the release counts as good.
    warm_minutes: blue is kept this long after the bake.
    """

    kind: Kind
    percent: int = 100
    interval_minutes: int = 0
    bake_minutes: int = 0
    warm_minutes: int = DEFAULT_WARM_MINUTES

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise StrategyError(problem, self.kind, 0)

    def _problem(self) -> str | None:
        if self.kind == "all_at_once":
            if (self.percent, self.interval_minutes) != (100, 0):
                return "all at once: has neither a share nor an interval"
        elif not 1 <= self.percent <= 99:
            return f"{self.kind}: a share is 1% to 99%, got {self.percent}%"
        elif self.interval_minutes < 1:
            return f"{self.kind}: an interval is at least 1m, got {self.interval_minutes}m"
        if self.bake_minutes < 0 or self.warm_minutes < 0:
            return "bake and warm: not less than 0m"
        if self.shift_minutes > LONGEST_WAIT_MINUTES:
            took, allowed = _time(self.shift_minutes), _time(LONGEST_WAIT_MINUTES)
            return f"{self.kind}: the shift would take {took}; AWS allows {allowed}"
        if self.blue_minutes > LONGEST_WAIT_MINUTES:
            return (
                f"bake and warm: together at most {_time(LONGEST_WAIT_MINUTES)}, got {_time(self.blue_minutes)}; "
                "AWS keeps the old tasks no longer"
            )
        return None

    @property
    def shift_minutes(self) -> int:
        """From the first share to the last."""
        return 0 if self.kind == "all_at_once" else (len(self.shares) - 1) * self.interval_minutes

    @property
    def blue_minutes(self) -> int:
        """How long blue is kept once green has all traffic: the group's termination wait."""
        return self.bake_minutes + self.warm_minutes

    @property
    def shares(self) -> tuple[int, ...]:
        """What share of traffic green has after each step, in percent; the last is 100."""
        if self.kind == "all_at_once":
            return (100,)
        if self.kind == "canary":
            return (self.percent, 100)
        return (*range(self.percent, 100, self.percent), 100)

    def describe(self) -> str:
        """The line that `parse` reads back into an equal strategy."""
        shift = {
            "all_at_once": "all at once",
            "canary": f"canary {self.percent}% {_time(self.interval_minutes)}",
            "linear": f"linear {self.percent}% every {_time(self.interval_minutes)}",
        }[self.kind]
        bake = f", bake {_time(self.bake_minutes)}" if self.bake_minutes else ""
        warm = f", warm {_time(self.warm_minutes)}" if self.warm_minutes != DEFAULT_WARM_MINUTES else ""
        return shift + bake + warm


def parse(text: str) -> Strategy:
    """Read a rollout line. Raises `StrategyError`, which names the word that could not be read.

    Without `bake` there is none; without `warm` the old release is kept for an hour after the bake.
    """
    words = _Words(text)
    words.refuse_several_steps()
    kind, percent, interval = _shift(words)
    waits = {"bake": 0, "warm": DEFAULT_WARM_MINUTES}
    for name in ("bake", "warm"):
        if words.next_are(",", name):
            words.take(",")
            words.take(name)
            waits[name] = words.minutes(name)
    words.end()
    try:
        return Strategy(
            kind=kind,
            percent=percent,
            interval_minutes=interval,
            bake_minutes=waits["bake"],
            warm_minutes=waits["warm"],
        )
    except StrategyError as error:
        raise StrategyError(error.message, text.strip(), 0) from None


def _shift(words: _Words) -> tuple[Kind, int, int]:
    first = words.take("all", "canary", "linear")
    if first == "all":
        words.take("at")
        words.take("once")
        return "all_at_once", 100, 0
    percent = words.percent(first)
    if first == "linear":
        words.take("every")
        return "linear", percent, words.minutes("every")
    words.refuse_every(percent)
    return "canary", percent, words.minutes("canary")


class _Words:
    """The words of a line, each with its offset, taken from the front; a comma is a word."""

    def __init__(self, text: str) -> None:
        found = [(word.group().lower(), word.start()) for word in re.finditer(r",|[^\s,]+", text)]
        self._words = [*found, ("", len(text)), ("", len(text))]

    def next_are(self, first: str, second: str) -> bool:
        return [word for word, _ in self._words[:2]] == [first, second]

    def take(self, *expected: str) -> str:
        word, position = self._words[0]
        if word not in expected:
            raise StrategyError(f"expected {_either(expected)}, got {_quoted(word)}", word, position)
        self._words.pop(0)
        return word

    def refuse_every(self, percent: int) -> None:
        """Raise `StrategyError` where a canary is written like a linear shift."""
        word, position = self._words[0]
        if word == "every":
            after = self._words[1][0]
            time = after if _TIME.fullmatch(after) else "5m"
            raise StrategyError(
                "expected a time such as 5m or 1h after `canary`, got `every`: a canary has one share and one time",
                word,
                position,
                f"write `canary {percent}% {time}` for two steps, or `linear {percent}% every {time}` for equal ones",
            )

    def percent(self, after: str) -> int:
        return int(self._number(r"(\d{1,2})%", f"a share such as 10% after `{after}`").group(1))

    def minutes(self, after: str) -> int:
        found = self._number(r"(\d{1,5})(m|h)", f"a time such as 5m or 1h after `{after}`")
        return int(found.group(1)) * (60 if found.group(2) == "h" else 1)

    def refuse_several_steps(self) -> None:
        """Raise `StrategyError` at the first word that asks for steps of different sizes."""
        line = [word for word, _ in self._words]
        waits = next((place for place, word in enumerate(line) if word in ("bake", "warm")), len(line))
        shares = [place for place, word in enumerate(line[:waits]) if _SHARES.fullmatch(word)]
        for place in shares:
            if len(_SHARE.findall(line[place])) > 1 or place != shares[0]:
                raise self._several(place, line[:waits])
        if line[0] in _STEPPED:
            raise self._several(0, line[:waits])

    def _several(self, place: int, line: list[str]) -> StrategyError:
        shares = [int(share) for word in line if _SHARES.fullmatch(word) for share in _SHARE.findall(word)]
        times = [_TIME.fullmatch(word) for word in line]
        minutes = sum(int(time.group(1)) * (60 if time.group(2) == "h" else 1) for time in times if time)
        first = next((share for share in shares if 0 < share < 100), 10)
        # As long as what was asked for, if times were given: in two steps, or in ten.
        took = min(minutes, LONGEST_WAIT_MINUTES) or 5
        canary, linear = f"canary {first}% {_time(took)}", f"linear 10% every {_time(max(1, round(took / 9)))}"
        word, position = self._words[place]
        return StrategyError(
            "CodeDeploy shifts ECS traffic in two steps (`canary`: one share, later all the rest) or in equal steps "
            f"(`linear`), and not in several of different sizes: {_quoted(word)} cannot be a step of its own",
            word,
            position,
            f"write `{canary}` for two steps, or `{linear}` for equal ones",
        )

    def end(self) -> None:
        word, position = self._words[0]
        if word == "," and self._words[1][0]:
            word, position = self._words[1]
        if word:
            raise StrategyError(f"expected `, bake 10m`, `, warm 1h` or the end, got {_quoted(word)}", word, position)

    def _number(self, pattern: str, what: str) -> re.Match[str]:
        word, position = self._words[0]
        found = re.fullmatch(pattern, word)
        if not found:
            raise StrategyError(f"expected {what}, got {_quoted(word)}", word, position)
        self._words.pop(0)
        return found


def _quoted(word: str) -> str:
    return f"`{word}`" if word else "the end"


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(f"`{word}`" for word in words)


def _time(minutes: int) -> str:
    return f"{minutes // 60}h" if minutes and minutes % 60 == 0 else f"{minutes}m"
