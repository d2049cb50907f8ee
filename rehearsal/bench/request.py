"""One request, sent once, and what became of it."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self

from rehearsal.errors import RehearsalError
from rehearsal.machine import MachineClock

#: Seconds of the machine that a user waits for an answer, unless told otherwise.
LIMIT = 2.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a user saw of one request."""

    sent: float
    """Seconds since the epoch."""
    phase: str
    status: int
    """HTTP status; 0 where there was no answer."""
    version: str
    """What the answer's `X-Version` said; empty where it said nothing."""
    problem: str
    """`refused`, `reset`, `timeout`, `http-500` …; empty where all was well."""
    milliseconds: float
    """The wall's, from sending to the end of the answer."""
    withheld: float = 0.0
    """How many of them the machine was not run (`rehearsal.machine`)."""

    def line(self) -> str:
        """The request as a line of the traffic's log."""
        return json.dumps(
            [
                round(self.sent, 4),
                self.phase,
                self.status,
                self.version,
                self.problem,
                round(self.milliseconds, 1),
                round(self.withheld, 1),
            ],
            separators=(",", ":"),
        )

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line of the traffic's log."""
        return cls(*json.loads(line))


@dataclass(frozen=True)
class Target:
    """Where requests go: an address of this machine, and the host name that users would type."""

    address: str
    port: int
    host: str
    path: str = "/"

    def __post_init__(self) -> None:
        """Refuse every address that is not this machine's own."""
        try:
            loopback = ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise RehearsalError(
                f"traffic goes to this machine only, not to {self.address}.",
                "use a loopback address such as 127.0.0.1.",
            )

    @property
    def words(self) -> bytes:
        """The request as it is sent."""
        return (
            f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nUser-Agent: slipway-rehearsal\r\n"
            "Accept: */*\r\nConnection: close\r\n\r\n"
        ).encode()


async def ask(target: Target, phase: str, limit: float, clock: MachineClock | None = None) -> Seen:
    """Send one request on a connection of its own and wait for the whole answer, at most `limit` seconds of `clock`."""
    clock = clock or MachineClock()
    sent, started, end = time.time(), time.perf_counter(), clock.now() + limit
    status, version, problem, withheld = 0, "", "", clock.withheld
    try:
        status, version = await _within(end, clock, _exchange(target))
        if status >= 400:
            problem = f"http-{status}"
    except TimeoutError:
        problem = "timeout"
    except ConnectionRefusedError:
        problem = "refused"
    except (OSError, EOFError, ValueError):
        problem = "reset"
    took = time.perf_counter() - started
    clock.now()
    return Seen(sent, phase, status, version, problem, took * 1000, (clock.withheld - withheld) * 1000)


async def _within(end: float, clock: MachineClock, answer: Coroutine[Any, Any, tuple[int, str]]) -> tuple[int, str]:
    """Await `answer` until `clock` says `end`; raises TimeoutError then."""
    waiting = asyncio.create_task(answer)
    try:
        while not waiting.done() and (left := end - clock.now()) > 0:
            await asyncio.wait({waiting}, timeout=left)
        if not waiting.done():
            raise TimeoutError
        return waiting.result()
    finally:
        waiting.cancel()
        await asyncio.wait({waiting})


async def _exchange(target: Target) -> tuple[int, str]:
    """Return status and version of a complete answer; raises where it is cut short."""
    reader, writer = await asyncio.open_connection(target.address, target.port)
    try:
        writer.write(target.words)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ", 2)[1])
        if headers.get("transfer-encoding", "").lower() == "chunked":
            await _read_chunks(reader)
        else:
            await reader.readexactly(int(headers.get("content-length", "0")))
        return status, headers.get("x-version", "")
    finally:
        writer.close()


async def _read_chunks(reader: asyncio.StreamReader) -> None:
    while size := int((await reader.readline()).split(b";")[0], 16):
        await reader.readexactly(size + 2)
    await reader.readline()
