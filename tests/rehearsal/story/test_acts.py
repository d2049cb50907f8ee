"""Acts are played in the story's order, with all that they need."""

from __future__ import annotations

import pytest

from rehearsal.story.acts import ACTS, NAMES, chosen


def names(*wanted: str, own_app: bool = False) -> list[str]:
    return [act.name for act in chosen(wanted, own_app=own_app)]


def test_the_whole_story() -> None:
    assert names() == [act.name for act in ACTS if not act.encore]
    assert names()[0] == "first"
    assert names()[-1] == "tear-down"


@pytest.mark.parametrize(
    ("wanted", "played"),
    [
        (["first"], ["first"]),
        (["canary"], ["first", "canary"]),
        (["slow", "preview"], ["first", "preview", "canary", "slow"]),
        (["tear-down", "broken"], ["first", "canary", "broken", "tear-down"]),
    ],
)
def test_an_act_brings_what_it_needs(wanted: list[str], played: list[str]) -> None:
    assert names(*wanted) == played


def test_encores_are_played_where_they_are_named() -> None:
    encores = [act for act in ACTS if act.encore]
    assert encores
    for act in encores:
        assert names(act.name) == [name for name in NAMES if name in {*act.needs, act.name}]


def test_another_application_has_no_bugs_to_show() -> None:
    assert names(own_app=True) == ["first", "preview", "canary", "history", "rollback", "last-preview", "tear-down"]


def test_needs_come_before_and_are_complete() -> None:
    for place, act in enumerate(ACTS):
        earlier = NAMES[:place]
        assert set(act.needs) <= set(earlier)
        assert act.why.endswith(".")
