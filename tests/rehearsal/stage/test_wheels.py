"""The example's packages are fetched once, with the machine's pip, and lie beside its Dockerfile."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from rehearsal.command import Hand
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.processes import Notebook
from rehearsal.stage import wheels
from rehearsal.stage.application import Application
from rehearsal.stage.workspace import CHECKOUT

pytestmark = pytest.mark.process

EXAMPLE = CHECKOUT / "example" / "backend"
PIP = """#!/bin/sh
echo "$@" >> "$0.asked"
while [ "$1" != --dest ]; do shift; done
mkdir "$2" && touch "$2/redis-8.1.0-py3-none-any.whl" "$2/six-1.17.0-py2.py3-none-any.whl"
"""


@pytest.fixture
def hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hand:
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path / "cache"))
    home = Home(tmp_path / "home")
    home.make()
    return Hand(home, Notebook(home), dict(os.environ), tmp_path)


def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    path = tmp_path / "python"
    path.write_text(script)
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))
    return path.with_suffix(".asked")


def test_packages_are_fetched_once_and_are_part_of_the_first_release(
    hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = pip(tmp_path, monkeypatch, PIP)
    found = wheels.ensure(EXAMPLE, hand, Console(sys.stderr))
    assert found
    assert wheels.ensure(EXAMPLE, hand, Console(sys.stderr)) == found
    assert len(asked.read_text().splitlines()) == 1
    # No index is named: pip asks the one that the machine is configured for.
    assert "index" not in asked.read_text()
    made = Application(tmp_path / "app")
    made.begin(EXAMPLE, "1.0.0", found)
    assert sorted(path.name[:3] for path in (made.folder / "wheels").iterdir()) == ["red", "six"]
    assert "wheels/six" in made._git("ls-files")
    assert made._git("status", "--porcelain") == ""


def test_an_index_that_cannot_be_reached_is_told_and_nothing_is_kept(
    hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip(tmp_path, monkeypatch, "#!/bin/sh\necho 'ERROR: No matching distribution found for pg8000'\nexit 1\n")
    with pytest.raises(RehearsalError) as raised:
        wheels.ensure(EXAMPLE, hand, Console(sys.stderr))
    assert raised.value.what == (
        "the packages of backend/requirements.txt could not be fetched: "
        "ERROR: No matching distribution found for pg8000"
    )
    assert "pip config list" in raised.value.fix
    assert list((tmp_path / "cache" / "wheels").iterdir()) == []


def test_an_application_without_a_list_needs_none(hand: Hand, tmp_path: Path) -> None:
    assert wheels.ensure(tmp_path, hand, Console(sys.stderr)) is None


def test_the_list_is_exact() -> None:
    lines = [line.partition("#")[0].strip() for line in (EXAMPLE / "requirements.txt").read_text().splitlines()]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9a-z.]+", line) for line in lines if line)
