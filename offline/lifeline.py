"""Ends a server of ours with the process that started it, however that one ended.

The engine asks its plugins to leave with SIGINT. When it is killed it asks nobody, and they would live on for minutes.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

#: Seconds between two looks at the parent.
PACE = 0.5


def hold(leave: Callable[[], None]) -> None:
    """Run `leave` and exit, on SIGINT and SIGTERM or when the parent is gone. Call it in the main thread, early."""
    parent = os.getppid()
    leaving = threading.Lock()

    def go() -> None:
        if leaving.acquire(blocking=False):
            try:
                leave()
            finally:
                # gRPC's threads would hold an ordinary exit back for seconds, and print a trace.
                os._exit(0)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        go()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PACE)
        go()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def wait() -> None:
    """Serve until a signal or the end of the parent; never returns by itself."""
    while True:
        signal.pause()
