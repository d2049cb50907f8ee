"""Sends requests at a steady rate, whatever becomes of those before."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.bench.request import LIMIT, Seen, Target, ask
from rehearsal.machine import MachineClock


@dataclass
class OpenLoop:
    """Asks `target` at `rate` requests per second until it is ended, or one of its bounds is reached.

    limit: seconds of `clock` in which an answer must be complete. count, seconds: bounds. tell: gets every request's
    outcome.
    """

    target: Target
    rate: float
    tell: Callable[[Seen], None]
    limit: float = LIMIT
    count: int = 1_000_000
    seconds: float = 7200.0
    phase: str = "start"
    sent: int = 0
    clock: MachineClock = field(default_factory=MachineClock)
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        """Send no more; what is under way is still waited for."""
        self._ending.set()

    async def run(self) -> None:
        """Send, wait for the last answers, return."""
        clock = asyncio.get_running_loop()
        started, under_way = clock.time(), set[asyncio.Task[None]]()
        for number in itertools.count():
            due = started + number / self.rate
            if number >= self.count or due - started > self.seconds or await self._ended_before(due - clock.time()):
                break
            # Where the machine was too slow, `due` lies in the past: the requests that it owes are sent at once.
            task = asyncio.create_task(self._one())
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            self.sent += 1
        if under_way:
            await asyncio.wait(under_way)

    async def _ended_before(self, delay: float) -> bool:
        if delay > 0:
            await asyncio.sleep(delay)
        return self._ending.is_set()

    async def _one(self) -> None:
        self.tell(await ask(self.target, self.phase, self.limit, self.clock))
