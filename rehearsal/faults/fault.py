"""What a fault is: when it strikes, how it is mended, what it should come to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rehearsal.faults.expected import Expectation
from rehearsal.faults.stages import NAMES

if TYPE_CHECKING:
    from rehearsal.faults.scene import Scene


class Fault(ABC):
    """One fault. A new object strikes in each cell, so that it may remember what it did."""

    name: ClassVar[str]
    title: ClassVar[str]
    """What happens, for readers of the report."""
    stages: ClassVar[Sequence[str]] = NAMES
    """Where it can strike."""
    new_image: ClassVar[Sequence[str]] = ()
    """Stages in which the release needs an image that never served: a proven one is refused nothing."""
    kills: ClassVar[bool] = False
    """Whether it leaves the stack locked, as a killed update does."""

    def prepare(self, scene: Scene) -> None:  # noqa: B027 - most have nothing to do here
        """Arrange something before the update begins."""

    def strike(self, scene: Scene) -> None:  # noqa: B027 - most have nothing to do here
        """Strike: the stage has begun."""

    def mend(self, scene: Scene) -> None:  # noqa: B027 - most have nothing to do here
        """Put right what a person or AWS would put right; the update has ended."""

    def later(self, scene: Scene) -> None:  # noqa: B027 - most have nothing to do here
        """Strike once more, after the update has ended and before the next one."""

    @abstractmethod
    def expect(self, stage: str) -> Expectation:
        """What it should come to in that stage; the stage is empty where there is none to choose."""
