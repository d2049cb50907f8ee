"""The table of endpoints is whole."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

import pytest

import rehearsal.github
from rehearsal.github.areas import ROUTES
from rehearsal.github.errors import Refused
from rehearsal.github.routes import Routes, Table

NOT_IMPORTED = {"__main__", "proc_receive"}


def test_every_area_is_listed() -> None:
    names = {found.name for found in pkgutil.iter_modules(rehearsal.github.__path__)} - NOT_IMPORTED
    modules = [importlib.import_module(f"rehearsal.github.{name}") for name in sorted(names)]
    there = {id(value) for module in modules for value in vars(module).values() if isinstance(value, Routes)}
    assert there == {id(one) for one in ROUTES}


def test_no_endpoint_is_answered_twice() -> None:
    every = Counter(
        (route.method, tuple("{}" if part.startswith("{") else part for part in route.pattern))
        for area in ROUTES
        for route in area.entries
    )
    assert [where for where, count in every.items() if count > 1] == []


@pytest.mark.parametrize(
    ("path", "pattern", "values"),
    [
        ("repos/o/r/branches/a/protection", "branches/{branch}/protection", {"branch": "a"}),
        ("repos/o/r/branches/feature/x", "branches/{branch:rest}", {"branch": "feature/x"}),
        ("repos/o/r/environments/a%2Fb/secrets", "environments/{environment}/secrets", {"environment": "a/b"}),
        ("repos/o/r/commits/main/status", "commits/{ref}/status", {"ref": "main"}),
        ("repos/o/r/contents/a/b%20c", "contents/{path:rest}", {"path": "a/b c"}),
    ],
)
def test_the_more_exact_path_wins(path: str, pattern: str, values: dict[str, str]) -> None:
    route, found = Table(ROUTES).find("GET", path.split("/"))
    assert "/".join(route.pattern) == f"repos/{{owner}}/{{repo}}/{pattern}"
    assert found == {"owner": "o", "repo": "r", **values}


def test_nothing_else_is_found() -> None:
    with pytest.raises(Refused):
        Table(ROUTES).find("GET", ["repos", "o", "r", "packages"])
