"""GitHub's expressions, as far as workflow files say with them what GitHub itself decides: conditions, groups, names.

They compare loosely: texts without case, and where the kinds differ, as numbers.
https://docs.github.com/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Context = Mapping[str, Any]
"""The named values: `github`, `inputs`, `needs`, …"""
Function = Callable[..., Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<mark>\|\||&&|==|!=|<=|>=|[<>!().,\[\]*]))"
)
_INSIDE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_STATUS = re.compile(r"\b(always|success|failure|cancelled)\s*\(", re.IGNORECASE)
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


class ExpressionError(ValueError):
    """An expression that GitHub would refuse, or that is not known here."""


def evaluate(text: str, context: Context, functions: Mapping[str, Function] | None = None) -> Any:
    """Return an expression's value; `functions` adds some, by name in lower case.

    Raises:
        ExpressionError: It cannot be read, or names what is not there.

    """
    return _Reader(text, context, {**_FUNCTIONS, **(functions or {})}).whole()


def filled(text: Any, context: Context) -> str:
    """Return a text with every `${{ … }}` in it evaluated; one that names a value not known yet stays as it is."""

    def one(found: re.Match[str]) -> str:
        try:
            return written(evaluate(found[1], context))
        except ExpressionError:
            return found[0]

    return _INSIDE.sub(one, str(text))


def holds(condition: Any, context: Context, functions: Mapping[str, Function]) -> bool:
    """Whether an `if:` lets a job run: one that asks for no status asks for success.

    `functions` has `always`, `success`, `failure` and `cancelled`.
    """
    text = written(condition).strip()
    if (whole := _INSIDE.fullmatch(text)) is not None and "}}" not in whole[1]:
        text = whole[1]
    elif _INSIDE.search(text):
        text = "'" + filled(text, context).replace("'", "''") + "'"
    if not _STATUS.search(text) and not functions["success"]():
        return False
    return truthy(evaluate(text, context, functions))


def truthy(value: Any) -> bool:
    """Whether a value counts as true."""
    return not (value is None or value is False or value == "" or value == 0)


def written(value: Any) -> str:
    """Return a value as it stands in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value) if isinstance(value, Mapping | list) else str(value)


def _number(value: Any) -> float:
    if value is None or value == "":
        return 0.0
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if type(one) is type(other):
        return bool(one == other)
    return _number(one) == _number(other)


def _contains(search: Any, item: Any) -> bool:
    if isinstance(search, list):
        return any(_equal(one, item) for one in search)
    return written(item).lower() in written(search).lower()


_FUNCTIONS: Mapping[str, Function] = {
    "contains": _contains,
    "startswith": lambda text, start: written(text).lower().startswith(written(start).lower()),
    "endswith": lambda text, end: written(text).lower().endswith(written(end).lower()),
    "format": lambda text, *values: re.sub(r"\{(\d+)\}", lambda found: written(values[int(found[1])]), text),
    "tojson": lambda value: json.dumps(value, indent=2),
    "fromjson": lambda text: json.loads(text),
}
_COMPARED: Mapping[str, Function] = {
    "==": _equal,
    "!=": lambda one, other: not _equal(one, other),
    "<": lambda one, other: _number(one) < _number(other),
    "<=": lambda one, other: _number(one) <= _number(other),
    ">": lambda one, other: _number(one) > _number(other),
    ">=": lambda one, other: _number(one) >= _number(other),
}


class _Reader:
    """Reads one expression from left to right and works it out on the way: nothing in it has an effect."""

    def __init__(self, text: str, context: Context, functions: Mapping[str, Function]) -> None:
        self._text, self._context, self._functions = text, context, functions
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            if (found := _TOKEN.match(text, at)) is None:
                raise ExpressionError(f"Unexpected symbol: '{text[at:].strip()}' within expression: {text.strip()}")
            self._tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            at = found.end()
        self._at = 0

    def whole(self) -> Any:
        value = self._either()
        if self._at != len(self._tokens):
            raise self._unexpected()
        return value

    def _unexpected(self) -> ExpressionError:
        what = f"symbol: '{self._tokens[self._at][1]}'" if self._at < len(self._tokens) else "end"
        return ExpressionError(f"Unexpected {what} within expression: {self._text.strip()}")

    def _next(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, *marks: str) -> str:
        if self._at < len(self._tokens) and self._tokens[self._at] in [("mark", one) for one in marks]:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return ""

    def _must(self, mark: str) -> None:
        if not self._take(mark):
            raise self._unexpected()

    def _either(self) -> Any:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value if truthy(value) else other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._take("&&"):
            other = self._compared()
            value = other if truthy(value) else value
        return value

    def _compared(self) -> Any:
        value = self._single()
        while mark := self._take(*_COMPARED):
            value = _COMPARED[mark](value, self._single())
        return value

    def _single(self) -> Any:
        if self._take("!"):
            return not truthy(self._single())
        if self._take("("):
            value = self._either()
            self._must(")")
            return self._parts(value)
        if self._at >= len(self._tokens):
            raise self._unexpected()
        kind, word = self._tokens[self._at]
        if kind == "mark":
            raise self._unexpected()
        self._at += 1
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return float(word)
        if word in _WORDS:
            return _WORDS[word]
        return self._parts(self._called(word) if self._take("(") else self._named(word))

    def _called(self, name: str) -> Any:
        values: list[Any] = []
        while not self._take(")"):
            if values:
                self._must(",")
            values.append(self._either())
        if (function := self._functions.get(name.lower())) is None:
            raise ExpressionError(f"Unrecognized function: '{name}' within expression: {self._text.strip()}")
        return function(*values)

    def _named(self, name: str) -> Any:
        if name not in self._context:
            raise ExpressionError(f"Unrecognized named-value: '{name}' within expression: {self._text.strip()}")
        return self._context[name]

    def _parts(self, value: Any) -> Any:
        every = False
        while mark := self._take(".", "["):
            if mark == ".":
                if self._take("*"):
                    value, every = list(value.values() if isinstance(value, Mapping) else value or []), True
                    continue
                key: Any = self._next()
                self._at += 1
            else:
                key = self._either()
                self._must("]")
            value = [_part(one, key) for one in value] if every else _part(value, key)
        return value


def _part(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return next((found for name, found in value.items() if str(name).lower() == str(key).lower()), None)
    if isinstance(value, list) and isinstance(key, float) and key.is_integer() and 0 <= key < len(value):
        return value[int(key)]
    return None
