"""Of a concurrency group one runs, one waits, and a third takes the place of the one that waits."""

from __future__ import annotations

import pytest

from rehearsal.github.concurrency import Groups, Wish

FIRST, SECOND, THIRD = (1, None), (2, 7), (3, None)


@pytest.mark.parametrize(
    ("content", "wish"),
    [
        (None, None),
        ("one", Wish("one", False)),
        ({"group": "to-${{ inputs.where }}", "cancel-in-progress": True}, Wish("to-moon", True)),
        ({"group": "g", "cancel-in-progress": "${{ inputs.where == 'moon' }}"}, Wish("g", True)),
    ],
)
def test_what_a_file_says(content: object, wish: Wish | None) -> None:
    assert Wish.of(content, {"inputs": {"where": "moon"}}) == wish


def test_one_runs_and_the_newest_waits() -> None:
    groups, wish = Groups(), Wish("Deploy", False)
    assert groups.enter(wish, FIRST) == []
    assert groups.enter(wish, SECOND) == []
    assert groups.enter(Wish("deploy", False), THIRD) == [SECOND]
    assert groups.holds("DEPLOY", FIRST)
    assert groups.leave("deploy", SECOND) is None, "it is not in there any more"
    assert groups.leave("deploy", FIRST) == THIRD
    assert groups.holds("deploy", THIRD)
    assert groups.leave("deploy", THIRD) is None
    assert groups.leave("never", FIRST) is None


def test_who_cancels_what_runs_waits_until_it_has_ended() -> None:
    groups, wish = Groups(), Wish("pr", True)
    groups.enter(wish, FIRST)
    assert groups.enter(wish, SECOND) == [FIRST]
    assert not groups.holds("pr", SECOND)
    assert groups.leave("pr", FIRST) == SECOND
