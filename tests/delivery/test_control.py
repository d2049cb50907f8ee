"""A person's wish as it is stored, and what is refused when it is read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from delivery.control import WISHES, Control
from delivery.errors import RecordError

WISH = Control(release="3f9c1e2a", wish="abort", who="ada (arn)", reason="slow", asked="2026-01-02T03:04:05Z")


@settings(derandomize=True, database=None)
@given(wish=some.sampled_from(WISHES), who=some.text(), reason=some.text())
def test_what_is_written_is_read_back(wish: Any, who: str, reason: str) -> None:
    control = Control(release="3f9c1e2a", wish=wish, who=who, reason=reason, asked="2026-01-02T03:04:05Z")
    assert Control.from_json(control.to_json(), "here", "3f9c1e2a") == control


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": 2}, "here: written in schema 2, this checkout reads 1"),
        ({"wish": "destroy"}, "here: wish should be one of skip-bake, abort, is 'destroy'"),
        ({"reason": None}, "here: reason should be a string, is None"),
        ({"release": "00000001"}, "here: is meant for release 00000001, not for 3f9c1e2a"),
    ],
)
def test_what_is_no_wish_to_this_release_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RecordError) as caught:
        Control.from_json(json.dumps({"schema": 1, **asdict(WISH), **changes}), "here", "3f9c1e2a")
    assert caught.value.message == said
    assert caught.value.fix


@settings(derandomize=True, database=None)
@given(text=some.one_of(some.text(), some.binary()))
def test_any_other_text_is_refused(text: str | bytes) -> None:
    with pytest.raises(RecordError):
        Control.from_json(text, "here", "3f9c1e2a")


def test_it_lies_beside_the_records_under_the_releases_id() -> None:
    assert WISH.key == "control/3f9c1e2a.json"
