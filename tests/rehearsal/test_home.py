"""Everything a rehearsal has lies in one folder, which one rehearsal uses at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.home import Home, cache_folder


def test_the_cache_folder_is_where_the_person_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SLIPWAY_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == Path.home() / ".cache" / "slipway"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "slipway"
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "mine"))
    assert Home.of("4600").root == tmp_path / "mine" / "rehearsal" / "4600"


def test_clearing_keeps_only_what_makes_the_next_one_faster(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    for kept in ("builder", "docker-engine"):
        (tmp_path / kept).mkdir()
    (tmp_path / "traffic.jsonl").write_text("x")
    (home.workspace).mkdir()
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "file").write_text("precious")
    (home.workspace / "link").symlink_to(outside)
    home.clear()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["builder", "docker-engine"]
    assert (outside / "file").read_text() == "precious"


def test_what_holds_secrets_is_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    assert home.root.stat().st_mode & 0o077 == 0


def test_two_rehearsals_do_not_share_a_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with (
        home.lock(),
        pytest.raises(RehearsalError, match=rf"another rehearsal is under way here \(process {os.getpid()}\)"),
    ):
        home.lock().__enter__()
    with home.lock():
        pass


def test_a_killed_rehearsal_holds_no_lock(tmp_path: Path) -> None:
    program = (
        "import os, signal; from pathlib import Path; from rehearsal.home import Home\n"
        f"with Home(Path({str(tmp_path)!r})).lock(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=env, check=False).returncode == -9
    with Home(tmp_path).lock():
        pass
