"""CloudWatch metric math, the part that alarms use: + - * /, comparisons, AND OR, IF, FILL and a few functions over
series.

A series is a mapping from a period's start to its value. An operation on two series has a value where both have one.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Series = dict[float, float]
Value = float | Series

_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_][A-Za-z0-9_]*)|(<=|>=|==|!=|&&|\|\||[-+*/^()<>,]))"
)
_COMPARISONS: dict[str, Callable[[float, float], float]] = {
    ">": lambda a, b: float(a > b),
    "<": lambda a, b: float(a < b),
    ">=": lambda a, b: float(a >= b),
    "<=": lambda a, b: float(a <= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
}


class ExpressionError(ValueError):
    """The expression is not one this part of metric math knows; the message says where."""


def evaluate(expression: str, series: Mapping[str, Series], times: Iterable[float]) -> Series:
    """Compute an expression over the named series; `times` are the periods asked about (FILL fills exactly these)."""
    result = _Parser(expression, series, tuple(times)).parse()
    if isinstance(result, float):
        raise ExpressionError(f"{expression}: the result is a number, an alarm needs a series")
    return result


def names(expression: str) -> set[str]:
    """The identifiers that an expression reads."""
    found = {match[2] for match in _TOKEN.finditer(expression) if match[2]}
    return {name for name in found if name[0].islower()}


@dataclass
class _Parser:
    """Recursive descent, one method per level of precedence."""

    expression: str
    series: Mapping[str, Series]
    times: tuple[float, ...]
    position: int = 0

    def parse(self) -> Value:
        value = self._either()
        if (token := self._peek()) is not None:
            raise ExpressionError(f"{self.expression}: unexpected {token!r}")
        return value

    def _either(self) -> Value:
        value = self._both()
        while self._accept("OR", "||"):
            value = _each(lambda a, b: float(bool(a) or bool(b)), value, self._both())
        return value

    def _both(self) -> Value:
        value = self._comparison()
        while self._accept("AND", "&&"):
            value = _each(lambda a, b: float(bool(a) and bool(b)), value, self._comparison())
        return value

    def _comparison(self) -> Value:
        value = self._sum()
        while operator := self._accept(*_COMPARISONS):
            value = _each(_COMPARISONS[operator], value, self._sum())
        return value

    def _sum(self) -> Value:
        value = self._product()
        while operator := self._accept("+", "-"):
            right = self._product()
            value = _each((lambda a, b: a + b) if operator == "+" else (lambda a, b: a - b), value, right)
        return value

    def _product(self) -> Value:
        value = self._unary()
        while operator := self._accept("*", "/"):
            right = self._unary()
            value = _each(lambda a, b: a * b, value, right) if operator == "*" else _divide(value, right)
        return value

    def _unary(self) -> Value:
        if self._accept("-"):
            return _each(lambda a, b: a * b, self._unary(), -1.0)
        value = self._atom()
        if self._accept("^"):
            return _each(lambda a, b: a**b, value, self._unary())
        return value

    def _atom(self) -> Value:
        if self._accept("("):
            value = self._either()
            self._expect(")")
            return value
        word = self._next()
        if word[0].isdigit() or word[0] == ".":
            return float(word)
        if word[0].isupper():
            return self._call(word)
        if word in self.series:
            return dict(self.series[word])
        raise ExpressionError(f"{self.expression}: {word!r} is not the id of a metric of this alarm")

    def _call(self, function: str) -> Value:
        self._expect("(")
        if function == "FILL":
            return self._fill()
        arguments = [self._either()]
        while self._accept(","):
            arguments.append(self._either())
        self._expect(")")
        if function == "IF":
            return self._if(arguments)
        if function in _FUNCTIONS:
            return _FUNCTIONS[function](arguments)
        raise ExpressionError(f"{self.expression}: the function {function} is not emulated")

    def _fill(self) -> Value:
        value = self._either()
        self._expect(",")
        if self._accept("REPEAT"):
            self._expect(")")
            return self._repeat(value)
        filler = self._either()
        self._expect(")")
        if isinstance(value, float):
            return value
        filled: Series = {}
        for moment in self.times:
            candidate = value.get(moment, filler if isinstance(filler, float) else filler.get(moment))
            if candidate is not None:
                filled[moment] = candidate
        return filled

    def _repeat(self, value: Value) -> Value:
        if isinstance(value, float):
            return value
        filled: Series = {}
        last: float | None = None
        for moment in self.times:
            last = value.get(moment, last)
            if last is not None:
                filled[moment] = last
        return filled

    def _if(self, arguments: list[Value]) -> Value:
        if len(arguments) != 3:
            raise ExpressionError(f"{self.expression}: IF takes a condition and two values")
        condition, then, otherwise = arguments
        if isinstance(condition, float):
            return then if condition else otherwise
        result: Series = {}
        for moment, holds in condition.items():
            branch = then if holds else otherwise
            value = branch if isinstance(branch, float) else branch.get(moment)
            if value is not None:
                result[moment] = value
        return result

    def _peek(self) -> str | None:
        if not self.expression[self.position :].strip():
            return None
        match = _TOKEN.match(self.expression, self.position)
        if match is None:
            raise ExpressionError(f"{self.expression}: cannot read {self.expression[self.position :].strip()[:10]!r}")
        return match[0].strip()

    def _next(self) -> str:
        token = self._peek()
        if token is None:
            raise ExpressionError(f"{self.expression}: ends too early")
        match = _TOKEN.match(self.expression, self.position)
        self.position = match.end() if match else self.position
        return token

    def _accept(self, *tokens: str) -> str | None:
        token = self._peek()
        return self._next() if token is not None and token in tokens else None

    def _expect(self, token: str) -> None:
        if self._accept(token) is None:
            raise ExpressionError(f"{self.expression}: expected {token!r} before {self._peek()!r}")


def _each(operation: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, float) and isinstance(right, float):
        return operation(left, right)
    if isinstance(left, float):
        assert isinstance(right, dict)  # noqa: S101 - the case above is the other one
        return {moment: operation(left, value) for moment, value in right.items()}
    if isinstance(right, float):
        return {moment: operation(value, right) for moment, value in left.items()}
    return {moment: operation(value, right[moment]) for moment, value in left.items() if moment in right}


def _divide(left: Value, right: Value) -> Value:
    """Where the divisor is 0 there is no data point, as in CloudWatch."""
    if isinstance(left, float) and isinstance(right, float):
        return left / right if right else math.nan
    quotient = _each(lambda a, b: a / b if b else math.nan, left, right)
    assert isinstance(quotient, dict)  # noqa: S101 - one side is a series
    return {moment: value for moment, value in quotient.items() if not math.isnan(value)}


def _apply(function: Callable[[float], float]) -> Callable[[list[Value]], Value]:
    def call(arguments: list[Value]) -> Value:
        value = arguments[0]
        return function(value) if isinstance(value, float) else {at: function(v) for at, v in value.items()}

    return call


def _reduce(function: Callable[[list[float]], float]) -> Callable[[list[Value]], Value]:
    """Over one series: a number. Over several: a series of the values at each time."""

    def call(arguments: list[Value]) -> Value:
        if len(arguments) == 1:
            value = arguments[0]
            numbers = [value] if isinstance(value, float) else list(value.values())
            return function(numbers) if numbers else math.nan
        every = sorted({moment for a in arguments if isinstance(a, dict) for moment in a})
        result: Series = {}
        for moment in every:
            present = [
                a if isinstance(a, float) else a[moment] for a in arguments if isinstance(a, float) or moment in a
            ]
            result[moment] = function(present)
        return result

    return call


_FUNCTIONS: dict[str, Callable[[list[Value]], Value]] = {
    "ABS": _apply(abs),
    "CEIL": _apply(lambda v: float(math.ceil(v))),
    "FLOOR": _apply(lambda v: float(math.floor(v))),
    "MAX": _reduce(max),
    "MIN": _reduce(min),
    "SUM": _reduce(sum),
    "AVG": _reduce(lambda v: sum(v) / len(v)),
}
