"""Starting and ending: what is refused in one sentence, and that nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import ImageNotFound

from rehearsal.aws.containers import Images
from tests.rehearsal.aws.emulator import ACCOUNT, REGION, ROOT, Emulator, free_port, wait_for

pytestmark = pytest.mark.process


def start(home: Any, *options: Any, environment: Any = None) -> Any:
    """Run it until it ends by itself."""
    defaults = ["--region", REGION, "--account", ACCOUNT, "--home", str(home)]
    ports = ["--port", str(free_port()), "--proxy-port", str(free_port())]
    return subprocess.run(
        [sys.executable, "-m", "rehearsal.aws", *ports, *defaults, *options],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--account", "12345678901", "twelve digits"),
        ("--speed", "0", "more than 0"),
        ("--speed", "fast", "invalid float"),
        ("--port", "x", "invalid int"),
    ],
)
def test_wrong_usage_is_exit_2(tmp_path: Path, option: Any, value: Any, words: Any) -> None:
    ended = start(tmp_path, option, value)
    assert ended.returncode == 2
    assert words in ended.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = start(tmp_path, "--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"Error: port {port} of 127.0.0.1 cannot be used: Address already in use\nFix: ")


def test_without_docker_it_says_so(tmp_path: Path) -> None:
    ended = start(tmp_path, environment={"DOCKER_HOST": f"unix://{tmp_path}/no.sock"})
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: no Docker engine answers")
    assert "Fix: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_containers_it_needs_no_docker(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "rehearsal.aws", "--port", str(free_port()), "--proxy-port", str(free_port())]
    words += ["--region", REGION, "--account", ACCOUNT, "--home", str(tmp_path), "--no-containers"]
    environment = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/no.sock"}
    with subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.fixture
def engine() -> Iterator[Any]:
    client = docker.from_env()
    yield client
    with contextlib.suppress(ImageNotFound):
        client.api.remove_image("slipway-test:empty", force=True)
    client.close()


@pytest.mark.emulator
def test_images_that_were_pulled_are_removed_even_after_a_kill(tmp_path: Path, engine: Any) -> None:
    engine.api.import_image_from_data(empty_archive(), repository="slipway-test", tag="empty")
    Images(tmp_path).remember("slipway-test:empty")
    Images(tmp_path).remember("slipway-test:gone")
    Images(tmp_path).remove(engine)
    with pytest.raises(ImageNotFound):
        engine.images.get("slipway-test:empty")
    Images(tmp_path).remove(engine)


@pytest.mark.emulator
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_nothing_left(tmp_path: Path, engine: Any, number: Any) -> None:
    running = Emulator(tmp_path / "home")
    leave_a_container(engine, running.ready["label"])
    running.process.send_signal(number)
    assert running.process.wait(30) == 0
    running.end()
    assert left(engine, running.ready["label"]) == []
    assert not (tmp_path / "home" / "ready.json").exists()


@pytest.mark.emulator
def test_what_a_killed_one_left_is_removed_at_the_next_start(tmp_path: Path, engine: Any) -> None:
    running = Emulator(tmp_path / "home")
    leave_a_container(engine, running.ready["label"])
    running.process.kill()
    running.process.wait()
    running.end()
    assert len(left(engine, running.ready["label"])) == 1
    again = Emulator(tmp_path / "home")
    try:
        wait_for(lambda: left(engine, running.ready["label"]) == [])
    finally:
        again.end()


def left(engine: Any, label: Any) -> Any:
    return engine.api.containers(all=True, filters={"label": [label]})


def leave_a_container(engine: Any, label: Any) -> None:
    """A container that is made and never started, as a kill in the middle leaves it."""
    key, _, value = label.partition("=")
    engine.api.import_image_from_data(empty_archive(), repository="slipway-test", tag="empty")
    engine.api.create_container("slipway-test:empty", command=["/x"], labels={key: value})


def empty_archive() -> Any:
    import io
    import tarfile

    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w"):
        pass
    return content.getvalue()
