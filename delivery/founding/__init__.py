"""What must exist before the first update: a bucket for Pulumi's state, a key, and roles of AWS's own.

Each `Piece` looks first and then makes what is missing, so that doing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Look:
    """What is there. exists: whether it is; lacks: what it should have and has not, in words."""

    exists: bool
    lacks: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing has to be done."""
        return self.exists and not self.lacks


class Piece(Protocol):
    """One thing that must exist."""

    @property
    def what(self) -> str:
        """Its name, for people."""

    @property
    def will_have(self) -> Sequence[str]:
        """What it has when it is made, in words."""

    def look(self) -> Look:
        """Look at it. Raises `Refused` where it is somebody else's, or going away."""

    def make(self, look: Look) -> None:
        """Make it, or what it lacks."""
