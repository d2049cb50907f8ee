"""What ends a deployment early."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from rehearsal.aws.codedeploy.engine.cloud import CloudError

T = TypeVar("T")
P = ParamSpec("P")


class DeploymentError(Exception):
    """What ends a deployment early: CodeDeploy's code and words, and the status that it leaves."""

    def __init__(self, code: str, message: str, status: str = "Failed") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def on_aws(action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one call on AWS; what it refuses ends the deployment in CodeDeploy's words."""
    try:
        return action(*args, **kwargs)
    except CloudError as error:
        raise DeploymentError(
            "ECS_UPDATE_ERROR", f"The ECS service cannot be updated due to an unexpected error: {error}"
        ) from error
