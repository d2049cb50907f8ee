"""Lambda hooks: a lifecycle event that waits for what a function finds."""

from __future__ import annotations

import uuid
from collections.abc import Generator

from rehearsal.aws.clock import Clock
from rehearsal.aws.codedeploy.engine.cloud import Cloud, CloudError
from rehearsal.aws.codedeploy.engine.errors import DeploymentError
from rehearsal.aws.codedeploy.models import Deployment

_LIMIT = 3600.0
"""Seconds. https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html"""


def run(deployment: Deployment, event: str, function: str, cloud: Cloud, clock: Clock) -> Generator[None, None, None]:
    """Call the function and wait for PutLifecycleEventHookExecutionStatus; raises DeploymentError unless it
    succeeds.
    """
    execution = str(uuid.uuid4())
    deployment.hook_results[execution] = "Pending"
    payload = {"DeploymentId": deployment.id, "LifecycleEventHookExecutionId": execution}
    try:
        cloud.invoke(function, payload)
    except CloudError as error:
        raise _failure(f"The function {function} of {event} cannot be invoked: {error}") from error
    deadline = clock.now() + _LIMIT
    while (result := deployment.hook_results[execution]) == "Pending":
        if clock.now() > deadline:
            raise _failure(f"The function {function} of {event} gave no result within one hour.")
        yield
    if result != "Succeeded":
        raise _failure(f"The function {function} of {event} reported {result}.")


def _failure(message: str) -> DeploymentError:
    return DeploymentError("HOOK_EXECUTION_FAILURE", message)
