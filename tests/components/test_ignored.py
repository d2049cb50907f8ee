"""The table of what is left alone."""

from __future__ import annotations

import pytest

from components.ignored import IGNORED, ignored


@pytest.mark.parametrize("kind", IGNORED)
def test_every_property_has_a_reason(kind: str) -> None:
    assert all(len(reason) > 20 for reason in IGNORED[kind].values())


def test_kinds_are_put_together() -> None:
    assert ignored("worker", "scaled service") == ["taskDefinition", "desiredCount"]


def test_a_kind_that_is_not_in_the_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        ignored("bucket")
