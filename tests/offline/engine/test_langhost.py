from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import language_pb2 as pb

from offline.engine import langhost
from offline.engine.langhost import LanguageHost

pytestmark = pytest.mark.process

ANY: Any = None


def info(root: Path, virtualenv: str = "") -> pb.ProgramInfo:
    made = pb.ProgramInfo(root_directory=str(root), program_directory=str(root), entry_point=".")
    if virtualenv:
        made.options.update({"virtualenv": virtualenv})
    return made


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A virtual environment by its looks: a Python, a package with a plugin and one without."""
    folder = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages"
    (folder / "pulumi_thing").mkdir(parents=True)
    (folder / "pulumi_thing" / "pulumi-plugin.json").write_text(
        json.dumps({"resource": True, "name": "thing", "version": "1.2.3"})
    )
    (folder / "pulumi_policy").mkdir()
    (folder / "pulumi_policy" / "pulumi-plugin.json").write_text(json.dumps({"resource": False}))
    (folder / "pulumi_thing-1.2.3.dist-info").mkdir()
    (tmp_path / ".venv" / "bin").mkdir()
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    return tmp_path / ".venv"


def test_plugins_are_named_by_the_installed_sdks(venv: Path) -> None:
    asked = pb.GetRequiredPackagesRequest(info=info(venv.parent, ".venv"))
    (found,) = LanguageHost().GetRequiredPackages(asked, ANY).packages
    assert (found.name, found.kind, found.version) == ("thing", "resource", "v1.2.3")


def test_without_the_option_our_own_packages_count() -> None:
    asked = pb.GetRequiredPackagesRequest(info=info(Path("/")))
    assert "aws" in {one.name for one in LanguageHost().GetRequiredPackages(asked, ANY).packages}


def test_packages_are_told(venv: Path) -> None:
    asked = pb.GetProgramDependenciesRequest(info=info(venv.parent, ".venv"))
    (found,) = LanguageHost().GetProgramDependencies(asked, ANY).dependencies
    assert (found.name, found.version) == ("pulumi_thing", "1.2.3")


def test_the_interpreter_is_told(venv: Path) -> None:
    assert LanguageHost().About(pb.AboutRequest(info=info(venv.parent, ".venv")), ANY).executable == str(
        venv / "bin" / "python"
    )


def test_a_virtual_environment_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    answer = LanguageHost().Run(pb.RunRequest(info=info(tmp_path, ".venv")), ANY)
    assert answer.error.startswith(
        f"Error: {tmp_path}/.venv/bin/python does not exist, though `runtime.options.virtualenv`"
    )


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for what runs the program: does what is written into it."""
    file = tmp_path / "launch.py"
    monkeypatch.setattr(langhost, "LAUNCH", file)
    return file


@pytest.mark.parametrize(
    ("code", "bail", "error"),
    [(0, False, ""), (32, True, ""), (3, False, "The program ended with exit code 3.")],
)
def test_the_exit_code_is_translated(code: int, bail: bool, error: str, program: Path, tmp_path: Path) -> None:
    program.write_text(f"import sys; sys.exit({code})")
    answer = LanguageHost().Run(pb.RunRequest(info=info(tmp_path)), ANY)
    assert (answer.bail, answer.error) == (bail, error)


def test_the_program_gets_the_request_and_its_virtual_environment(program: Path, venv: Path) -> None:
    program.write_text(
        "import json, os, sys\n"
        "seen = [sys.stdin.buffer.read().hex(), os.getcwd()]\n"
        "seen += [os.environ[name] for name in ('VIRTUAL_ENV', 'PULUMI_RUNTIME_VIRTUALENV')]\n"
        "json.dump([*seen, os.environ['PATH'].split(os.pathsep)[0]], open('seen.json', 'w'))"
    )
    request = pb.RunRequest(info=info(venv.parent, ".venv"), config={"shop:password": "hunter2"})
    assert LanguageHost().Run(request, ANY).error == ""
    sent, folder, *environment = json.loads((venv.parent / "seen.json").read_text())
    assert pb.RunRequest.FromString(bytes.fromhex(sent)).config["shop:password"] == "hunter2"
    assert folder == str(venv.parent)
    assert environment == [str(venv), str(venv), str(venv / "bin")]
    assert "hunter2" not in os.environ.values()


def test_stopping_ends_the_program(program: Path, tmp_path: Path) -> None:
    program.write_text("import os, time\nopen('started', 'w').close()\ntime.sleep(60)")
    import threading

    host = LanguageHost()
    runner = threading.Thread(target=host.Run, args=(pb.RunRequest(info=info(tmp_path)), ANY))
    runner.start()
    while not (tmp_path / "started").exists():
        pass
    host.stop()
    runner.join(timeout=30)
    assert not runner.is_alive()
    host.stop()
