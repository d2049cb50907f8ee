"""What CodeDeploy tells EventBridge: each change of a deployment's state, once.

https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from rehearsal.aws.codedeploy.models import Deployment
from rehearsal.aws.world import World

Document = dict[str, Any]
Publish = Callable[[Document], None]
"""Hands one entry, as PutEvents takes it, to EventBridge."""

_STATES = {
    "InProgress": "START",
    "Ready": "READY",
    "Succeeded": "SUCCESS",
    "Failed": "FAILURE",
    "Stopped": "STOP",
}
log = logging.getLogger("slipway.codedeploy")


class Notifications:
    """Remembers what was told of each deployment, and tells what is new."""

    def __init__(self, world: World, publish: Publish) -> None:
        self._world = world
        self._publish = publish
        self._told: dict[str, set[str]] = {}

    def tell(self, deployment: Deployment) -> None:
        """Tell the deployment's state, unless that was told; a deployment that goes on after its wait starts once."""
        state = _STATES.get(deployment.status)
        told = self._told.setdefault(deployment.id, set())
        if state is None or state in told:
            return
        told.add(state)
        try:
            self._publish(self._entry(deployment, state))
        except Exception:
            log.exception("deployment %s: %s could not be told", deployment.id, state)

    def _entry(self, deployment: Deployment, state: str) -> Document:
        application, group = deployment.application, deployment.group
        name = group["deploymentGroupName"]
        arn = f"arn:aws:codedeploy:{self._world.region}:{self._world.account}"
        detail = {
            "region": self._world.region,
            "deploymentId": deployment.id,
            "instanceGroupId": group["deploymentGroupId"],
            "deploymentGroup": name,
            "state": state,
            "application": application,
        }
        return {
            "Source": "aws.codedeploy",
            "DetailType": "CodeDeploy Deployment State-change Notification",
            "Detail": json.dumps(detail),
            "Resources": [f"{arn}:application:{application}", f"{arn}:deploymentgroup:{application}/{name}"],
        }
