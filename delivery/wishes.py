"""What people wish of a running release, looked for while it goes on."""

from __future__ import annotations

from datetime import datetime

from delivery.aws import explained
from delivery.clock import Clock
from delivery.control import Control
from delivery.errors import Cancelled
from delivery.store import Store
from delivery.telling import Teller

#: Looks are at least so far apart, by AWS's clock; the pauses of a calm release are longer.
_APART_SECONDS = 3.0


class Wishes:
    """Looks for the wish to one release. What cannot be read is told once, and is no reason to end a good release."""

    def __init__(self, store: Store, release: str, clock: Clock, teller: Teller) -> None:
        self._store = store
        self._release = release
        self._clock = clock
        self._teller = teller
        self._looked: datetime | None = None
        self._warned = False
        self.found: Control | None = None

    @property
    def skips_bake(self) -> bool:
        """Whether a person has ended the bake."""
        return self.found is not None and self.found.wish == "skip-bake"

    @property
    def aborts(self) -> bool:
        """Whether a person has taken the release back."""
        return self.found is not None and self.found.wish == "abort"

    def check(self) -> None:
        """Look, if the last look was long enough ago. Raises `Cancelled` when a person aborts the release."""
        if self._looked is None or self._clock.since(self._looked) >= _APART_SECONDS:
            self.look()

    def look(self) -> None:
        """Look now. Raises `Cancelled` when a person aborts the release."""
        self._looked = self._clock.now()
        if not self.aborts:
            self._read()
        if self.found is not None and self.aborts:
            raise Cancelled(self.found.told, "run the update again when you want it")

    def over(self) -> None:
        """The release has ended: what was wished of it means nothing any more."""
        if self.found is not None:
            self._store.withdraw(self._release)

    def _read(self) -> None:
        try:
            self.found = self._store.control(self._release) or self.found
        except Exception as error:
            if not self._warned:
                self._warned = True
                self._teller.warn(f"nobody can reach this release from outside: {explained(error).message}")
