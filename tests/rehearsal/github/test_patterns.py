"""GitHub's patterns of refs and files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.github.patterns import covers, matches, owners_of

PARTS = st.text("abc-.", min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("main", "main", True),
        ("main", "maintenance", False),
        ("release/*", "release/1", True),
        ("release/*", "release/1/2", False),
        ("release/**/*", "release/1/2", True),
        ("release/**/*", "release/1", True),
        ("v?.[0-9]", "v1.2", True),
        ("v[!0-9]", "v1", False),
        ("a+b", "aab", False),
    ],
)
def test_refs(pattern: str, name: str, fits: bool) -> None:
    assert matches(pattern, name) is fits


@given(st.lists(PARTS, min_size=1, max_size=4).map("/".join))
def test_every_name_fits_itself_and_crossing_stars(name: str) -> None:
    assert matches(name, name)
    assert matches("**/*", name)
    assert matches("*", name) is ("/" not in name)


def test_conditions_of_a_ruleset() -> None:
    assert covers(["~DEFAULT_BRANCH"], [], "refs/heads/main", "main")
    assert not covers(["~DEFAULT_BRANCH"], [], "refs/heads/x", "main")
    assert covers(["~ALL"], ["refs/heads/wip/*"], "refs/heads/x", "main")
    assert not covers(["~ALL"], ["refs/heads/wip/*"], "refs/heads/wip/x", "main")
    assert not covers([], [], "refs/heads/main", "main")


CODEOWNERS = """
*       @all   # everything
*.js    @js
/docs/  @docs
apps/   @apps
logs/*  @logs
/src/**/test @tests
docs/free
"""


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("a.py", "@all"),
        ("deep/er/a.js", "@js"),
        ("docs/a/b.md", "@docs"),
        ("x/docs/a.md", "@all"),
        ("x/apps/a.py", "@apps"),
        ("logs/a", "@logs"),
        ("logs/deep/a", "@all"),
        ("src/a/b/test", "@tests"),
        ("docs/free", None),
    ],
)
def test_the_last_line_that_fits_owns_a_file(path: str, owner: str | None) -> None:
    assert owners_of(CODEOWNERS, path) == (() if owner is None else (owner,))
