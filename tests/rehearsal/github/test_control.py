"""The control paths: what they refuse, and how."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    ("what", "wish", "words"),
    [
        ("accounts", {"login": "x", "plan": "gold"}, "plan is one of free, pro, team, enterprise, got 'gold'"),
        ("accounts", {}, "login is missing"),
        ("tokens", {"token": "t", "login": "x", "kind": "magic"}, "kind is one of classic, fine-grained, app, actions"),
        ("tokens", {"token": "t", "login": "x", "kind": "app"}, "app is the id of the app"),
        ("trouble", {"status": 1}, "status is a number from 400 to 599"),
        ("repositories", {"owner": "nobody-at-all", "name": "x"}, "Not Found"),
        ("finish", {"repo": "nobody/x", "run": 1}, "Not Found"),
        ("runs", [], "the body is a JSON object"),
    ],
)
def test_wishes_that_are_refused(hub: GitHub, what: str, wish: Any, words: str) -> None:
    refused = requests.post(f"{hub.world.base}/_rehearsal/{what}", json=wish, timeout=10)
    assert refused.status_code == 400
    assert words in refused.json()["error"]
    assert "Fix: " in refused.json()["error"]


def test_what_does_not_exist(hub: GitHub) -> None:
    refused = requests.get(f"{hub.world.base}/_rehearsal/none", timeout=10)
    assert refused.status_code == 404
    assert "Fix: POST accounts" in refused.json()["error"]


def test_pushes_are_decided_with_a_ticket_only(hub: GitHub) -> None:
    body = {"ticket": "guessed", "commands": []}
    assert requests.post(f"{hub.world.base}/_rehearsal/push", json=body, timeout=10).status_code == 404
