"""What a fault finds when it strikes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.command import Hand
from rehearsal.faults.control import Control
from rehearsal.faults.settings import Settings
from rehearsal.faults.sight import Sight
from rehearsal.faults.stages import Stage
from rehearsal.faults.update import Update
from rehearsal.stage.application import Application


@dataclass
class Scene:
    """One cell, while it is played. stage: None where the fault has none to choose. update: None before it begins."""

    version: str
    before: str
    stage: Stage | None
    sight: Sight
    control: Control
    settings: Settings
    hand: Hand
    application: Application
    service: str
    """The service's name in the settings."""
    declared: dict[str, Any]
    """All services, as `Pulumi.yaml` declares them."""
    update: Update | None = None
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What a fault saw itself that should not be, one sentence each."""

    @property
    def under_way(self) -> Update:
        """The update; there is one once a fault may strike."""
        if self.update is None:
            raise RuntimeError("nothing is under way yet")
        return self.update

    def note(self, text: str) -> None:
        """Remember something for the report."""
        self.notes.append(text)
