"""Values of a preview: what means the same, where two differ, what may be shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ops.values import AFTERWARDS, SECRET, at, hidden, leaves, same, settled
from tests.ops.previews import UNKNOWN

WORDS = st.text(alphabet="abcxyz", min_size=1, max_size=4)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(0, 99) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1, "b": [2]}', '{"b":[2],"a":1}'),
        ({"a": '{"x": 1}'}, {"a": {"x": 1}}),
        (None, {}),
        ("", None),
        ({"tags": {}}, {}),
        (8080, "8080"),
        (8080.0, 8080),
        (True, "true"),
        ({"__defaults": ["x"], "a": 1}, {"a": 1}),
        (
            [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}],
        ),
        (
            {
                "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
                "hash": "abc",
                "path": "/home/ada",
            },
            {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "hash": "abc", "path": "/work"},
        ),
    ],
)
def test_what_means_the_same_is_no_difference(one: Any, other: Any) -> None:
    assert same(one, other)
    assert list(leaves("x", one, other)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        ("a", ""),
        (["a", "b"], ["b", "a"]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ("[]x", "[]"),
        ([1], [1, 2]),
        (False, None),
    ],
)
def test_what_means_something_else_is_one(one: Any, other: Any) -> None:
    assert not same(one, other)
    assert list(leaves("x", one, other))


@example(None, [None])
@example([1], [1, None])
@given(PLAIN, PLAIN)
def test_two_values_differ_where_a_leaf_does(one: Any, other: Any) -> None:
    assert bool(list(leaves("", one, other))) is not same(one, other)


@given(PLAIN)
def test_json_is_what_it_says(value: Any) -> None:
    assert same(json.dumps({"a": value}), {"a": value})
    assert same(json.dumps({"a": value}, indent=3), json.dumps({"a": value}))


def test_a_difference_is_told_where_it_is() -> None:
    old = {
        "containerDefinitions": json.dumps(
            [{"name": "api", "image": "x:1", "environment": [{"name": "A", "value": "1"}]}]
        )
    }
    new = {
        "containerDefinitions": json.dumps(
            [{"name": "api", "image": "x:2", "environment": [{"name": "A", "value": "2"}]}]
        )
    }
    assert list(leaves("", old, new)) == [
        ("containerDefinitions.api.environment.A.value", "1", "2"),
        ("containerDefinitions.api.image", "x:1", "x:2"),
    ]
    assert list(leaves("tags", {"a.b": 1}, {"a.b": [1, 2]})) == [('tags["a.b"]', 1, [1, 2])]
    assert list(leaves("ports", [80], [80, 443])) == [("ports[1]", None, 443)]


def test_what_is_not_known_yet_says_so() -> None:
    assert settled(UNKNOWN) == AFTERWARDS
    assert settled(f"arn:{UNKNOWN}/x") == f"arn:{AFTERWARDS}/x"
    assert settled("9b2a061d-8072-4f0a-a4cb-0ff528b18fe7") == "9b2a061d-8072-4f0a-a4cb-0ff528b18fe7"


def test_a_secret_counts_as_a_difference_since_nobody_can_see() -> None:
    assert list(leaves("p", SECRET, SECRET)) == [("p", SECRET, SECRET)]
    marked = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"hunter2"'}
    assert settled(marked) == SECRET


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", 1),
        ("b.c", 2),
        ('b["d.e"]', 3),
        ("f[1].g", 5),
        ("f[9].g", None),
        ("a.b.c", None),
        ("nothing", None),
        ("f.x", None),
    ],
)
def test_a_path_of_the_engine_is_followed(path: str, found: Any) -> None:
    assert at({"a": 1, "b": {"c": 2, "d.e": 3}, "f": [{"g": 4}, {"g": 5}]}, path) == found


@pytest.mark.parametrize(
    ("path", "value", "seen"),
    [
        ("masterPassword", "hunter2", "***"),
        ("environment.DB_PASSWORD.value", "hunter2", "***"),
        ("environment.DB_HOST.value", "db", "db"),
        (
            "environment",
            {"A_TOKEN": {"name": "A_TOKEN", "value": "hunter2"}},
            {"A_TOKEN": {"name": "A_TOKEN", "value": "***"}},
        ),
        ("environment", [{"name": "API_KEY", "value": "hunter2"}], [{"name": "API_KEY", "value": "***"}]),
        ("url", "postgres://shop:hunter2@db/shop", "postgres://shop:***@db/shop"),
        (
            "secretArn",
            "arn:aws:secretsmanager:eu-central-1:1:secret:x",
            "arn:aws:secretsmanager:eu-central-1:1:secret:x",
        ),
        ("secretArn", AFTERWARDS, AFTERWARDS),
        ("port", 80, 80),
    ],
)
def test_what_looks_like_a_credential_is_not_shown(path: str, value: Any, seen: Any) -> None:
    assert hidden(path, value) == seen
