"""The search finds secrets in every form in which text travels, and proves that it would have."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from rehearsal.report import leaks

SECRET = 'pa"ss/wörd-8f3c19d0a7'


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        json.dumps({"password": SECRET}),
        f"https://host/?token={quote(SECRET, safe='')}&x=1",
        base64.b64encode(f"AWS:{SECRET}".encode()).decode(),
        base64.b64encode(f"A:{SECRET}".encode()).decode(),
        base64.b64encode(f"AW:{SECRET}!".encode()).decode(),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_leak_is_found_in_every_form(tmp_path: Path, text: str) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "up.log").write_text(f"DEBUG {text} sent\n")
    (tmp_path / "state.json").write_text("{}")
    found = leaks.search({"passphrase": SECRET}, [tmp_path / "logs", tmp_path / "state.json"], tmp_path)
    assert [(leak.name, leak.path.name) for leak in found.leaks] == [("passphrase", "up.log")]
    assert found.told()["where"] == ["passphrase: up.log"]


def test_nothing_is_found_where_nothing_is_and_the_control_is(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "up.log").write_text("all well: pa ss word-8f3c\n")
    secrets = {"passphrase": SECRET, "token": "another-secret-value"}
    found = leaks.search(secrets, [tmp_path / "logs", tmp_path / "missing"], tmp_path)
    assert found.told() == {
        "planted": 2,
        "files_searched": 1,
        "found": 0,
        "where": [],
        "leak_control": {"planted": 1, "found": 1},
    }
    # The leak on purpose leaves nothing behind.
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["logs", "up.log"]


def test_a_blind_search_shows_in_its_control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "variants", lambda _secret: set())
    (tmp_path / "up.log").write_text(SECRET)
    found = leaks.search({"passphrase": SECRET}, [tmp_path / "up.log"], tmp_path)
    assert (found.told()["found"], found.control_found) == (0, 0)
