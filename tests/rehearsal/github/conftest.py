"""Fixtures: a world on loopback, and clients that others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rehearsal.github.running import GitHub, Running


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests of a worker; each test makes its own owner."""
    server = Running(tmp_path_factory.mktemp("github"))
    yield server
    server.end()


@pytest.fixture
def hub(running: Running, tmp_path: Path) -> GitHub:
    """An organization of its own on the Enterprise plan, with an administrator, a writer and a repository."""
    running.calm()
    return GitHub(running, tmp_path)
