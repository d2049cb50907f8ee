"""A lock that a real process holds is never removed; once the process is gone, it is."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delivery.errors import Refused
from delivery.locks import folder_of
from ops.unlock import unlock
from tests.ops.environment import Environment

pytestmark = pytest.mark.process


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has started, and runs until it is told not to."""
    words = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as made:
        assert made.stdout is not None
        made.stdout.readline()
        yield made
        made.kill()


def lock(pid: int, at: datetime) -> Path:
    folder = Path("state") / folder_of("shop", "staging")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "25390f34-5b19-4728-84d2-29e931337662.json"
    held = {"pid": pid, "username": "ada", "hostname": socket.gethostname(), "timestamp": at.isoformat()}
    path.write_text(json.dumps(held))
    return path


def test_a_lock_that_a_process_holds_stays_until_the_process_is_gone(
    environment: Environment, child: subprocess.Popen[bytes]
) -> None:
    held = lock(child.pid, datetime.now(UTC))
    for words in (("--yes",), ("--yes", "--owner-is-gone")):
        shown = environment.type(unlock, *words)
        assert isinstance(shown.exception, Refused)
        assert f"process {child.pid} (" in shown.exception.message
        assert held.exists()
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not collected: a zombie
    assert "has ended" in environment.type(unlock, answer="n\n").output
    assert held.exists()
    child.wait()
    shown = environment.type(unlock, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert f"process {child.pid} is gone" in shown.output
    assert not held.exists()


def test_a_process_that_stands_still_holds_its_lock(environment: Environment, child: subprocess.Popen[bytes]) -> None:
    held = lock(child.pid, datetime.now(UTC))
    os.kill(child.pid, signal.SIGSTOP)
    assert isinstance(environment.type(unlock, "--yes").exception, Refused)
    assert held.exists()


def test_a_number_that_another_program_has_by_now_holds_nothing(
    environment: Environment, child: subprocess.Popen[bytes]
) -> None:
    uptime = timedelta(seconds=float(Path("/proc/uptime").read_text().split()[0]))
    if uptime < timedelta(minutes=2):
        pytest.skip("this machine has just started")
    held = lock(child.pid, datetime.now(UTC) - timedelta(minutes=1))
    shown = environment.type(unlock, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "is another program by now" in shown.output
    assert not held.exists()
