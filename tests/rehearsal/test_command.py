"""Commands are run as a person would, and every word they say is kept."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from rehearsal.command import Finished, Hand, Line, problem
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.processes import Notebook

pytestmark = pytest.mark.process


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    home = Home(tmp_path)
    home.make()
    return Hand(home, Notebook(home), dict(os.environ), tmp_path)


def python(hand: Hand, program: str, **options: bool) -> Finished:
    return hand.run([sys.executable, "-c", program], name="python", **options)  # type: ignore[arg-type]


def test_lines_come_with_their_time_and_go_to_a_log(hand: Hand) -> None:
    heard: list[Line] = []
    program = "import sys; print('one'); print('two', file=sys.stderr)"
    done = hand.run([sys.executable, "-uc", program], name="python", on_line=heard.append)
    assert (done.code, done.output, [line.text for line in heard]) == (0, "one\ntwo", ["one", "two"])
    assert all(done.started <= line.at <= done.started + done.seconds for line in heard)
    assert (done.log.name, done.log.read_text()) == ("001-python.log", "one\ntwo\n")
    assert python(hand, "").log.name == "002-python.log"


def test_standard_error_can_be_kept_apart(hand: Hand) -> None:
    done = python(hand, "import sys; print('{}'); print('warning', file=sys.stderr)", apart=True)
    assert done.output == "{}"
    assert "warning" in done.log.read_text()


def test_a_failure_shows_its_last_lines_and_its_log(hand: Hand) -> None:
    done = python(hand, "import sys; print('starting'); sys.exit('no space left')")
    with pytest.raises(RehearsalError) as raised:
        done.needed("the image could not be built")
    assert raised.value.what.startswith("the image could not be built: `python")
    assert raised.value.what.endswith("ended with 1; its last lines:\n  starting\n  no space left")
    assert raised.value.fix == f"all it said is in {done.log}."


def test_a_command_of_ours_says_itself_what_to_do(hand: Hand) -> None:
    done = python(hand, "print('building'); print('Error: no Go.'); print('Fix:   install Go.'); raise SystemExit(1)")
    with pytest.raises(RehearsalError) as raised:
        done.needed("the toolchain could not be prepared")
    assert (raised.value.what, raised.value.fix) == ("the toolchain could not be prepared: no Go.", "install Go.")
    assert str(raised.value) == "Error: the toolchain could not be prepared: no Go.\nFix:   install Go."


def test_problems_are_read_only_where_both_halves_are_there() -> None:
    assert problem(["Error: a", "  b", "Fix:   c"]) == ("a\n  b", "c")
    assert problem(["Error: a"]) is None
    assert problem([]) is None


def test_a_command_does_not_end_later_because_something_it_started_lives_on(hand: Hand) -> None:
    program = (
        "import subprocess, sys; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)']); print(child.pid)"
    )
    done = python(hand, program)
    try:
        assert done.seconds < 10
    finally:
        os.kill(int(done.output), signal.SIGKILL)


def test_a_command_that_is_no_longer_wanted_may_end_well(hand: Hand, tmp_path: Path) -> None:
    program = (
        "import signal, sys, time, pathlib\n"
        "def leave(*_): pathlib.Path('cancelled').write_text('yes'); sys.exit(0)\n"
        "signal.signal(signal.SIGINT, leave); print('up', flush=True); time.sleep(30)"
    )

    def interrupt(_line: Line) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hand.run([sys.executable, "-c", program], name="python", on_line=interrupt)
    assert (tmp_path / "cancelled").read_text() == "yes"
    assert hand.notebook.running() == []


def test_what_it_starts_is_noted_while_it_runs(hand: Hand) -> None:
    noted: list[str] = []

    def look(_line: Line) -> None:
        noted.extend(process.what for process in hand.notebook.running())
        (hand.folder / "seen").touch()

    program = "import pathlib, time; print('up', flush=True)\nwhile not pathlib.Path('seen').exists(): time.sleep(0.01)"
    hand.run([sys.executable, "-c", program], name="python", on_line=look)
    assert noted == ["python"]
