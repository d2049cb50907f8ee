"""The test command: `./slipway test`, `make test`, `make unit`, `make check`, `make format`.

Fast tests run as they are. The whole suite needs a Docker engine and the toolchain, so it runs inside
`python -m rehearsal with-engines -- …`, which brings both up and takes down what it started.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Markers of tests that need more than Python.
SLOW = "process or ministack or emulator or engine or rehearsal"
#: A process for each core; more than four cost more to start than they save.
SIDE_BY_SIDE = ["--numprocesses", "auto", "--maxprocesses", "4"]


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
    parser.add_argument("pytest", nargs="*", help="words for pytest, after `--`")
    asked = parser.parse_args(words)

    if asked.format:
        return run_all([["ruff", "check", "--fix", "."], ["ruff", "format", "."]])
    if asked.check:
        return run_all(
            [
                ["ruff", "check", "."],
                ["ruff", "format", "--check", "."],
                ["mypy", "--strict", "."],
                ["pytest", "tests/test_layers.py"],
                ["workflows", "--check"],
                ["tests.workflows.linters", ".github"],
            ]
        )
    if asked.unit:
        return run_all([["pytest", *SIDE_BY_SIDE, "-m", f"not ({SLOW})", *asked.pytest]], HYPOTHESIS_PROFILE="unit")
    engines = ["rehearsal", "with-engines", *(["--install-missing"] if asked.install_missing else []), "--"]
    return run_all([[*engines, sys.executable, "-m", "pytest", *asked.pytest]])


def run_all(commands: Sequence[Sequence[str]], **more: str) -> int:
    """Run modules one after the other; stop at the first that fails and return its exit code.

    more: variables that they get where nobody has set them.
    """
    # pytest keeps the assertions it has rewritten as bytecode; writing them anew costs seconds each time.
    environment = more | {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for command in commands:
        code = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, check=False).returncode
        if code != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
