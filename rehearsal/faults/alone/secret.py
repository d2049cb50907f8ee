"""A secret that is gone when green's tasks want it."""

from __future__ import annotations

from rehearsal.faults.expected import TAKEN_BACK, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene


class MissingSecret(Fault):
    name = "expired-secret"
    title = "the service's secret is deleted before green's tasks start, and restored later"
    stages = ("gates",)

    def strike(self, scene: Scene) -> None:
        """Delete it, with a week in which it can be restored."""
        self._names = [str(name).partition(":")[0] for name in (scene.settings.get("secrets") or {}).values()]
        for name in self._names:
            scene.sight.client("secretsmanager").delete_secret(SecretId=name, RecoveryWindowInDays=7)

    def mend(self, scene: Scene) -> None:
        """Restore it."""
        for name in self._names:
            scene.sight.client("secretsmanager").restore_secret(SecretId=name)

    def expect(self, stage: str) -> Expectation:
        """Refused as soon as that is plain, with the reason."""
        return Expectation(ends=TAKEN_BACK, cause="(?i)secret")
