"""What must be so before anything starts: one clear sentence, and the way out."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from docker.errors import DockerException

from rehearsal.command import Finished, Hand, Line
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.killpoints import KillPoints
from rehearsal.processes import Notebook
from rehearsal.stage import base_image, docker_engine, packages, preconditions, toolchain


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    home = Home(tmp_path)
    home.make()
    return Hand(home, Notebook(home), dict(os.environ), tmp_path)


def test_an_old_python() -> None:
    with pytest.raises(RehearsalError) as raised:
        preconditions.check_python((3, 9, 18))
    assert raised.value.what == "Python 3.11 or newer is needed; this is 3.9.18."
    preconditions.check_python((3, 11, 0))


def test_somebody_who_is_not_root() -> None:
    with pytest.raises(RehearsalError, match="takes root") as raised:
        preconditions.check_root(1000)
    assert "sudo -E ./slipway rehearse" in raised.value.fix
    preconditions.check_root(0)


def test_no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RehearsalError, match="no git"):
        preconditions.check_git()


def test_no_disk(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError) as raised:
        preconditions.check_disk(tmp_path, needed=3.0, free=1.24)
    assert raised.value.what == f"{tmp_path} has 1.2 GB of disk left; a rehearsal needs 3.0 GB."
    assert "SLIPWAY_CACHE" in raised.value.fix
    preconditions.check_disk(tmp_path / "not" / "there", needed=0.0)
    with pytest.raises(RehearsalError):
        preconditions.check_disk(tmp_path / "not" / "there", needed=10**9)


def test_a_taken_port_and_who_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(RehearsalError) as raised:
            preconditions.check_ports([port])
        assert f"port {port} of this machine is taken by process {os.getpid()}, " in raised.value.what
        assert Path(sys.executable).name in raised.value.what
        assert f"`--port {port + 100}`" in raised.value.fix
    preconditions.check_ports([port])
    assert preconditions.holder(port) == ""


class Clock:
    """Stands for the module `time`: who sleeps finds that the time has passed."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer() -> str:
        raise DockerException("Error while fetching server API version: No such file or directory")

    monkeypatch.setattr(docker_engine, "_version", answer)
    monkeypatch.setattr(docker_engine, "_running", lambda: "")
    monkeypatch.setattr(docker_engine, "time", Clock())
    monkeypatch.delenv("DOCKER_HOST", raising=False)


@pytest.mark.usefixtures("no_engine")
class TestNoDockerEngine:
    def refusal(self, hand: Hand, *, install_missing: bool) -> RehearsalError:
        with pytest.raises(RehearsalError) as raised:
            docker_engine.ensure(hand, Console(sys.stderr), install_missing=install_missing)
        return raised.value

    def test_nothing_is_installed_unasked(self, hand: Hand) -> None:
        error = self.refusal(hand, install_missing=False)
        assert error.what == "no Docker engine answers on this machine."
        assert "--install-missing" in error.fix

    def test_without_root_it_cannot_be_started(self, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert "takes root" in self.refusal(hand, install_missing=True).what

    def test_never_a_second_one(self, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(docker_engine, "_running", lambda: "812")
        error = self.refusal(hand, install_missing=True)
        assert "a Docker engine runs (process 812), but does not answer" in error.what
        assert "would break its network" in error.fix

    def test_not_the_one_that_was_named(self, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
        assert "DOCKER_HOST=tcp://127.0.0.1:1" in self.refusal(hand, install_missing=True).what

    def test_neither_root_nor_in_its_group(self, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
        def answer() -> str:
            raise DockerException("('Connection aborted.', PermissionError(13, 'Permission denied'))")

        monkeypatch.setattr(docker_engine, "_version", answer)
        error = self.refusal(hand, install_missing=False)
        assert error.what.endswith("you are neither root nor in the group `docker`.")
        assert "usermod" in error.fix


def test_no_go_where_something_must_be_compiled(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [{"part": "engine", "path": None}, {"part": "aws", "path": "/there"}]
    monkeypatch.setattr(toolchain, "parts", lambda _hand: parts)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RehearsalError) as raised:
        toolchain.ensure(hand, Console(sys.stderr), KillPoints(), github=True)
    assert raised.value.what == "engine must be compiled with Go, and there is no `go` on PATH."


def test_github_s_provider_is_built_for_those_who_need_it(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [{"part": name, "path": "/there", "version": "1"} for name in ("engine", "aws", "github")]
    monkeypatch.setattr(toolchain, "parts", lambda _hand: parts)
    asked = list[str]()

    def run(words: list[str], **_: object) -> Finished:
        asked.extend(words[3:])
        return Finished("toolchain", 0, [Line(0.0, "{}")], 0.0, 0.0, Path("log"))

    monkeypatch.setattr(hand, "run", run)
    toolchain.ensure(hand, Console(sys.stderr), KillPoints(), github=False)
    toolchain.ensure(hand, Console(sys.stderr), KillPoints(), github=True)
    assert [word for word in asked if "," in word] == ["engine,aws", "engine,aws,github"]


def test_a_package_source_that_cannot_be_reached(hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt = tmp_path / "bin" / "apt-get"
    apt.parent.mkdir()
    apt.write_text("#!/bin/sh\necho 'E: Failed to fetch http://archive.example/docker.io.deb'\nexit 100\n")
    apt.chmod(0o755)
    path = f"{apt.parent}:{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    hand = Hand(hand.home, hand.notebook, {**os.environ, "PATH": path}, tmp_path)
    with pytest.raises(RehearsalError) as raised:
        packages.install(["docker.io"], hand, Console(sys.stderr))
    assert raised.value.what == (
        "apt-get could not install docker.io: E: Failed to fetch http://archive.example/docker.io.deb"
    )
    assert "package sources in /etc/apt" in raised.value.fix


def test_no_apt_no_installation(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RehearsalError, match="git cannot be installed here: that takes root, on Debian or Ubuntu"):
        packages.install(["git"], hand, Console(sys.stderr))


def test_no_base_image_and_no_way_to_make_one(hand: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SLIPWAY_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(packages, "distribution", lambda: {"ID": "debian", "VERSION_CODENAME": "bookworm"})
    with pytest.raises(RehearsalError, match="no mmdebstrap to make a base image with"):
        base_image.make(hand, Console(sys.stderr), install_missing=False)
    monkeypatch.setattr(packages, "distribution", lambda: {"ID": "fedora"})
    with pytest.raises(RehearsalError, match="on Debian and Ubuntu only"):
        base_image.make(hand, Console(sys.stderr), install_missing=True)


def test_a_distribution_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_CODENAME=bookworm\nNAME="Debian GNU/Linux"\n\n')
    told = packages.distribution(tmp_path / "os-release")
    assert (told["ID"], told["VERSION_CODENAME"], told["NAME"]) == ("debian", "bookworm", "Debian GNU/Linux")
    assert packages.distribution(tmp_path / "none") == {}
