from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from offline.engine.cache import Cache
from offline.engine.parts import ENGINE


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLIPWAY_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    assert Cache.of_user().root == Path("/home/me/.cache/slipway")
    monkeypatch.setenv("XDG_CACHE_HOME", "/big/cache")
    assert Cache.of_user().root == Path("/big/cache/slipway")
    monkeypatch.setenv("SLIPWAY_CACHE", "~/mine")
    assert Cache.of_user().root == Path("/home/me/mine")


def test_a_part_lies_under_its_version() -> None:
    assert Cache(Path("/c")).part(ENGINE) == Path(f"/c/parts/engine-{ENGINE.version}")


@pytest.mark.parametrize("text", [None, "", "{"])
def test_a_part_without_a_whole_record_is_none(text: str | None, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    if text is not None:
        cache.part(ENGINE).mkdir(parents=True)
        (cache.part(ENGINE) / "part.json").write_text(text)
    assert cache.record(ENGINE) is None


def test_the_second_installation_says_that_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path)
    said: list[str] = []
    asked: list[int] = []

    def lock(_: object, how: int) -> None:
        asked.append(how)
        if how & fcntl.LOCK_NB:
            raise BlockingIOError

    monkeypatch.setattr(fcntl, "flock", lock)
    with cache.lock(said.append):
        pass
    assert said == ["another installation is under way; waiting for it"]
    assert asked == [fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_EX]
