"""Releases that are wrong themselves: a check fails, the container does not stay, the migration fails, the
image cannot be pulled.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar

from rehearsal.faults.expected import TAKEN_BACK, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene


class WrongService(Fault):
    """A service that is declared wrongly, until somebody mends it."""

    stages: ClassVar[Sequence[str]] = ()
    fields: ClassVar[dict[str, Any]]

    def prepare(self, scene: Scene) -> None:
        """Declare it wrongly."""
        self._services = scene.settings.get("services")
        services = copy.deepcopy(self._services or scene.declared)
        services[scene.service].update(self.fields)
        scene.settings.set(services=services)

    def mend(self, scene: Scene) -> None:
        """Declare it as before."""
        scene.settings.set(services=self._services)


class FailingCheck(WrongService):
    name = "failing-check"
    title = "green is healthy, and answers a check wrongly"
    fields: ClassVar[dict[str, Any]] = {"checks": ["/health", "/nobody-knows-this-page"]}

    def expect(self, stage: str) -> Expectation:
        """Refused before a user meets it."""
        return Expectation(ends=TAKEN_BACK, cause="/nobody-knows-this-page")


class CrashLoop(WrongService):
    name = "crash-loop"
    title = "green's container ends as soon as it has started"
    fields: ClassVar[dict[str, Any]] = {"env": {"DRAIN_SECONDS": "no number"}}

    def expect(self, stage: str) -> Expectation:
        """Refused as soon as that is plain, and not after an hour."""
        return Expectation(ends=TAKEN_BACK, cause="does not come up")


class FailingMigration(WrongService):
    name = "failing-migration"
    title = "the migration of a new image ends with an error"
    stages = ("gates",)
    new_image = ("gates",)
    fields: ClassVar[dict[str, Any]] = {"migrate": {"command": "python3 -m service.migrate sideways", "timeout": "1h"}}

    def expect(self, stage: str) -> Expectation:
        """Refused before anything has moved."""
        return Expectation(ends=TAKEN_BACK, cause="(?i)migrat")


class UnpullableImage(Fault):
    name = "unpullable-image"
    title = "the registry refuses green's image to ECS"
    stages = ("gates",)
    new_image = ("gates",)

    def strike(self, scene: Scene) -> None:
        """Refuse it, now that it has been pushed."""
        scene.control.trouble(self.name, "deny", path="^/v2/", method="GET")

    def mend(self, scene: Scene) -> None:
        """Allow it again."""
        scene.control.calm(self.name)

    def expect(self, stage: str) -> Expectation:
        """Refused, with ECS's own word for it."""
        return Expectation(ends=TAKEN_BACK, cause="(?i)CannotPull|pull")
