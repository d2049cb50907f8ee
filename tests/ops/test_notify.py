"""Going back and promoting tell the team, whichever way they went; what cannot be told fails nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from delivery.errors import DeliveryError, RecordError
from delivery.notices import Post, Tell
from delivery.now import Now
from delivery.store import Store
from ops import deliver
from ops.notify import tell_of
from ops.rollback import rollback
from tests.delivery.fakes import image, release_plan, service_plan
from tests.delivery.scene import run
from tests.ops.conftest import World
from tests.ops.environment import Environment, outcome_of

Invoke = Callable[..., Result]
Posted = list[Mapping[str, Any]]
ISSUE = "https://github.com/acme/shop/issues/7"
BACK = ("-s", "staging", "--reason", "slow", "--yes")


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> Posted:
    """What GitHub was sent; it opens issue 7."""
    found: Posted = []

    def post(_: Post, url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> tuple[int, bytes]:
        assert url == "https://api.github.com/repos/acme/shop/issues"
        assert headers["Authorization"] == "Bearer t0ken"
        found.append(body)
        return 201, json.dumps({"html_url": ISSUE}).encode()

    monkeypatch.setattr(Post, "__call__", post)
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    monkeypatch.delenv("GITHUB_API_URL", raising=False)
    return found


def told(stack: str = "staging") -> None:
    """Let the stack's file name a repository for issues."""
    file = Path(f"Pulumi.{stack}.yaml")
    file.write_text(f"{file.read_text()}  shop:tell: {{issues: acme/shop}}\n")


def two(world: World) -> None:
    world.released(1)
    world.serves(world.released(2))


def test_going_back_opens_an_issue(world: World, invoke: Invoke, posted: Posted) -> None:
    two(world)
    told()
    shown = invoke(rollback, *BACK, "--json")
    assert shown.exit_code == 0, shown.exception
    assert [one["title"] for one in posted] == ["staging was taken back to 1.1.0 (before: 1.2.0)"]
    assert "Why: slow\n" in posted[0]["body"]
    assert json.loads(shown.stdout)["told"] == [ISSUE]
    assert f"Told: {ISSUE}" in shown.stderr


def test_an_update_that_fails_is_told_with_its_cause(world: World, invoke: Invoke, posted: Posted) -> None:
    two(world)
    told()
    world.exit_code = 255
    assert invoke(rollback, *BACK).exception is not None
    assert [one["title"] for one in posted] == ["staging could not be taken back to 1.1.0 (before: 1.2.0)"]
    assert "Failed: the update failed (exit code 255)" in posted[0]["body"]


def test_what_cannot_be_told_is_a_warning_and_nothing_more(
    world: World, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    two(world)
    told()
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    shown = invoke(rollback, *BACK)
    assert shown.exit_code == 0, shown.exception
    assert (
        "Warning: not everybody was told (setting tell): issues of acme/shop: "
        "there is no GITHUB_TOKEN to open one with. What was done stands\n"
    ) in shown.stderr


def test_nothing_is_told_of_a_dry_run_or_where_nobody_is_named(world: World, invoke: Invoke, posted: Posted) -> None:
    two(world)
    invoke(rollback, *BACK)
    two(world)
    told()
    invoke(rollback, *BACK, "--dry-run")
    assert posted == []


def released(environment: Environment) -> None:
    """1.7.4 served, and 1.8.0 serves."""
    run(environment.aws, release_plan(service_plan(environment.old, image("a")), version="1.7.4"))
    assert run(environment.aws, environment.plan).succeeded


def test_going_back_at_once_opens_an_issue_and_looks_how_it_is(environment: Environment, posted: Posted) -> None:
    released(environment)
    told()
    environment.aws.ringing["api-errors"] = "errors above 1%"
    shown = environment.type(rollback, "--now", "--reason", "slow", "--yes", "--json")
    assert shown.exit_code == 0, shown.exception
    (issue,) = posted
    assert issue["title"] == "staging was taken back to 1.7.4 (before: 1.8.0)"
    assert "Not well: alarm api-errors rings: errors above 1%\n" in issue["body"]
    assert f"--of {environment.records[-1]['id']}" in issue["body"]
    assert outcome_of(shown)["told"] == [ISSUE]
    assert "Warning: alarm api-errors rings" in shown.stderr


def test_going_back_at_once_that_ends_in_an_error_is_told(
    environment: Environment, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_(*_: object) -> Any:
        raise DeliveryError("CreateDeployment: AccessDenied", "ask for the right")

    released(environment)
    told()
    monkeypatch.setattr(Now, "run", run_)
    shown = environment.type(rollback, "--now", "--reason", "slow", "--yes")
    assert "AccessDenied" in str(shown.exception)
    (issue,) = posted
    assert issue["title"] == "staging could not be taken back to 1.7.4 (before: 1.8.0)"
    assert "Failed: CreateDeployment: AccessDenied" in issue["body"]
    assert "Record:" not in issue["body"]


def test_telling_never_hides_what_happened(world: World, invoke: Invoke, posted: Posted, monkeypatch: Any) -> None:
    two(world)
    told()
    carry_out, pointer = deliver.carry_out, Store.pointer

    def fails(store: Store) -> Any:
        raise RecordError("serving.json cannot be read", "look at it")

    def carried(*words: Any, **more: Any) -> None:
        carry_out(*words, **more)
        monkeypatch.setattr(Store, "pointer", fails)

    monkeypatch.setattr(deliver, "carry_out", carried)
    monkeypatch.setattr(deliver, "health", lambda *_, **__: [])
    shown = invoke(rollback, *BACK)
    monkeypatch.setattr(Store, "pointer", pointer)
    assert shown.exit_code == 0, shown.exception
    assert "Record:" not in posted[0]["body"]


@pytest.mark.parametrize("now", [("--now",), ()])
def test_stopping_a_running_release_is_told_too(environment: Environment, posted: Posted, now: tuple[str, ...]) -> None:
    run(environment.aws, release_plan(service_plan(environment.old, image("a")), version="1.7.4"))
    told()
    words = (*now, "--reason", "slow", "--yes")
    _, shown = environment.beside(lambda: environment.deployed("shift"), rollback, *words)
    assert shown.exit_code == 0, shown.exception
    assert [one["title"] for one in posted] == ["staging was taken back to 1.7.4 (before: 1.8.0)"]


def test_what_is_no_text_is_left_out() -> None:
    assert tell_of({"webhook": 5, "topic": "arn:x", "other": "y"}) == Tell(topic="arn:x")
