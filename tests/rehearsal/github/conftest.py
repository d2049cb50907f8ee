"""Fixtures: a world on loopback, and clients that others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.rehearsal.github.running import GitHub, Running


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests of a worker; each test makes its own owner."""
    # Others' clients take long to load, and the fast tests need none.
    from tests.rehearsal.github.running import Running

    server = Running(tmp_path_factory.mktemp("github"))
    yield server
    server.end()


@pytest.fixture
def hub(running: Running, tmp_path: Path) -> GitHub:
    """An organization of its own on the Enterprise plan, with an administrator, a writer and a repository."""
    from tests.rehearsal.github.running import GitHub

    running.calm()
    return GitHub(running, tmp_path)
