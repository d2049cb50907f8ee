"""The act in production: the same digests, commands as people type them, and refusals that leave nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rehearsal.command import Finished, Line
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.story.acts import production
from rehearsal.story.play import Play

OLD, NEW = "repository@sha256:1", "repository@sha256:2"


def record(image: str) -> dict[str, Any]:
    return {"services": {"api": {"image": image, "task_definition": "any"}}}


@pytest.mark.parametrize(
    ("ran", "same"),
    [
        ({"1.0.0": [record(OLD), record(OLD)], "1.1.0": [record(NEW)]}, True),
        ({"1.0.0": [record(OLD), record(NEW)]}, False),
        ({"1.2.0": [record(NEW)]}, False),
    ],
)
def test_every_release_has_the_images_of_its_version(ran: dict[str, list[dict[str, Any]]], same: bool) -> None:
    staged = {"1.0.0": {"api": OLD}, "1.1.0": {"api": NEW}}
    assert production.same_digest(staged, ran) is same


class Hand:
    """Types nothing: answers with what it was told to."""

    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text
        self.typed: list[tuple[list[str], str]] = []

    def run(self, words: Sequence[str], *, shown: str, **_: object) -> Finished:
        self.typed.append((list(words)[3:], shown))
        return Finished(shown, self.code, [Line(1.0, line) for line in self.text.splitlines()], 1.0, 1.0, Path("log"))


def stage(hand: Hand, told: io.StringIO, *, client: object = None, workspace: Path = Path()) -> Play:
    found = SimpleNamespace(
        hand=hand,
        console=Console(told, terminal=False),
        stage=SimpleNamespace(home=SimpleNamespace(workspace=workspace), client=lambda _name: client),
    )
    return cast(Play, found)


SAID = "Error: 9.9.9 does not serve in staging: 1.0.0 does\nFix:   leave out --version to take 1.0.0"


def test_a_refusal_says_why_and_the_way_out() -> None:
    hand, told = Hand(1, SAID), io.StringIO()
    production._refused(stage(hand, told), "promote", "--version", "9.9.9", says="does not serve in staging")
    words, shown = hand.typed[0]
    assert words == ["promote", "--stack", "production", "--version", "9.9.9", "--yes"]
    assert shown == "./slipway promote -s production --version 9.9.9 --yes"
    assert told.getvalue().splitlines()[0] == f"$ {shown}"
    assert "Fix:   leave out --version" in told.getvalue()


@pytest.mark.parametrize(
    ("code", "text"),
    [(0, SAID), (1, "Error: something else\nFix:   mend it"), (1, "Error: 9.9.9 does not serve in staging")],
)
def test_another_answer_is_an_error(code: int, text: str) -> None:
    with pytest.raises(RehearsalError, match=re.escape("should be refused with 1, and say “does not serve”")):
        production._refused(stage(Hand(code, text), io.StringIO()), "promote", says="does not serve")


def test_words_with_spaces_are_shown_in_quotes_and_two_environments_compared() -> None:
    assert production._words("rollback", ["--reason", "too early"])[1] == (
        './slipway rollback -s production --reason "too early"'
    )
    words, shown = production._words("diff", [])
    assert (words[3:], shown) == (["diff", "staging", "production"], "./slipway diff staging production")


class S3:
    """A bucket of production's, and one of staging's."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {"current.json": "a"}

    def list_buckets(self) -> dict[str, Any]:
        return {"Buckets": [{"Name": "shop-production-releases-1"}, {"Name": "shop-staging-releases-1"}]}

    def list_objects_v2(self, *, Bucket: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert "production" in Bucket
        return {"Contents": [{"Key": key, "ETag": tag} for key, tag in self.held.items()]}


def test_what_a_refusal_leaves_is_found(tmp_path: Path) -> None:
    s3, told = S3(), io.StringIO()
    settings = tmp_path / "Pulumi.production.yaml"
    settings.write_text("config: {}\n")
    play = stage(Hand(0, ""), told, client=s3, workspace=tmp_path)
    before = production._traces(play)
    production._untouched(play, before)
    assert "nothing of it was left" in told.getvalue()
    s3.held["hold.json"] = "b"
    settings.write_text("config: {shop:release: 9.9.9}\n")
    with pytest.raises(RehearsalError, match=r"has: Pulumi\.production\.yaml, shop-production-releases-1/hold\.json\."):
        production._untouched(play, before)
