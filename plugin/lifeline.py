"""Leaving when nobody needs us: an engine that was killed leaves its plugins running."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable

_EVERY_SECONDS = 2.0
_MISSES = 2
_CONNECT_SECONDS = 1.0


def leave_on_signals() -> None:
    """Leave at once on SIGINT and SIGTERM: what must be stopped was stopped by Cancel, which comes before."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))


def leave_with(engine: str, leave: Callable[[], None] = lambda: os._exit(0)) -> threading.Thread:
    """Leave when the engine at `engine` (host:port, or empty) no longer answers, or when the parent is another one.

    What a release had begun goes on at AWS; the journal tells the next update.
    """
    parent = os.getppid()

    def watch() -> None:
        misses = 0
        while misses < _MISSES and os.getppid() == parent:
            time.sleep(_EVERY_SECONDS)
            misses = 0 if not engine or answers(engine) else misses + 1
        leave()

    watcher = threading.Thread(target=watch, name="lifeline", daemon=True)
    watcher.start()
    return watcher


def answers(address: str) -> bool:
    """Whether something listens there."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS):
            return True
    except OSError:
        return False
