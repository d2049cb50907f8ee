"""Starting and ending as a program."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.rehearsal.aws.emulator import ROOT, free_port

pytestmark = pytest.mark.process


def start(home: Path, *options: str, port: int | None = None) -> subprocess.Popen[str]:
    words = [
        sys.executable,
        "-m",
        "rehearsal.github",
        "--port",
        str(port or free_port()),
        "--home",
        str(home),
        *options,
    ]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ready(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready ")
    return json.loads(line.removeprefix("ready "))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_at_a_signal(tmp_path: Path, number: int) -> None:
    process = start(tmp_path, "--owner", "acme", "--plan", "team")
    with process:
        found = ready(process)
        sent = {"Authorization": "Bearer ghp_rehearsal"}
        assert requests.get(f"{found['api']}/orgs/acme", headers=sent, timeout=10).json()["plan"] == {"name": "team"}
        made = requests.post(f"{found['api']}/orgs/acme/repos", json={"name": "shop"}, headers=sent, timeout=10)
        assert made.status_code == 201
        assert json.loads((tmp_path / "ready.json").read_text()) == found
        process.send_signal(number)
        assert process.wait(10) == 0
    assert not (tmp_path / "ready.json").exists()


def test_a_new_start_forgets_the_old_repositories_and_nothing_else(tmp_path: Path) -> None:
    old = tmp_path / "repositories" / "1.git"
    old.mkdir(parents=True)
    with start(tmp_path) as refused:
        assert refused.wait(10) == 1
        assert refused.stderr is not None
        words = refused.stderr.read()
    assert words.startswith(f"Error: {tmp_path}/repositories holds what no rehearsal put there\nFix: ")
    assert old.exists()
    (tmp_path / "repositories" / ".rehearsal").touch()
    with start(tmp_path) as process:
        ready(process)
        assert not old.exists()
        process.terminate()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start(tmp_path, port=port) as refused:
            assert refused.wait(10) == 1
            assert refused.stderr is not None
            assert refused.stderr.read().startswith(f"Error: port {port} of 127.0.0.1 cannot be used")


def test_wrong_usage_is_exit_2(tmp_path: Path) -> None:
    with start(tmp_path, "--plan", "gold") as refused:
        assert refused.wait(10) == 2
