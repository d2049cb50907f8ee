"""Roles that services of AWS act with in an account, made by AWS when they are first used.

In a new account that first use often fails, since the role is not known everywhere yet: so they are made before.
https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
"""

from __future__ import annotations

from typing import Any

from delivery.aws import error_code
from delivery.founding import Look

#: The service that acts -> its role.
LINKED = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
}


class LinkedRole:
    """One role. iam: boto3's client."""

    def __init__(self, iam: Any, service: str) -> None:
        self._iam = iam
        self._service = service

    @property
    def what(self) -> str:
        """Its name."""
        return f"AWS's own role {LINKED[self._service]}"

    @property
    def will_have(self) -> tuple[str, ...]:
        """What AWS gives it."""
        return (f"what {self._service} needs",)

    def look(self) -> Look:
        """Look at it."""
        try:
            self._iam.get_role(RoleName=LINKED[self._service])
        except Exception as error:
            if error_code(error) not in ("NoSuchEntity", "NoSuchEntityException"):
                raise
            return Look(exists=False)
        return Look(exists=True)

    def make(self, look: Look) -> None:
        """Make it. One that AWS made meanwhile is as good."""
        if look.exists:
            return
        try:
            self._iam.create_service_linked_role(AWSServiceName=self._service)
        except Exception as error:
            if error_code(error) not in ("InvalidInput", "InvalidInputException"):
                raise
