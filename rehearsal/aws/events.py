"""The way to EventBridge's default bus for AWS's own services.

PutEvents refuses sources that begin with `aws.`, as on AWS; what AWS itself has to tell does not come by that call.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge

from rehearsal.aws.world import World


class Bus:
    """The default bus of the emulated account."""

    def __init__(self, world: World) -> None:
        self._world = world

    def publish(self, entry: dict[str, Any]) -> None:
        """Hand one entry to the rules; targets are called in threads of their own."""
        with request_scope(self._world.account, self._world.region):
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
