"""Steady requests, sent once each, so that a test can say what users would have seen."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Traffic:
    """Sends `rate` requests per second to a load balancer until it is stopped; a worker per slot keeps the pace
    open-loop.
    """

    port: int
    host: str
    rate: float = 50.0
    path: str = "/"
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __enter__(self) -> Traffic:
        self._ended = threading.Event()
        self._workers = 8
        self._threads = [threading.Thread(target=self._work, args=(slot,)) for slot in range(self._workers)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @property
    def sent(self) -> int:
        return sum(self.answers.values()) + len(self.failures)

    def _work(self, slot: int) -> None:
        step = self._workers / self.rate
        due = time.monotonic() + slot / self.rate
        while not self._ended.is_set():
            delay = due - time.monotonic()
            if delay > 0:
                time.sleep(delay)
            due += step
            self._ask()

    def _ask(self) -> None:
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self.path, headers={"Host": self.host})
            answer = connection.getresponse()
            body = answer.read().decode()
            if answer.status >= 500:
                self.failures.append(f"{answer.status} {body}")
            else:
                self.answers[body.split(" ")[0]] += 1
        except OSError as error:
            self.failures.append(repr(error))
        except http.client.HTTPException as error:
            self.failures.append(repr(error))
        finally:
            self.seconds.append(time.monotonic() - started)
            connection.close()
