"""A small evaluator of IAM policies, as AWS evaluates them: a deny wins, an allow is needed.

It knows what the documents here use, and refuses what it does not know.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any


def allowed(document: Mapping[str, Any], action: str, resource: str = "*", **context: str) -> bool:
    """Return whether a policy allows an action on a resource; `context` is by condition key, `__` for a colon."""
    keys = {name.replace("__", ":").replace("_slash_", "/"): value for name, value in context.items()}
    effects = {
        statement["Effect"]
        for statement in document["Statement"]
        if _speaks_of(statement, action, resource) and _holds(statement.get("Condition", {}), keys)
    }
    return effects == {"Allow"}


def _speaks_of(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    return _listed(statement, "Action", action, ignore_case=True) and _listed(statement, "Resource", resource)


def _listed(statement: Mapping[str, Any], what: str, value: str, *, ignore_case: bool = False) -> bool:
    """Return whether a value is among those of `what`, or not among those of its opposite."""
    patterns = statement.get(what, statement.get(f"Not{what}"))
    assert patterns, statement
    found = any(
        like(pattern, value, ignore_case=ignore_case)
        for pattern in ([patterns] if isinstance(patterns, str) else patterns)
    )
    return found == (what in statement)


def like(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Return whether a value matches a pattern with `*` and `?`."""
    return _expression(pattern, re.IGNORECASE if ignore_case else re.NOFLAG).fullmatch(value) is not None


@cache
def _expression(pattern: str, flags: re.RegexFlag) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), flags)


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    assert set(condition) <= {"StringEquals", "ArnLike"}, condition
    for operator, asked in condition.items():
        for key, wanted in asked.items():
            patterns = [wanted] if isinstance(wanted, str) else wanted
            told = context.get(key)
            equal = told in patterns if operator == "StringEquals" else any(like(one, told or "") for one in patterns)
            if told is None or not equal:
                return False
    return True
