"""Who hears how a release is going."""

from __future__ import annotations

from typing import Protocol


class Teller(Protocol):
    """Hears a release. Implementations decide where the words go, and drop what repeats itself."""

    def progress(self, line: str) -> None:
        """Hear where it stands now: a line that the next one replaces, its number first."""

    def note(self, line: str) -> None:
        """Hear something that stays."""

    def warn(self, line: str) -> None:
        """Hear something that a person should look at."""
