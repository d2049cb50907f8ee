from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from offline.processes import Recorded

pytestmark = pytest.mark.process

SERVER = """
from offline import lifeline
lifeline.hold(lambda: print("left", flush=True))
print("up", flush=True)
lifeline.wait()
"""


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def test_a_process_is_known_again_and_ended(child: subprocess.Popen[bytes]) -> None:
    recorded = Recorded.of(child.pid)
    assert recorded
    assert recorded.alive()
    assert recorded.end()
    assert not recorded.alive()
    assert not recorded.end()


def test_a_later_process_with_the_same_number_is_left_alone(child: subprocess.Popen[bytes]) -> None:
    assert not Recorded(child.pid, started=1).end()
    assert child.poll() is None


def test_one_that_does_not_listen_is_killed() -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        recorded = Recorded.of(process.pid)
        assert recorded
        assert recorded.end(grace=0.05)


def test_remains_are_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert Recorded.of(process.pid) is None
    process.wait()


def test_servers_end_with_their_parent() -> None:
    """A server's parent is killed; the server notices and leaves by itself."""
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SERVER!r}]); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        process.kill()
        assert process.stdout.readline() == "left\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_servers_leave_when_asked(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        assert process.communicate()[0] == "left\n"
        assert process.returncode == 0
