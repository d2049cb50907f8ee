"""The emulated GitHub as a rehearsal has it: people, a team that may work in the repository, a private repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.command import Hand
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.processes import Notebook
from rehearsal.stage import github
from rehearsal.stage.workspace import CHECKOUT
from tests.rehearsal.aws.emulator import free_port

pytestmark = [
    pytest.mark.process,
    # The process is the notebook's from then on, by its number.
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[Hand]:
    home = Home(tmp_path)
    home.make()
    made = Hand(home, Notebook(home), dict(os.environ), CHECKOUT)
    yield made
    made.notebook.end_all()


def test_it_holds_a_private_repository_with_who_may_review(hand: Hand) -> None:
    hub = github.start(hand, port=free_port(), token="ghp_planted", name="shop")
    found = hub.call("GET", "R")
    assert (found["full_name"], found["private"], found["permissions"]["admin"]) == ("acme/shop", True, True)
    assert hub.call("GET", "/orgs/acme/teams/platform/repos/acme/shop") is None
    assert hub.call("GET", "/users/ada")["login"] == "ada"
    assert hub.seen("secrets", repo=hub.repository) == {}
    with pytest.raises(RehearsalError, match="refuses GET /repos/acme/shop/labels/none: 404"):
        hub.call("GET", "R/labels/none")


def test_what_must_be_refused_is_told_in_its_words(hand: Hand) -> None:
    hub = github.start(hand, port=free_port(), token="ghp_planted", name="shop")
    hub.told("tokens", token="ghp_ada", login="ada", scopes=["repo"])
    ada = hub.by("ghp_ada")
    assert ada.call("GET", "/user")["login"] == "ada"
    assert ada.refusal("PATCH", "R", {"private": False}) == "403 Must have admin rights to Repository."
    with pytest.raises(RehearsalError, match="GitHub should refuse GET /repos/acme/shop, and does not"):
        ada.refusal("GET", "R")


def test_one_that_cannot_start_is_told_with_its_words(hand: Hand) -> None:
    (hand.home.root / "github" / "repositories").mkdir(parents=True)
    (hand.home.root / "github" / "repositories" / "mine").touch()
    with pytest.raises(RehearsalError, match=r"did not start; its last lines:\n  Error: .* holds what no rehearsal"):
        github.start(hand, port=free_port(), token="ghp_planted", name="shop")
