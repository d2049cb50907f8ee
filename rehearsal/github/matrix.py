"""The cells of a job with `strategy.matrix`: each is a job of its own, with a check run of its own.

https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

from rehearsal.github.expressions import Context, evaluate, filled, written

Cell = dict[str, Any]
_WHOLE = re.compile(r"\s*\$\{\{(?P<inside>(?:(?!\}\}).)*)\}\}\s*", re.DOTALL)


def cells(content: Mapping[str, Any], context: Context) -> list[Cell] | None:
    """Return the values of each cell of a job; None for a job without a matrix.

    `exclude` takes combinations away. An object of `include` is added to each combination of which it changes nothing,
    and is a cell of its own where there is none.
    """
    asked = known((content.get("strategy") or {}).get("matrix"), context)
    if not asked:
        return None
    axes = {name: values for name, values in asked.items() if name not in ("include", "exclude")}
    combined = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())] if axes else []
    without = asked.get("exclude") or []
    found = [one for one in combined if not any(_holds(one, each) for each in without)]
    # An object may change what another one has added, and nothing of the combination itself.
    made, more = [dict(one) for one in found], list[Cell]()
    for added in asked.get("include") or []:
        fitting = [
            cell
            for cell, one in zip(made, found, strict=True)
            if all(one.get(name, value) == value for name, value in added.items())
        ]
        for cell in fitting:
            cell.update(added)
        if not fitting:
            more.append(dict(added))
    return made + more


def known(value: Any, context: Context) -> Any:
    """Return a value of a file with every expression in it evaluated; one that is all of a text may be any value."""
    if isinstance(value, str):
        whole = _WHOLE.fullmatch(value)
        return evaluate(whole["inside"], context) if whole else filled(value, context)
    if isinstance(value, Mapping):
        return {str(name): known(one, context) for name, one in value.items()}
    if isinstance(value, list):
        return [known(one, context) for one in value]
    return value


def named(content: Mapping[str, Any], key: str, cell: Cell, context: Context) -> str:
    """Return what a cell is called: its values stand behind a name that says nothing of them."""
    text = str(content.get("name", key))
    if "${{" in text:
        return filled(text, context)
    return f"{text} ({', '.join(written(one) for one in cell.values())})"


def _holds(one: Cell, wanted: Mapping[str, Any]) -> bool:
    return all(name in one and one[name] == value for name, value in wanted.items())
