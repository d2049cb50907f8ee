from __future__ import annotations

from pathlib import Path

import pulumi
import pytest
from pulumi.runtime.proto import language_pb2 as pb

from offline.engine import program


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is told on the engine's log; the stack itself is left out."""
    lines: list[str] = []

    async def run_in_stack(run: object) -> None:
        run()  # type: ignore[operator]

    monkeypatch.setattr(program, "run_in_stack", run_in_stack)
    monkeypatch.setattr(program, "connect", lambda _request: None)
    monkeypatch.setattr(pulumi.log, "error", lines.append)
    monkeypatch.setattr("sys.path", ["", *__import__("sys").path])
    monkeypatch.setattr("sys.argv", ["x"])
    return lines


def request(folder: Path, text: str, main: str = ".") -> pb.RunRequest:
    (folder / ("__main__.py" if main == "." else main)).write_text(text)
    return pb.RunRequest(info=pb.ProgramInfo(program_directory=str(folder), entry_point=main))


def test_a_program_is_its_folder_or_the_file_that_main_names(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "beside.py").write_text("VALUE = 1")
    assert program.run(request(tmp_path, "from beside import VALUE; open('%s', 'w').close()" % (tmp_path / "ran"))) == 0
    assert (tmp_path / "ran").exists()
    assert program.run(request(tmp_path, "raise SystemExit", "other.py")) == 0
    assert told == []


def test_an_error_of_the_users_is_told_without_a_trace(tmp_path: Path, told: list[str]) -> None:
    assert program.run(request(tmp_path, "import pulumi; raise pulumi.RunError('shop:cpu: 3 is not a size')")) == 32
    assert told == ["shop:cpu: 3 is not a size"]


def test_a_fault_of_the_program_is_told_from_its_own_first_line(tmp_path: Path, told: list[str]) -> None:
    assert program.run(request(tmp_path, "def f():\n    return 1 / 0\nf()")) == 32
    (text,) = told
    assert text.startswith("the program failed:\nTraceback (most recent call last):\n")
    assert text.splitlines()[2].strip().startswith(f'File "{tmp_path}')
    assert "runpy" not in text
    assert text.rstrip().endswith("ZeroDivisionError: division by zero")


def test_a_lookup_that_failed_is_told_by_its_message_alone(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(_: object) -> None:
        raise Exception("invoke of aws:ec2/getVpc:getVpc failed: no matching EC2 VPC found")

    monkeypatch.setattr(program, "run_in_stack", failing)
    assert program.run(request(tmp_path, "")) == 32
    assert told == ["invoke of aws:ec2/getVpc:getVpc failed: no matching EC2 VPC found"]


@pytest.mark.parametrize(("code", "returned"), [("3", 3), ("'words'", 32), ("", 0)])
def test_an_exit_is_passed_on(code: str, returned: int, tmp_path: Path, told: list[str]) -> None:
    assert program.run(request(tmp_path, f"raise SystemExit({code})")) == returned
