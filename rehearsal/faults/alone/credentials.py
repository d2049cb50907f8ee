"""Credentials that expire in the middle of an update."""

from __future__ import annotations

from rehearsal.faults.expected import INTERRUPTED, Expectation
from rehearsal.faults.fault import Fault
from rehearsal.faults.scene import Scene


class CredentialsExpire(Fault):
    name = "credentials-expire"
    title = "the credentials of the update expire while users meet both versions"
    stages = ("shift",)

    def strike(self, scene: Scene) -> None:
        """Let every call be refused from now on."""
        scene.control.trouble(self.name, "expire")

    def mend(self, scene: Scene) -> None:
        """Somebody logs in again."""
        scene.control.calm(self.name)

    def expect(self, stage: str) -> Expectation:
        """Nothing can be stopped or written any more; the next update goes on with this very release."""
        return Expectation(ends=INTERRUPTED, resumed=True, cause="ExpiredToken")
