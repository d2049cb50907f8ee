"""The emulated load balancer answers while other threads of its process are busy."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from rehearsal.aws.server import take_short_turns

pytestmark = pytest.mark.process

ROUNDS = 100


@pytest.fixture
def busy() -> Iterator[None]:
    """Two threads that compute; Python's own turns come back at the end."""
    usual, ended = sys.getswitchinterval(), threading.Event()

    def compute() -> None:
        while not ended.is_set():
            sum(range(100))

    threads = [threading.Thread(target=compute) for _ in range(2)]
    for thread in threads:
        thread.start()
    yield
    ended.set()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(usual)


async def _exchanges() -> float:
    """Seconds for some questions and answers over loopback."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    started = time.perf_counter()
    for _ in range(ROUNDS):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"well?\n")
        assert await reader.readline() == b"well?\n"
        writer.close()
    took = time.perf_counter() - started
    server.close()
    return took


@pytest.mark.usefixtures("busy")
def test_requests_wait_less_for_busy_threads_than_python_would_have_them() -> None:
    usual = asyncio.run(_exchanges())
    take_short_turns()
    assert asyncio.run(_exchanges()) < 0.75 * usual
