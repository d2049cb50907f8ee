"""The wish to stop a release, which may come at any moment, from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

from delivery.errors import Cancelled, DeliveryError


class Stop:
    """Remembers the wish, and acts on it where that cannot wait: whoever asks may kill us seconds later."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        self._closed = False
        self._stops: dict[str, Callable[[], None]] = {}
        self._heed: Callable[[], None] = lambda: None

    @property
    def asked(self) -> bool:
        """Whether somebody asked."""
        return self._asked

    def ask(self) -> None:
        """Stop all that is under way, at once; returns when AWS has been told, not when it has happened."""
        with self._lock:
            self._asked = True
            stops = list(self._stops.values())
        for stop in stops:
            stop()

    def on(self, name: str, stop: Callable[[], None]) -> None:
        """Say how to stop something that has just begun; where the wish came first, it is stopped now."""
        with self._lock:
            self._stops[name] = stop
            late = self._asked
        if late:
            stop()

    def heed(self, look: Callable[[], None]) -> None:
        """Let every `check` look elsewhere too; `look` raises `Cancelled` when somebody asked there."""
        self._heed = look

    def too_late(self) -> None:
        """From here on a wish changes nothing: all is done but the writing. Raises `Cancelled` when it came before."""
        with self._lock:
            self._raise()
            self._stops.clear()
            self._closed = True

    def comes_before(self, error: DeliveryError) -> None:
        """Raise `Cancelled` where the wish came before something went wrong: it went wrong because all was stopped."""
        if not self._closed and not isinstance(error, Cancelled):
            self._raise()

    def check(self) -> None:
        """Raise `Cancelled` when somebody asked, here or elsewhere."""
        self._raise()
        self._heed()

    def _raise(self) -> None:
        if self._asked:
            raise Cancelled("the update was cancelled", "run it again when you want it")
