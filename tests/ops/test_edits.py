"""Values in files that people wrote: nothing else moves."""

from __future__ import annotations

import contextlib
import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as some

from delivery.errors import DeliveryError
from ops.edits import put, renamed
from ops.place import read

ROOT = Path(__file__).resolve().parents[2]

STACK = """\
# Staging: builds what is new.
config:
  aws:region: eu-central-1
  shop:account: "111122223333" # yours
  shop:scale: {api: 1}

  # For HTTPS.
  # shop:domain: shop.example.com
"""


@pytest.mark.parametrize(
    ("path", "value", "before", "after"),
    [
        (("config", "shop:account"), "444455556666", '"111122223333" # yours', '"444455556666" # yours'),
        (("config", "aws:region"), "us-east-1", "aws:region: eu-central-1", "aws:region: us-east-1"),
        (("config", "shop:scale", "web"), 2, "{api: 1}", "{api: 1, web: 2}"),
        (("config", "shop:domain"), "a.dev", "{api: 1}\n", "{api: 1}\n  shop:domain: a.dev\n"),
        (("backend", "url"), "s3://b?region=x", "example.com\n", 'example.com\nbackend:\n  url: "s3://b?region=x"\n'),
    ],
)
def test_only_the_value_changes(path: tuple[str, ...], value: Any, before: str, after: str) -> None:
    edited = put(STACK, path, value, "x.yaml")
    if path[0] == "backend":
        assert yaml.safe_load(edited)["backend"] == {"url": value}
        assert edited.replace('backend:\n  url: "s3://b?region=x"\n', "") == STACK
    else:
        assert edited == STACK.replace(before, after)


@pytest.mark.parametrize(
    ("text", "path", "value", "edited"),
    [
        ("", ("a",), 1, "a: 1\n"),
        ("# nothing\n", ("a", "b"), "c", "# nothing\na: {b: c}\n"),
        ("a:\n", ("a",), "b", "a: b\n"),
        ("config:\n", ("config", "k"), "v", "config: {k: v}\n"),
        ("a: {}\n", ("a", "b"), 1, "a: {b: 1}\n"),
        ("a: [x, y] # all\nb: 1\n", ("a",), ["z"], "a: [z] # all\nb: 1\n"),
        ("a:\n  - x\n  - y\n# behind\nb: 1\n", ("a",), ["z"], "a: [z]\n# behind\nb: 1\n"),
        ("a: 1", ("b",), 2, "a: 1\nb: 2\n"),
        (
            "a:\n  b: 1\n  c:\n    d: 1 # last\nz: 1\n",
            ("a", "e"),
            2,
            "a:\n  b: 1\n  c:\n    d: 1 # last\n  e: 2\nz: 1\n",
        ),
        ("a: 1\n", ("a",), 1, "a: 1\n"),
    ],
)
def test_forms(text: str, path: tuple[str, ...], value: Any, edited: str) -> None:
    assert put(text, path, value, "x.yaml") == edited


def test_the_shipped_files_keep_all_their_lines() -> None:
    text = (ROOT / "Pulumi.yaml").read_text()
    edited = put(text, ("config", "services", "default", "api", "build"), "../backend", "Pulumi.yaml")
    assert edited == text.replace("build: example/backend", "build: ../backend")
    checks = put(text, ("config", "services", "default", "api", "checks"), ["/health"], "Pulumi.yaml")
    assert checks == text.replace("[/, /health, /version]", "[/health]")


def test_keys_are_renamed_with_their_comments() -> None:
    edited = renamed(STACK, "config", "shop", "acme", "x.yaml")
    assert edited == STACK.replace("  shop:", "  acme:")
    assert "# shop:domain" in edited


@pytest.mark.parametrize(("text", "said"), [("a: [", "cannot be read as YAML"), ("- a\n", "cannot be set without")])
def test_what_cannot_be_edited_is_refused(text: str, said: str) -> None:
    with pytest.raises(DeliveryError, match=said):
        put(text, ("a",), 1, "x.yaml")


def test_an_alias_that_stands_for_two_is_refused() -> None:
    with pytest.raises(DeliveryError, match=r"set it by hand: `b\.c: 2`"):
        put("a: &x {c: 1}\nb: *x\n", ("b", "c"), 2, "x.yaml")


_KEYS = some.sampled_from(["a", "b", "c:d", "e-f"])
_SCALARS = some.one_of(some.text(max_size=8), some.integers(), some.booleans())
_TREES = some.recursive(
    _SCALARS,
    lambda inner: some.one_of(some.lists(inner, max_size=3), some.dictionaries(_KEYS, inner, max_size=3)),
    max_leaves=8,
)


@example({"a": [], "b": "\x85"}, ["a"], "", None)
@given(
    some.dictionaries(_KEYS, _TREES, max_size=4),
    some.lists(_KEYS, min_size=1, max_size=3),
    some.one_of(_SCALARS, some.lists(_SCALARS, max_size=3)),
    some.sampled_from([None, True, False]),
)
def test_it_says_the_value_and_nothing_else_or_refuses(
    tree: dict[str, Any], path: list[str], value: Any, flow: bool | None
) -> None:
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True) + "# behind\n"
    with contextlib.suppress(DeliveryError):
        edited = put(text, path, value, "x.yaml")
        # What the text says, not the tree: PyYAML writes an ancient line break so that nobody reads it back.
        expected = copy.deepcopy(read(text))
        inner: Any = expected
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = value
        assert read(edited) == expected
        assert "# behind" in edited
