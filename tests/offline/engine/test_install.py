from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from offline.engine import layout
from offline.engine.cache import Cache
from offline.engine.install import install, is_ready
from offline.engine.parts import ENGINE, PARTS, FoundPart, GoPart
from offline.errors import OfflineError

pytestmark = pytest.mark.process

FAKE = """#!/bin/sh
case "$1" in
version) {version} ;;
list) {list} ;;
build)
    echo "$@ $GOFLAGS $GOMODCACHE" >>"$LOG"
    {build}
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$2" && for binary in pulumi tool; do echo '#!/bin/sh' >"$2/$binary" && chmod +x "$2/$binary"; done ;;
esac
"""
TOOL = GoPart(
    name="engine",
    version="1.2.3",
    module="example.com/tool",
    binaries={"tool": "example.com/tool/cmd/tool", "pulumi": "example.com/tool/cmd/pulumi"},
    defines=("example.com/tool.Version=v1.2.3",),
    seconds=1,
    gigabytes=0.001,
)


class Machine:
    """A cache folder, and a `go` that does as it is told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "go.log"
        self.log.touch()
        self.cache = Cache(folder / "cache")
        self.lines: list[str] = []
        monkeypatch.setenv("LOG", str(self.log))
        monkeypatch.setenv("PATH", f"{self.bin}{os.pathsep}/usr/bin{os.pathsep}/bin")
        self.go()

    def go(self, *, version: str = "true", list_: str = "true", build: str = "true") -> None:
        file = self.bin / "go"
        file.write_text(FAKE.format(version=version, list=list_, build=build))
        file.chmod(0o755)

    def install(self, part: GoPart = TOOL) -> None:
        install([part], self.cache, self.lines.append)

    def builds(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_a_part_is_built_once_with_its_version_from_our_checksums(machine: Machine) -> None:
    machine.install()
    machine.install()
    (build,) = machine.builds()
    assert "-s -w -X example.com/tool.Version=v1.2.3" in build
    assert "-modcacherw -mod=readonly" in build
    assert str(machine.cache.go_modules) in build
    assert is_ready(TOOL, machine.cache)
    assert list(machine.cache.scratch.glob("*")) == []


def test_the_record_tells_version_origin_and_time(machine: Machine) -> None:
    machine.install()
    noted = json.loads((machine.cache.part(TOOL) / "part.json").read_text())
    assert (noted["version"], noted["origin"]) == ("1.2.3", "Go module example.com/tool v1.2.3")
    assert noted["seconds"] >= 0


def test_another_recipe_of_the_same_version_is_built_again(machine: Machine) -> None:
    machine.install()
    machine.install(GoPart(**{**vars(TOOL), "defines": ("example.com/tool.Other=x",)}))
    assert len(machine.builds()) == 2


def test_a_part_whose_binary_is_gone_is_built_again(machine: Machine) -> None:
    machine.install()
    (machine.cache.part(TOOL) / "bin" / "tool").unlink()
    machine.install()
    assert len(machine.builds()) == 2


def test_a_build_that_was_cut_off_leaves_no_part(machine: Machine) -> None:
    machine.go(build="exit 1")
    with pytest.raises(OfflineError):
        machine.install()
    assert not is_ready(TOOL, machine.cache)
    machine.go()
    machine.install()
    assert is_ready(TOOL, machine.cache)


def test_what_a_killed_installation_left_is_removed(machine: Machine) -> None:
    (machine.cache.scratch / "engine-xyz").mkdir(parents=True)
    machine.install()
    assert list(machine.cache.scratch.glob("*")) == []


def failure(machine: Machine) -> OfflineError:
    with pytest.raises(OfflineError) as failed:
        machine.install()
    return failed.value


def test_no_go(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    error = failure(machine)
    assert error.what == "engine is compiled with Go, and there is no `go` on PATH."
    assert error.fix.startswith("install Go 1.26 or newer (https://go.dev/dl")


def test_go_too_old(machine: Machine) -> None:
    machine.go(version="echo 'go: go.mod requires go >= 1.26 (running go 1.19.8; GOTOOLCHAIN=local)' >&2; exit 1")
    error = failure(machine)
    assert error.what == f"engine needs Go 1.26; {machine.bin / 'go'} is go 1.19.8."
    assert "GOTOOLCHAIN=auto" in error.fix


def test_go_that_does_not_work(machine: Machine) -> None:
    machine.go(version="echo 'cannot execute' >&2; exit 126")
    assert failure(machine).what == f"{machine.bin / 'go'} does not work: cannot execute"


def test_modules_out_of_reach(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "https://proxy.example.com")
    machine.go(list_="echo 'go: x: Get https://proxy.example.com/x: dial tcp: lookup proxy.example.com' >&2; exit 1")
    error = failure(machine)
    assert error.what.startswith(
        "the Go modules of engine 1.2.3 could not be fetched from GOPROXY=https://proxy.example.com:\n  go: x:"
    )
    assert error.fix.endswith("it goes on where it stopped.")


def test_a_disk_that_fills_up(machine: Machine) -> None:
    machine.go(build="echo 'write /x: no space left on device' >&2; exit 1")
    error = failure(machine)
    assert error.what == "the disk filled up while engine 1.2.3 was built."


def test_a_disk_that_is_full_before(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 500_000})())
    error = failure(machine)
    assert error.what == f"{machine.cache.root} has 0.0 GB left; building engine needs 0.0 GB."
    assert "SLIPWAY_CACHE" in error.fix
    assert machine.builds() == []


def test_a_build_that_fails_shows_its_last_lines(machine: Machine) -> None:
    machine.go(build="echo 'x.go:1: undefined: y' >&2; exit 1")
    assert failure(machine).what == "Go could not build engine 1.2.3; its last lines:\n  x.go:1: undefined: y"


def test_what_is_not_on_this_machine_fails_before_anything_is_built(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_TERRAFORM_PROVIDER_NONE", "/nonexistent")
    found = FoundPart(name="none", version="1", source="registry.terraform.io/x/none", plugin_version="1")
    with pytest.raises(OfflineError, match="SLIPWAY_TERRAFORM_PROVIDER_NONE=/nonexistent is neither"):
        install([TOOL, found], machine.cache, machine.lines.append)
    assert machine.builds() == []


def test_the_engine_finds_its_language_host_beside_itself(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "ENGINE", TOOL)
    machine.install()
    assert (machine.cache.bin / "pulumi").stat().st_ino == (machine.cache.part(TOOL) / "bin" / "pulumi").stat().st_ino
    host = machine.cache.bin / "pulumi-language-python"
    assert host.stat().st_mode & stat.S_IXUSR
    machine.install()
    assert not list(machine.cache.bin.glob("*.new"))


def test_the_checksums_of_every_built_part_are_in_the_project() -> None:
    for part in PARTS.values():
        if isinstance(part, GoPart):
            assert f"{part.module} v{part.version} h1:" in (part.modules / "go.sum").read_text()


def test_the_engine_says_its_version() -> None:
    assert ENGINE.defines == (f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{ENGINE.version}",)
