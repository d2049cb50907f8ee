from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from offline.engine import layout
from offline.engine.cache import Cache
from offline.engine.parts import AWS, DOCKER_BUILD, ENGINE, GITHUB, Part


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache that holds every part, by its looks."""
    cache = Cache(tmp_path)
    parts: list[tuple[Part, str]] = [
        (ENGINE, "pulumi"),
        (DOCKER_BUILD, "pulumi-resource-docker-build"),
        (AWS, "nothing"),
        (GITHUB, "terraform-provider-github"),
    ]
    for part, binary in parts:
        (cache.part(part) / "bin").mkdir(parents=True)
        (cache.part(part) / "bin" / binary).write_text("binary")
        (cache.part(part) / "part.json").write_text('{"path": "x"}')
    layout.write(cache)
    return cache


def launch(file: Path, words: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([file, *words], env=variables, capture_output=True, text=True, check=False)


def test_plugins_lie_where_the_engine_looks(cache: Cache) -> None:
    plugins = cache.pulumi_home / "plugins"
    assert (plugins / "resource-aws-v7.51.1" / "pulumi-resource-aws").exists()
    assert "bridge github" in (plugins / "resource-github-v6.15.0" / "pulumi-resource-github").read_text()
    assert (plugins / "resource-docker-build-v0.0.22" / "pulumi-resource-docker-build").read_text() == "binary"


def test_launchers_start_the_checkout_that_asks_and_name_no_place(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / "launch.py").write_text("import sys; print(sys.argv[1:])")
    variables = {layout.LAUNCH: str(tmp_path / "launch.py"), layout.PYTHON: sys.executable}
    file = cache.pulumi_home / "plugins" / "resource-aws-v7.51.1" / "pulumi-resource-aws"
    assert launch(file, ["127.0.0.1:1", "a b"], variables).stdout == "['bridge', 'aws', '127.0.0.1:1', 'a b']\n"
    assert launch(cache.bin / "pulumi-language-python", [], variables).stdout == "['language-host']\n"
    assert str(tmp_path) not in file.read_text()


def test_a_launcher_that_knows_no_checkout_says_what_to_do(cache: Cache) -> None:
    failed = launch(cache.bin / "pulumi-language-python", [], {})
    assert failed.returncode == 1
    assert "does not know which checkout of Slipway it belongs to." in failed.stderr
    assert 'Fix:   run pulumi in `./slipway shell`, or after: eval "$(./slipway toolchain env)"' in failed.stderr


def test_the_environment_names_interpreter_checkout_and_cache(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join(["/usr/bin", str(cache.bin)]))
    found = layout.environment(cache)
    assert found["PATH"] == os.pathsep.join([str(cache.bin), "/usr/bin"])
    assert found[layout.PYTHON] == sys.executable
    assert Path(found[layout.LAUNCH]).name == "launch.py"
    assert Path(found[layout.LAUNCH]).is_file()
    assert found["SLIPWAY_CACHE"] == str(cache.root)
    assert found["PULUMI_HOME"] == str(cache.pulumi_home)


def test_a_bridge_stands_beside_the_engine_before_its_provider_is_built(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    (cache.part(ENGINE) / "bin").mkdir(parents=True)
    (cache.part(ENGINE) / "bin" / "pulumi").write_text("binary")
    (cache.part(ENGINE) / "part.json").write_text('{"path": "x"}')
    layout.write(cache)
    plugins = {file.name for file in (cache.pulumi_home / "plugins").glob("*/*")}
    assert plugins == {"pulumi-resource-aws", "pulumi-resource-github"}


def test_only_what_is_there_is_laid_out(tmp_path: Path) -> None:
    layout.write(Cache(tmp_path))
    assert list(tmp_path.iterdir()) == []
