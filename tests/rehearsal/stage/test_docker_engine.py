"""Which engine a rehearsal takes: the one that answers; else none is started beside one that runs."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from docker.errors import DockerException

from rehearsal.errors import RehearsalError
from rehearsal.stage import docker_engine

MODULE = "rehearsal.stage.docker_engine"


@pytest.fixture(autouse=True)
def time_passes() -> Iterator[None]:
    """Time that nobody waits for."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with patch(f"{MODULE}.time.sleep", sleep), patch(f"{MODULE}.time.monotonic", lambda: now[0]):
        yield


def ensure(answers: list[str], running: list[str]) -> docker_engine.Engine:
    """Ask for an engine: each look finds the next of `answers` (empty: none answers) and of `running`."""

    def next_of(told: list[str]) -> str:
        return told.pop(0) if len(told) > 1 else told[0]

    def version() -> str:
        if found := next_of(answers):
            return found
        raise DockerException("nobody answers")

    with patch(f"{MODULE}._version", version), patch(f"{MODULE}._running", lambda: next_of(running)):
        return docker_engine.ensure(None, None, install_missing=False)  # type: ignore[arg-type]


def test_the_engine_that_answers_is_taken_and_stays() -> None:
    assert ensure(["28.0"], [""]) == docker_engine.Engine("28.0", ours=False)


def test_one_that_has_just_been_started_is_waited_for() -> None:
    assert ensure(["", "", "28.0"], ["77"]) == docker_engine.Engine("28.0", ours=False)


def test_one_that_is_about_to_end_is_none() -> None:
    with pytest.raises(RehearsalError, match="no Docker engine answers on this machine"):
        ensure([""], ["77", "77", ""])


def test_none_is_started_beside_one_that_runs_and_does_not_answer() -> None:
    with pytest.raises(RehearsalError, match=r"a Docker engine runs \(process 77\)") as told:
        ensure([""], ["77"])
    assert "a second one beside it would break its network" in str(told.value)
