"""What acts do alike: bring the application to a release, prove who serves, tell a right ending from a wrong one."""

from __future__ import annotations

import asyncio
import io
import os
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rehearsal.bench.request import Target
from rehearsal.bench.traffic import Traffic
from rehearsal.command import Finished, Line
from rehearsal.console import Console
from rehearsal.errors import RehearsalError
from rehearsal.home import Home
from rehearsal.killpoints import KillPoints
from rehearsal.processes import Notebook
from rehearsal.stage.docker_engine import Engine
from rehearsal.stage.emulator import Emulator
from rehearsal.stage.secrets import Planted
from rehearsal.stage.stage import Stage
from rehearsal.stage.workspace import CHECKOUT, Project
from rehearsal.story.notes import ReleaseNote
from rehearsal.story.play import Play
from rehearsal.story.pulumi import Update

pytestmark = pytest.mark.process


@pytest.fixture
def told() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def play(tmp_path: Path, told: io.StringIO) -> Play:
    home = Home(tmp_path)
    home.make()
    notebook = Notebook(home)
    emulator = Emulator(
        "http://127.0.0.1:1", "http://127.0.0.1:2", Path("/ca"), "registry", "1" * 12, "eu-west-1", 30.0
    )
    project = Project.read(CHECKOUT)
    stage = Stage(home, notebook, Engine("20", ours=False), emulator, project, Planted.make(), dict(os.environ))
    stage.application.folder.parent.mkdir(parents=True)
    stage.application.begin(CHECKOUT / project.context, "1.0.0")
    return Play(stage, Console(told, terminal=False), KillPoints(), Traffic(home, notebook, 60))


def update(play: Play, code: int, text: str = "") -> Update:
    log = play.stage.home.logs / "up.log"
    log.write_text(text)
    return Update(Finished("pulumi up", code, [Line(1.0, line) for line in text.splitlines()], 1.0, 4.2, log))


def test_a_change_is_made_once(play: Play, told: io.StringIO) -> None:
    assert play.change(1) == "1.0.0"
    assert play.change(2) == "1.1.0"
    assert play.change(2) == "1.1.0"
    assert told.getvalue().count("Greet more warmly") == 1


def test_an_application_of_ones_own_gets_versions_too(play: Play) -> None:
    play.own_app = True
    assert [play.change(number) for number in (1, 2, 2)] == ["1.0.0", "1.1.0", "1.1.0"]


def test_who_went_back_lets_releases_in_again_once(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    typed: list[str] = []

    def run(words: Sequence[str], *, shown: str = "", **_: object) -> Finished:
        typed.append(shown)
        return Finished(shown, 0, [], 1.0, 1.0, Path("log"))

    monkeypatch.setattr(play.hand, "run", run)
    play.forward()
    assert typed == []
    play.held = True
    play.forward()
    play.forward()
    assert typed == [
        './slipway hold -s staging --lift --reason "rehearsal: on to the next release"',
        f"pulumi config rm {play.key('release')} -s staging",
    ]


def test_settings_carry_the_projects_name(play: Play) -> None:
    assert play.key("rollout") == f"{play.stage.project.name}:rollout"


@pytest.fixture
def door() -> Iterator[tuple[Target, list[str]]]:
    """A service that answers with the next of the versions, and then always with the last."""
    versions = ["1.1.0"]
    ready, loop = threading.Event(), asyncio.new_event_loop()
    servers: list[asyncio.Server] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        version = versions.pop(0) if len(versions) > 1 else versions[0]
        writer.write(f"HTTP/1.1 200 OK\r\nX-Version: {version}\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()

    async def serve() -> None:
        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0))
        ready.set()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(5)
    yield Target("127.0.0.1", servers[0].sockets[0].getsockname()[1], "shop"), versions
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    servers[0].close()
    loop.run_until_complete(servers[0].wait_closed())
    loop.close()


def test_proof_takes_every_request(
    play: Play, told: io.StringIO, door: tuple[Target, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    target, versions = door
    monkeypatch.setattr(Play, "target", lambda _self: target)
    play.prove("1.1.0")
    assert "✓ 1.1.0 serves: 20 of 20 requests" in told.getvalue()
    versions.insert(0, "1.2.0")
    with pytest.raises(RehearsalError, match=re.escape("but only 19 of 20 requests say so: 1.1.0, 1.2.0.")):
        play.prove("1.1.0")


def test_a_bug_that_goes_through_is_an_error(play: Play) -> None:
    note = ReleaseNote(3, "1.2.0", "broken", "release 3", 1.0)
    with pytest.raises(RehearsalError, match="carries a bug and should have been stopped"):
        play.expect_failure(update(play, 0), note)


def test_a_bug_that_is_stopped_shows_its_cause(play: Play, told: io.StringIO) -> None:
    text = "Diagnostics:\n  slipway:index:Release (release):\n    1.2.0 refused: GET / answered 500\n    Fix: mend it\n"
    play.expect_failure(update(play, 255, text), ReleaseNote(3, "1.2.0", "broken", "release 3", 1.0))
    assert told.getvalue().splitlines()[-3:] == [
        "■ 1.2.0 is stopped, `pulumi up` ends with 255. Why, in one read:",
        "  │ 1.2.0 refused: GET / answered 500",
        "  │ Fix: mend it",
    ]


def test_a_good_release_that_fails_is_an_error(play: Play) -> None:
    with pytest.raises(RehearsalError, match=r"(?s)release 2 \(1\.1\.0\) should have succeeded: .*no such image"):
        play.expect_success(update(play, 255, "no such image"), ReleaseNote(2, "1.1.0", "good", "release 2", 1.0))
    said = "Diagnostics:\n  slipway:index:Release (release):\n    no task came up\n\n"
    text = f"{said}Error: the update failed\nFix:   see above\n"
    with pytest.raises(RehearsalError, match="should have succeeded: no task came up"):
        play.expect_success(update(play, 1, text), ReleaseNote(2, "1.1.0", "good", "release 2", 1.0))
    assert play.serving == ""


def test_a_release_elsewhere_leaves_what_serves_in_staging(play: Play) -> None:
    play.serving = "1.0.0"
    play.expect_success(update(play, 0), ReleaseNote(46, "1.1.0", "promoted", "promote", 1.0, stack="production"))
    assert play.serving == "1.0.0"


def test_a_good_release_serves_from_then_on(play: Play, told: io.StringIO) -> None:
    play.expect_success(update(play, 0), ReleaseNote(2, "1.1.0", "good", "release 2", 1.0))
    assert play.serving == "1.1.0"
    assert "1.1.0 is delivered in 4.2 s" in told.getvalue()
