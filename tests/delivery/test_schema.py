"""What migrations tell, read from whatever a container writes, and compared with what releases know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from delivery.schema import UNKNOWN, Schema, Standing, ahead, compare, read
from tests.delivery.fake_tasks import tells

NAMES = some.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,20}", fullmatch=True)
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def schema(revision: str, *known: str) -> Schema:
    return Schema(revision=revision, known=known)


@given(known=some.lists(NAMES, max_size=5), data=some.data())
def test_what_a_migration_tells_is_read(known: list[str], data: some.DataObject) -> None:
    revision = data.draw(NAMES | some.just(""))
    assert read(tells(revision, *known)) == schema(revision, *known)
    assert read(f"  {tells(revision, *known)}\n") == schema(revision, *known)


@given(line=some.text())
def test_any_line_is_read_or_is_none(line: str) -> None:
    found = read(line)
    assert found is None or isinstance(found, Schema)


@given(inner=JSON, outer=JSON)
def test_any_json_is_read_or_is_none(inner: Any, outer: Any) -> None:
    assert read(json.dumps(outer)) is None
    found = read(json.dumps({"schema": inner}))
    assert found is None or (isinstance(found.revision, str) and isinstance(found.known, tuple))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Running upgrade 0001 -> 0002",
        '{"schema": {"revision": "0001"}}',
        '{"schema": {"revision": 1, "known": []}}',
        '{"schema": {"revision": "0001", "known": "0001"}}',
        '{"schema": {"revision": "0001", "known": [1]}}',
        '{"schema": {"revision": "--sql", "known": []}}',
        '{"schema": {"revision": "a b", "known": []}}',
        '{"schema": {"revision": "0001", "known": ["-x"]}}',
        '{"schema": {"revision": "?", "known": []}}',
        '{"schema": {"revision": "' + "1" * 200 + '", "known": []}}',
        '{"schema": {"revision": "0001", "known": []}',
        "[" * 100_000,
    ],
)
def test_other_lines_tell_nothing(line: str) -> None:
    assert read(line) is None


@pytest.mark.parametrize(
    ("at", "known", "standing"),
    [
        (schema("0002"), ("0001", "0002"), Standing.SAME),
        (schema("0001"), ("0001", "0002"), Standing.BEHIND),
        (schema(""), ("0001",), Standing.BEHIND),
        (schema("0003"), ("0001", "0002"), Standing.AHEAD),
        (schema("0003"), (), Standing.UNKNOWN),
        (schema(UNKNOWN), ("0001",), Standing.UNKNOWN),
        (None, ("0001",), Standing.UNKNOWN),
    ],
)
def test_a_database_is_compared_with_what_a_release_knows(
    at: Schema | None, known: tuple[str, ...], standing: Standing
) -> None:
    assert compare(at, known) == standing


@given(known=some.lists(NAMES, min_size=1, unique=True), revision=NAMES)
def test_a_revision_is_ahead_exactly_when_it_is_not_known(known: list[str], revision: str) -> None:
    assert (compare(schema(revision), known) == Standing.AHEAD) == (revision not in known)


def test_it_is_said_in_words() -> None:
    assert ahead("api", "1.7.4", schema("0003"), ("0001", "0002")) == (
        "api: the database is at schema 0003, and 1.7.4 knows no later one than 0002"
    )
