"""An update and a person at the same time, in one order that is always the same: whoever waits lets the other go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tests.delivery.fakes import FakeAws

_STUCK_SECONDS = 60.0


class Beside:
    """Lets `person` act beside an update, from the first wait of the update at which `when` holds."""

    def __init__(self, aws: FakeAws, person: Callable[[], Any], when: Callable[[], bool]) -> None:
        self.answer: Any = None
        self.error: BaseException | None = None
        self._person = person
        self._when = when
        self._updates_turn = threading.Semaphore(0)
        self._persons_turn = threading.Semaphore(0)
        self._over = self._alone = False
        self._thread: threading.Thread | None = None
        self._sleep = aws.sleep
        aws.clock._sleep = self._wait

    def end(self) -> Any:
        """The update has ended: let the person come to an end too, and return their answer or raise their error."""
        assert self._thread is not None, "the moment never came"
        self._alone = True
        self._persons_turn.release()
        self._thread.join(_STUCK_SECONDS)
        if self.error is not None:
            raise self.error
        return self.answer

    def _wait(self, seconds: float) -> None:
        self._sleep(seconds)
        if threading.current_thread() is self._thread:
            if not self._alone:
                self._updates_turn.release()
                assert self._persons_turn.acquire(timeout=_STUCK_SECONDS)
            return
        if self._thread is None and self._when():
            self._thread = threading.Thread(target=self._act)
            self._thread.start()
        elif self._thread is None or self._over:
            return
        else:
            self._persons_turn.release()
        assert self._updates_turn.acquire(timeout=_STUCK_SECONDS)

    def _act(self) -> None:
        try:
            self.answer = self._person()
        except BaseException as error:
            self.error = error
        finally:
            self._over = True
            self._updates_turn.release()
