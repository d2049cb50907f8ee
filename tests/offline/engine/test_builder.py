from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from offline.engine.builder import Builder, configuration
from offline.engine.cache import Cache
from offline.engine.parts import BUILDKIT
from offline.errors import OfflineError
from offline.processes import Recorded

pytestmark = pytest.mark.process

BUILDKITD = f"""#!{sys.executable}
import os, socket, sys, time, tomllib
settings = tomllib.load(open(sys.argv[2], "rb"))
server = socket.socket(socket.AF_UNIX)
server.bind(settings["grpc"]["address"][0].removeprefix("unix://"))
print({{name: os.environ.get(name) for name in ("HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "TMPDIR")}}, flush=True)
time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a short path, and a stand-in for BuildKit in the cache."""
    tools = Cache(tmp_path).part(BUILDKIT) / "bin"
    tools.mkdir(parents=True)
    for name, text in (
        ("buildkitd", BUILDKITD),
        ("buildctl", "#!/bin/sh\nexit 0\n"),
        ("runc", "#!/bin/sh\necho null\n"),
    ):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return tmp_path / "b"


def make(home: Path) -> Builder:
    return Builder(home, Cache(home.parent))


def test_the_configuration_keeps_everything_below_home() -> None:
    read = tomllib.loads(configuration(Path("/h/root"), Path("/h/s.sock"), ["127.0.0.1:4600"]))
    assert read["root"] == "/h/root"
    assert read["grpc"] == {"address": ["unix:///h/s.sock"]}
    assert read["otel"] == {"socketPath": "/h/s.otel"}
    assert read["worker"]["oci"] == {"enabled": True, "snapshotter": "overlayfs", "networkMode": "host"}
    assert read["worker"]["containerd"] == {"enabled": False}
    assert read["registry"] == {"127.0.0.1:4600": {"http": True}}


def test_it_starts_says_how_to_find_it_and_ends(home: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    made = make(home).start(proxy="http://127.0.0.1:1", ca=bundle)
    try:
        environment: dict[str, Any] = eval((home / "buildkitd.log").read_text())
        assert environment == {
            "HTTPS_PROXY": "http://127.0.0.1:1",
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": str(bundle),
            "TMPDIR": str(home / "tmp"),
        }
        chosen = Path(made["env"]["BUILDX_CONFIG"])
        assert json.loads((chosen / "current").read_text()) == {"Key": "", "Name": "slipway", "Global": True}
        (node,) = json.loads((chosen / "instances" / "slipway").read_text())["Nodes"]
        assert node["Endpoint"] == f"unix://{made['socket']}"
    finally:
        make(home).stop()
    assert Recorded.of(made["pid"]) is None
    assert not (home / "buildkitd.sock").exists()
    assert not (home / "builder.json").exists()


def test_starting_again_ends_the_former_one(home: Path) -> None:
    first = make(home).start()
    second = make(home).start()
    try:
        assert Recorded.of(first["pid"]) is None
        assert Recorded.of(second["pid"]) is not None
    finally:
        make(home).stop()


def test_stopping_what_does_not_run_is_fine(home: Path) -> None:
    builder = make(home)
    builder.stop()
    assert not builder.socket.exists()


def test_steps_and_mounts_of_a_killed_one_are_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    containers = [{"id": "ours", "bundle": f"{home}/root/executor/ours"}, {"id": "theirs", "bundle": "/run/other"}]

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        ran.append([Path(command[0]).name, *map(str, command[1:])])
        return subprocess.CompletedProcess(command, 0, stdout=json.dumps(containers))

    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr(Builder, "_mounts", lambda _: iter([f"{home}/root/a", f"{home}/root/a/b"]))
    make(home).stop()
    assert ran == [
        ["runc", "list", "--format", "json"],
        ["runc", "delete", "--force", "ours"],
        ["umount", "--lazy", f"{home}/root/a/b"],
        ["umount", "--lazy", f"{home}/root/a"],
    ]


def refused(home: Path) -> OfflineError:
    with pytest.raises(OfflineError) as error:
        make(home).start()
    return error.value


def test_without_buildkit(home: Path) -> None:
    (Cache(home.parent).part(BUILDKIT) / "bin" / "buildkitd").unlink()
    assert refused(home).fix == "`./slipway toolchain install --parts buildkit`."


def test_without_root(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert refused(home).what == "the image builder needs root: it mounts the layers of images."


def test_without_runc(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Builder, "_path", staticmethod(lambda: "/nonexistent"))
    assert refused(home).what == "there is no runc, which runs the steps of a build."


def test_with_too_long_a_path(home: Path) -> None:
    long = Builder(home / ("x" * 120), Cache(home.parent))
    with pytest.raises(OfflineError, match="is too long a path for a socket"):
        long.start()


def test_what_it_says_when_it_does_not_start_is_told(home: Path) -> None:
    (Cache(home.parent).part(BUILDKIT) / "bin" / "buildkitd").write_text("#!/bin/sh\necho 'cannot mount' >&2\nexit 1\n")
    assert refused(home).what == "the image builder did not start; its last lines:\n  cannot mount"
