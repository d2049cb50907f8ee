"""The test command: `./slipway test`, `make test`, `make unit`, `make check`, `make format`.

Fast tests run as they are. The whole suite needs a Docker engine and the toolchain, so it runs inside
`python -m rehearsal with-engines -- …`, which brings both up and takes down what it started.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
#: Markers of tests that need more than Python.
SLOW = "process or ministack or emulator or engine or rehearsal"
#: Half of the fast tests, by the processor's time that they take: those that need Pulumi's provider SDKs, which take
#: longer to load than many a room to test, and people's commands.
HALF = (
    "components",
    "example",
    "offline/names",
    "ops",
    "plugin",
    "test_main.py",
    "test_providers.py",
    "test_take.py",
)
#: Tests of the house, its pages and its workflow files, whatever kind of repository they are for; `--check` holds them.
STANDING = ("tests/test_layers.py", "tests/test_seeds.py", "tests/workflows/test_linters.py")
#: How Python is told to run pytest where nothing but the answer counts.
UNMEASURED = ("-m", "tests.leaving")
#: What pytest returns where it has found no test.
NOTHING = 5


def main(words: Sequence[str]) -> int:
    """Run what `words` ask for and return the exit code: that of the first command that fails, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="./slipway test",
        description="Run every test, the rehearsal included. Words after `--` go to pytest.",
        epilog="Example: ./slipway test --unit -- -k settings",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--unit", action="store_true", help="only the fast tests: no Docker, no engine, no network, no other process"
    )
    what.add_argument(
        "--check", action="store_true", help="lint, format, types, layers, workflow files instead of tests"
    )
    what.add_argument("--format", action="store_true", help="put the code into its form")
    parser.add_argument(
        "--install-missing",
        action="store_true",
        help="may install a Docker engine from the distribution's packages, as root",
    )
    parser.add_argument(
        "--reports",
        type=Path,
        metavar="FOLDER",
        help="with --unit: leave JUnit's XML there, and coverage.xml of the lines that ran; takes twice as long",
    )
    parser.add_argument("pytest", nargs="*", help="words for pytest, after `--`")
    asked = parser.parse_args(words)
    if asked.reports and not asked.unit:
        parser.error("--reports goes with --unit")

    if asked.format:
        return run_all([["ruff", "check", "--fix", "."], ["ruff", "format", "."]])
    if asked.check:
        return run_all(
            [
                ["ruff", "check", "."],
                ["ruff", "format", "--check", "."],
                ["mypy", "--strict", "."],
                ["pytest", *STANDING],
                ["workflows", "--check"],
            ]
        )
    if asked.unit:
        if asked.reports:
            return run_measured(asked.pytest, asked.reports.absolute())
        return run_unit(asked.pytest)
    engines = ["rehearsal", "with-engines", *(["--install-missing"] if asked.install_missing else []), "--"]
    return run_all([[*engines, sys.executable, "-m", "pytest", *asked.pytest]])


def run_unit(words: Sequence[str], with_words: Callable[[int], Sequence[str]] = lambda _: UNMEASURED) -> int:
    """Run the fast tests, in two halves side by side unless `words` name some; return the code of what fails, or 0.

    with_words: how Python is told to run pytest, for each process by its number.

    Each half is a pytest of its own, which loads only what it tests: for every process to load everything, and to tell
    another one about each test, would take as long as half of the tests.
    """
    # Nothing fast is about logs, which pytest gets ready for three times for each test.
    tests = ["-p", "no:logging", "-m", f"not ({SLOW})", *words]
    if any(word.startswith("tests") for word in words):
        return start([*with_words(1), *tests], HYPOTHESIS_PROFILE="unit").wait()
    slow = slow_files()
    rooms = [f"tests/{room}" for room in HALF]
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    with tempfile.TemporaryFile() as told:
        first, second = [*with_words(1), *tests, *colour, *rooms], [*with_words(2), *tests, "tests"]
        one = start(first, told, HYPOTHESIS_PROFILE="unit", SLIPWAY_TESTS_LEFT_OUT=left_out(slow))
        elsewhere = [*slow, *rooms, *STANDING]
        other = start(second, HYPOTHESIS_PROFILE="unit", SLIPWAY_TESTS_LEFT_OUT=left_out(elsewhere))
        codes = {other.wait(), one.wait()}
        told.seek(0)
        sys.stdout.buffer.write(told.read())
        sys.stdout.flush()
    # What `words` ask for may be in one half alone.
    return max(codes - {NOTHING} or codes)


def run_measured(words: Sequence[str], reports: Path) -> int:
    """Run the fast tests, and leave in `reports` what they did and which lines ran; return as `run_unit` does."""
    reports.mkdir(parents=True, exist_ok=True)
    for old in [*reports.glob("unit-*.xml"), *reports.glob(".coverage.*"), reports / "coverage.xml"]:
        old.unlink(missing_ok=True)

    def measured(number: int) -> list[str]:
        lines = ["-m", "coverage", "run", f"--data-file={reports}/.coverage.{number}"]
        return [*lines, "-m", "pytest", f"--junitxml={reports}/unit-{number}.xml"]

    failed = run_unit(words, measured)
    data = f"--data-file={reports}/.coverage"
    lines = run_all(
        [
            ["coverage", "combine", "--quiet", data, str(reports)],
            ["coverage", "xml", "--quiet", data, "-o", f"{reports}/coverage.xml"],
            ["coverage", "report", data, "--format=total"],
        ]
    )
    return failed or lines


def left_out(paths: Sequence[str]) -> str:
    """Return what `tests/conftest.py` is told not to collect."""
    return os.pathsep.join(str(ROOT / path) for path in paths)


def slow_files() -> list[str]:
    """Return what holds slow tests alone, files and whole folders: what they load for tests that then do not run, a
    folder's `conftest.py` too, takes seconds."""
    marked = re.compile(rf"^pytestmark = \[?\s*pytest\.mark\.({SLOW.replace(' or ', '|')})\b", re.MULTILINE)
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    slow = [path for path in files if marked.search(path.read_text())]
    folders = {path.parent for path in slow} - {folder for path in {*files} - {*slow} for folder in path.parents}
    found = sorted(folders) + [path for path in slow if path.parent not in folders]
    return [str(path.relative_to(ROOT)) for path in found]


def run_all(commands: Sequence[Sequence[str]]) -> int:
    """Run modules one after the other; stop at the first that fails and return its exit code."""
    for command in commands:
        if code := start(["-m", *command]).wait():
            return code
    return 0


def start(words: Sequence[str], told: IO[bytes] | None = None, **more: str) -> subprocess.Popen[bytes]:
    """Start Python. told: takes what it prints. more: variables that it gets where nobody has set them."""
    # pytest keeps the assertions it has rewritten as bytecode; writing them anew costs seconds each time.
    environment = more | {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment, stdout=told, stderr=told)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
