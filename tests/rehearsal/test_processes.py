"""A rehearsal finds again what it started, and what a killed one left; and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.home import MARK, Home
from rehearsal.processes import Notebook, Process, strays

pytestmark = pytest.mark.process

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


@pytest.fixture
def others() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for child in started:
        child.kill()
        child.communicate()


def sleeper(env: dict[str, str]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(SLEEP, env={**os.environ, **env}, stdout=subprocess.PIPE)
    assert child.stdout
    child.stdout.readline()
    return child


def test_what_was_started_is_noted_and_ended(home: Home) -> None:
    child = Notebook(home).start("sleeper", SLEEP, env=os.environ)
    # Another process reads the note, as the next rehearsal after a kill does.
    following = Notebook(home)
    assert [process.what for process in following.running()] == ["sleeper"]
    assert following.end_all() == ["sleeper"]
    assert following.running() == []
    child.wait()
    assert following.end_all() == []


def test_one_can_be_ended_by_name(home: Home) -> None:
    notebook = Notebook(home)
    children = [notebook.start(what, SLEEP, env=os.environ) for what in ("one", "two")]
    notebook.end("one")
    assert [process.what for process in notebook.running()] == ["two"]
    notebook.end_all()
    for child in children:
        child.wait()


def test_a_number_that_was_given_away_again_is_left_alone(home: Home, others: list[subprocess.Popen[bytes]]) -> None:
    stranger = sleeper({})
    others.append(stranger)
    now = Process.of(stranger.pid)
    assert now
    before = Process(now.pid, now.started - 1, "long gone")
    assert (now.alive(), before.alive(), before.end()) == (True, False, False)
    home.write("processes.json", [{"pid": before.pid, "started": before.started, "what": before.what}])
    assert Notebook(home).end_all() == []
    assert stranger.poll() is None


def test_children_of_children_are_found_by_their_mark(home: Home, others: list[subprocess.Popen[bytes]]) -> None:
    ours, another, none = (
        sleeper({MARK: str(home.root)}),
        sleeper({MARK: f"{home.root}-2"}),
        sleeper({MARK: ""}),
    )
    others += [ours, another, none]
    assert [process.pid for process in strays(home)] == [ours.pid]
    assert Notebook(home).end_all() == ["1 process that these had started"]
    ours.wait()
    assert (another.poll(), none.poll()) == (None, None)


def test_it_spares_itself_and_whom_it_descends_from(home: Home) -> None:
    asked = "from pathlib import Path; from rehearsal.home import Home; from rehearsal.processes import strays"
    program = f"{asked}; print(len(list(strays(Home(Path({str(home.root)!r}))))))"
    # A shell with the mark, as a rehearsal's own shell has, that starts another rehearsal.
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -c "{program}"; true', sys.executable],
        env={**os.environ, MARK: str(home.root), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0", done.stderr


def test_a_broken_note_is_no_note(home: Home) -> None:
    (home.root / "processes.json").write_text("[{")
    assert Notebook(home).running() == []
