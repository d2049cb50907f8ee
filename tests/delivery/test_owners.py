"""Whether a lock's owner runs: in doubt it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from delivery.locks import Lock
from delivery.owners import Life, Process, ThisMachine, judge

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LOCK = Lock(where="there", name="a.json", pid=77, user="ada", host="build-7", at=AT)


@dataclass
class FakeMachine:
    """A machine with its processes; None: it may not be looked at."""

    processes: dict[int, Process | None] = field(default_factory=dict)
    host: str = "build-7"
    since: datetime | None = AT - timedelta(days=3)

    def booted(self) -> datetime | None:
        return self.since

    def exists(self, pid: int) -> bool:
        return pid in self.processes

    def process(self, pid: int) -> Process | None:
        return self.processes[pid]


def process(seconds: float, name: str = "pulumi", *, dead: bool = False) -> FakeMachine:
    """A machine on which the lock's process started so many seconds after the lock."""
    return FakeMachine({77: Process(name=name, started=AT + timedelta(seconds=seconds), dead=dead)})


@pytest.mark.parametrize(
    ("machine", "life", "why"),
    [
        (FakeMachine(), Life.GONE, "process 77 is gone"),
        (process(-1), Life.ALIVE, "process 77 (pulumi) runs"),
        (process(-1, "python"), Life.ALIVE, "process 77 (python) runs"),
        (process(3, "bash"), Life.ALIVE, "process 77 (bash) runs"),
        (process(60, "bash"), Life.GONE, "process 77 is another program by now (bash)"),
        # The clock was set forward, perhaps: a pulumi is not taken for another program.
        (process(60), Life.ALIVE, "process 77 is a pulumi that seems to have started after the lock"),
        (process(-1, dead=True), Life.GONE, "process 77 (pulumi) has ended"),
        (FakeMachine({77: None}), Life.ALIVE, "process 77 runs, and cannot be looked at"),
        (FakeMachine(host="laptop"), Life.ELSEWHERE, "it ran on build-7; this is laptop"),
        (
            FakeMachine(since=AT + timedelta(minutes=1)),
            Life.ELSEWHERE,
            "build-7 started after the lock was written, or is another one of this name",
        ),
        (FakeMachine(since=None), Life.GONE, "process 77 is gone"),
    ],
)
def test_each_case(machine: FakeMachine, life: Life, why: str) -> None:
    verdict = judge(LOCK, machine)
    assert (verdict.life, verdict.why) == (life, why)


@settings(derandomize=True, database=None)
@given(
    seconds=some.floats(-1e6, 5),
    name=some.sampled_from(["pulumi", "python", "node"]),
    booted=some.one_of(some.none(), some.floats(-1e7, 1e7)),
)
def test_a_process_that_was_there_before_the_lock_is_never_called_gone(
    seconds: float, name: str, booted: float | None
) -> None:
    machine = process(seconds, name)
    machine.since = None if booted is None else AT + timedelta(seconds=booted)
    assert judge(LOCK, machine).life != Life.GONE


def test_proc_is_read_whatever_the_program_calls_itself(tmp_path: Path) -> None:
    (tmp_path / "77").mkdir()
    (tmp_path / "uptime").write_text("1000.00 3000.00\n")
    fields = ["S", *["0"] * 18, "50000", *["0"] * 30]
    (tmp_path / "77" / "stat").write_text(f"77 (a) b ( c) {' '.join(fields)}\n")
    found = ThisMachine(tmp_path).process(77)
    assert found is not None
    assert (found.name, found.dead) == ("a) b ( c", False)
    booted = ThisMachine(tmp_path).booted()
    assert booted is not None
    assert timedelta(0) < found.started - booted < timedelta(seconds=1000)


def test_without_proc_nothing_is_known(tmp_path: Path) -> None:
    assert ThisMachine(tmp_path).process(1) is None
    assert ThisMachine(tmp_path).booted() is None
