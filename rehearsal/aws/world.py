"""What the parts of the emulated AWS share: the clock, where it is, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rehearsal.aws.clock import Clock


@dataclass(frozen=True, kw_only=True)
class World:
    """One emulated account in one region.

    `label` (`slipway.rehearsal=<hash of the home folder>`) marks every container that belongs to it.
    """

    clock: Clock
    account: str
    region: str
    port: int
    proxy_port: int
    home: Path
    label: str
    containers: bool = True
    """Whether there is a Docker engine that tasks run in."""
    iam: bool = False
    """Whether signatures and policies are enforced: `rehearsal.aws.iam`."""

    @property
    def endpoint(self) -> str:
        """Where every AWS API answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def proxy(self) -> str:
        """The forward proxy that knows AWS's own names."""
        return f"http://127.0.0.1:{self.proxy_port}"

    @property
    def registry(self) -> str:
        """The name of the ECR registry."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com"
