"""What CodeDeploy is told to bring: the AppSpec of a service. Pure functions.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from delivery.plan import ServicePlan

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.type_defs import RevisionLocationTypeDef


def appspec(service: ServicePlan) -> dict[str, Any]:
    """Describe the target of a service. The network goes with it: CodeDeploy lets nobody else change the service's."""
    properties: dict[str, Any] = {
        "TaskDefinition": service.task_definition,
        "LoadBalancerInfo": {"ContainerName": service.container, "ContainerPort": service.port},
    }
    if service.subnets:
        # All or nothing: what is left out of a network here is not filled in from the service.
        properties["NetworkConfiguration"] = {
            "AwsvpcConfiguration": {
                "Subnets": sorted(service.subnets),
                "SecurityGroups": sorted(service.security_groups),
                "AssignPublicIp": "ENABLED" if service.assign_public_ip else "DISABLED",
            }
        }
    return {
        "version": 0.0,
        "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}],
    }


def revision(service: ServicePlan) -> RevisionLocationTypeDef:
    """The AppSpec as CreateDeployment takes it."""
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(appspec(service))}}


def fingerprint(service: ServicePlan) -> str:
    """Name the target in twelve hexadecimal digits, equal for equal AppSpecs."""
    return hashlib.sha256(json.dumps(appspec(service), sort_keys=True).encode()).hexdigest()[:12]
