"""The traffic sees what users see: every request once, every failure by its kind, nothing hidden."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from rehearsal.bench.counters import Count
from rehearsal.bench.open_loop import OpenLoop
from rehearsal.bench.request import Seen, Target, ask
from rehearsal.errors import RehearsalError
from rehearsal.machine import MachineClock

pytestmark = pytest.mark.process

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nX-Version: 1.0.0\r\nContent-Length: 2\r\n\r\nhi"


async def well(writer: asyncio.StreamWriter) -> None:
    writer.write(OK)


async def drop(writer: asyncio.StreamWriter) -> None:
    """Close without an answer."""


async def cut_short(writer: asyncio.StreamWriter) -> None:
    writer.write(OK[:-1])


async def error(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 500 Oops\r\nx-version: 1.2.0\r\nContent-Length: 0\r\n\r\n")


async def never(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(10)


async def in_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")


class Door:
    """A server on this machine that answers as the next of `answers` says, and well when there is none left."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.heads: list[str] = []

    async def __aenter__(self) -> Target:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return Target("127.0.0.1", self.server.sockets[0].getsockname()[1], "shop.example:8080")

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            answer = self.answers.pop(0) if self.answers else well
            await answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def one(answer: Answer, limit: float = 2.0) -> Seen:
    async with Door(answer) as target:
        return await ask(target, "canary", limit)


@pytest.mark.parametrize(
    ("answer", "status", "version", "problem"),
    [
        (well, 200, "1.0.0", ""),
        (in_chunks, 200, "", ""),
        (error, 500, "1.2.0", "http-500"),
        (drop, 0, "", "reset"),
        (cut_short, 0, "", "reset"),
    ],
)
def test_what_becomes_of_a_request(answer: Answer, status: int, version: str, problem: str) -> None:
    seen = asyncio.run(one(answer))
    assert (seen.status, seen.version, seen.problem, seen.phase) == (status, version, problem, "canary")


def test_an_answer_that_takes_too_long_is_a_timeout() -> None:
    seen = asyncio.run(one(never, limit=0.03))
    assert seen.problem == "timeout"
    assert 30 <= seen.milliseconds < 1000


def test_nobody_waits_for_what_the_host_withholds() -> None:
    """The machine is stopped while an answer is on its way: it comes late by the wall's clock, and is no failure."""

    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(OK)

    async def asked(stolen: int) -> Seen:
        ticks = itertools.count(0, stolen)
        async with Door(late) as target:
            return await ask(target, "canary", 0.08, MachineClock(ticks=lambda: (next(ticks) // 20, next(ticks))))

    stopped, ran = asyncio.run(asked(1)), asyncio.run(asked(0))
    assert (stopped.problem, ran.problem) == ("", "timeout")
    assert 0 < stopped.withheld <= stopped.milliseconds
    count = Count([stopped, ran], 2)
    assert (count.failed(), count.late(0.08)) == (1, 1)


def test_nobody_at_home_is_a_refusal() -> None:
    async def asked() -> Seen:
        async with Door() as target:
            pass
        return await ask(target, "canary", 2.0)

    assert asyncio.run(asked()).problem == "refused"


@pytest.mark.parametrize("address", ["8.8.8.8", "10.0.0.1", "example.com", "0.0.0.0"])
def test_traffic_leaves_this_machine_never(address: str) -> None:
    with pytest.raises(RehearsalError, match="traffic goes to this machine only"):
        Target(address, 80, "shop.example")


def test_one_dropped_request_among_many_is_counted() -> None:
    seen: list[Seen] = []

    async def run() -> Door:
        door = Door(well, well, well, drop, well)
        async with door as target:
            await OpenLoop(target, rate=400, tell=seen.append, count=12, phase="steady").run()
        return door

    door = asyncio.run(run())
    count = Count(seen, 12)
    assert (count.failed(), count.kinds(), count.lost) == (1, {"reset": 1}, 0)
    # Sent once each: a client that tries again would hide the drop, and show here.
    assert len(door.heads) == 12
    assert all(head.startswith("GET / HTTP/1.1\r\nHost: shop.example:8080\r\n") for head in door.heads)
    assert all("Connection: close" in head for head in door.heads)


def test_a_slow_answer_does_not_slow_the_asking() -> None:
    seen: list[Seen] = []

    async def run() -> None:
        async with Door(never, never, never) as target:
            await OpenLoop(target, rate=200, tell=seen.append, count=10, limit=0.04).run()

    asyncio.run(run())
    sent = sorted(one.sent for one in seen)
    assert sent[-1] - sent[0] < 0.12
    assert Count(seen, 10).kinds() == {"timeout": 3}


def test_it_ends_at_its_bounds() -> None:
    async def run() -> int:
        async with Door() as target:
            loop = OpenLoop(target, rate=200, tell=lambda _: None, seconds=0.03)
            await loop.run()
            return loop.sent

    assert 5 <= asyncio.run(run()) <= 8


def test_the_process_takes_phases_and_ends_with_its_parent(tmp_path: Path) -> None:
    out = tmp_path / "traffic.jsonl"

    async def run() -> int:
        async with Door() as target:
            words = [
                sys.executable,
                "-m",
                "rehearsal.bench",
                "--port",
                str(target.port),
                "--host",
                "shop",
                "--rate",
                "100",
            ]
            child = await asyncio.create_subprocess_exec(*words, "--out", str(out), stdin=subprocess.PIPE)
            assert child.stdin
            for phase in ("first", "second"):
                child.stdin.write(f"{phase}\n".encode())
                await child.stdin.drain()
                await until_seen(out, phase)
            # What the kernel does for a parent that was killed.
            child.stdin.close()
            return await asyncio.wait_for(child.wait(), 5)

    assert asyncio.run(run()) == 0
    count = Count.read(out)
    assert {"first", "second"} <= set(count.served())
    assert (count.failed(), count.lost, count.sent) == (0, 0, len(count.requests))


async def until_seen(log: Path, phase: str) -> None:
    limit = time.monotonic() + 10
    while phase not in (log.read_text() if log.exists() else ""):
        assert time.monotonic() < limit
        await asyncio.sleep(0.01)


def test_a_request_that_was_sent_and_never_seen_is_missed(tmp_path: Path) -> None:
    log = tmp_path / "traffic.jsonl"
    lines = [Seen(1.0 + place, "steady", 200, "1.0.0", "", 3.0).line() for place in range(3)]
    log.write_text("\n".join([*lines, json.dumps({"sent": 4})]) + "\n")
    count = Count.read(log)
    assert (count.sent, count.lost, count.failed()) == (4, 1, 1)


def test_who_goes_elsewhere_goes_on_counting(tmp_path: Path) -> None:
    log = tmp_path / "traffic.jsonl"
    here, there = ([Seen(1.0 + place, phase, 200, "1.0.0", "", 3.0).line() for place in range(2)] for phase in "ab")
    log.write_text("\n".join([*here, json.dumps({"sent": 3, "withheld": 0.5}), *there]) + "\n")
    cut_off = Count.read(log)
    assert (cut_off.sent, cut_off.lost, cut_off.withheld) == (5, 1, 0.5)
    with log.open("a") as more:
        more.write(json.dumps({"sent": 2, "withheld": 0.25}) + "\n")
    count = Count.read(log)
    assert (count.sent, count.lost, count.withheld) == (5, 1, 0.75)
    assert count.served() == {"a": {"1.0.0": 2}, "b": {"1.0.0": 2}}


def test_sums() -> None:
    answers = [
        ("steady", "1.0.0", ""),
        ("steady", "", "reset"),
        ("canary", "1.3.0", "http-503"),
        ("canary", "1.0.0", ""),
    ]
    count = Count(
        [
            Seen(10.0 + place, phase, 200, version, bad, 5.0 * place)
            for place, (phase, version, bad) in enumerate(answers)
        ],
        4,
    )
    assert count.served() == {"steady": {"1.0.0": 1, "none": 1}, "canary": {"1.0.0": 1, "1.3.0": 1}}
    assert count.kinds() == {"http-503": 1, "reset": 1}
    assert (count.failed(), count.failed(but_version="1.3.0"), count.failed_by("1.3.0")) == (2, 1, 1)
    assert count.rates() == {"steady": 1.0, "canary": 1.0}
    assert (count.by("1.0.0"), count.between(11, 13).sent) == (2, 2)
    assert (count.percentile(0.5), count.percentile(0.99)) == (10.0, 15.0)
    assert Count().percentile(0.5) == 0


def test_a_log_that_was_cut_off_counts_what_it_holds(tmp_path: Path) -> None:
    log = tmp_path / "traffic.jsonl"
    log.write_text(Seen(1.0, "steady", 200, "1.0.0", "", 3.0).line() + '\n[17,"ste')
    assert (Count.read(log).sent, Count.read(tmp_path / "none").sent) == (1, 0)
