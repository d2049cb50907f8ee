"""Typed reading of one value: says what is wrong, and goes on, so that one run tells everything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from settings.problems import NOTHING, Problem, did_you_mean

#: Longest piece of a wrong value that a message shows.
_SHOWN = 80


class Node:
    """A value, the way to it, and the list that what is wrong with it goes to.

    Every reader returns a usable value: where the one written is wrong it notes the problem and returns the fallback.
    `ok` tells checks across settings whether the value can be relied on.
    """

    def __init__(self, file: str, key: str, value: Any, problems: list[Problem], fallback: Any = None) -> None:
        """Stand on `value`, found in `file` under `key`; `fallback` stands in for it where it is missing."""
        self.file = file
        self.key = key
        self.given = value is not None
        self.value = fallback if value is None else value
        self.ok = True
        self._fallback = fallback
        self._problems = problems

    def wrong(self, rule: str, hint: str = "", *, got: str | None = None, at: tuple[int, int] | None = None) -> None:
        """Note that the value breaks `rule`."""
        self.ok = False
        self._problems.append(Problem(self.file, self.key, rule, self.shown if got is None else got, hint, at))

    @property
    def shown(self) -> str:
        """Return the value as a message shows it: as JSON, cut where it is long."""
        if self.value is None or self.value == "":
            return NOTHING
        text = self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

    def child(self, key: str, value: Any, fallback: Any = None) -> Node:
        """Return the node of a part of this value."""
        return Node(self.file, f"{self.key}.{key}", value, self._problems, fallback)

    def text(self, pattern: str = "", rule: str = "", hint: str = "") -> str:
        """Read a text; a non-empty one must match `pattern` as a whole. Numbers are taken as they are written."""
        if isinstance(self.value, bool) or not isinstance(self.value, str | int | float | None):
            self.wrong("must be text")
            return ""
        text = "" if self.value is None else str(self.value)
        if text and pattern and not re.fullmatch(pattern, text):
            self.wrong(rule, hint)
        return text

    def needed(self, pattern: str, rule: str, hint: str = "") -> str:
        """Read a text that may not be empty."""
        text = self.text(pattern, rule, hint)
        if not text and self.ok:
            self.wrong(rule, hint)
        return text

    def integer(self, low: int, high: int, hint: str = "") -> int:
        """Read a whole number between `low` and `high`, both allowed."""
        number = _whole(self.value)
        if number is None or not low <= number <= high:
            self.wrong(f"must be a whole number from {low} to {high}", hint)
            return self._fallback if isinstance(self._fallback, int) else low
        return number

    def number(self, low: float, high: float, hint: str = "") -> float:
        """Read a number above `low` and up to `high`."""
        try:
            number = float(self.value) if not isinstance(self.value, bool) else None
        except (TypeError, ValueError):
            number = None
        if number is None or not low < number <= high:
            self.wrong(f"must be a number above {low:g}, at most {high:g}", hint)
            return high
        return number

    def flag(self) -> bool:
        """Read true or false."""
        if isinstance(self.value, bool):
            return self.value
        if self.value in ("true", "false"):
            return bool(self.value == "true")
        self.wrong("must be true or false")
        return True

    def choice(self, allowed: Iterable[str], hint: str = "") -> str:
        """Read one of the words in `allowed`."""
        words = list(allowed)
        text = self.text()
        if self.ok and text not in words:
            nearest = did_you_mean(text, words)
            self.wrong(f"must be one of {', '.join(words)}", hint or (nearest if nearest.startswith("did") else ""))
            return words[0]
        return text

    def items(self) -> list[Node]:
        """Read a list; return a node for each item."""
        if not isinstance(self.value, list):
            self.wrong("must be a list")
            return []
        return [Node(self.file, f"{self.key}[{index}]", item, self._problems) for index, item in enumerate(self.value)]

    def object(self) -> dict[str, Node]:
        """Read an object whose keys are free; return a node for each value."""
        if not isinstance(self.value, dict):
            self.wrong("must be an object (key: value)")
            return {}
        return {str(key): self.child(str(key), value) for key, value in self.value.items()}

    def fields(self, known: Mapping[str, Any]) -> Fields:
        """Read an object whose keys are `known`, with the default of each; others are reported."""
        values = {key: node.value for key, node in self.object().items()}
        for key in values:
            if key not in known:
                self.child(key, values[key]).wrong("unknown", did_you_mean(key, known), got="")
        return Fields({key: self.child(key, values.get(key), default) for key, default in known.items()})


class Fields(Mapping[str, Node]):
    """The known fields of an object: a node for each, whether written or not."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        """Hold `nodes` and remember which were read: a test sees to it that each is."""
        self._nodes = nodes
        self.unread = set(nodes)

    def __getitem__(self, key: str) -> Node:
        """Return the node of a known field."""
        self.unread.discard(key)
        return self._nodes[key]

    def plain(self) -> dict[str, Any]:
        """Return all values as they are, which is not reading them."""
        return {key: node.value for key, node in sorted(self._nodes.items())}

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the fields."""
        return iter(self._nodes)

    def __len__(self) -> int:
        """Count the known fields."""
        return len(self._nodes)


def _whole(value: Any) -> int | None:
    """Return a whole number written as one or as text; None for anything else, 1.5 and true included."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None
