"""Service Quotas' answer to how much of something an account may have: AWS's defaults for what Slipway asks.

MiniStack does not know the service, and takes seconds to say so for the first time, in which it answers nobody else.
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

from __future__ import annotations

from typing import Any

from rehearsal.aws.service_model import ModelledService, ServiceError
from rehearsal.aws.world import World

#: (service, quota) -> its name and AWS's default: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
DEFAULTS: dict[tuple[str, str], tuple[str, float]] = {
    ("fargate", "L-3032A538"): ("Fargate On-Demand vCPU resource count", 6.0),
    ("elasticloadbalancing", "L-53DA6B97"): ("Application Load Balancers per Region", 50.0),
    ("elasticloadbalancing", "L-B22855CB"): ("Target Groups per Region", 3000.0),
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5.0),
    ("vpc", "L-F678F1CE"): ("VPCs per Region", 5.0),
}


class Quotas(ModelledService):
    """The service."""

    def __init__(self, world: World) -> None:
        self._world = world
        super().__init__("service-quotas", {"GetServiceQuota": self._get}, validation_error="IllegalArgumentException")
        self.iam_prefix = "servicequotas"

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        service, code = request["ServiceCode"], request["QuotaCode"]
        if (service, code) not in DEFAULTS:
            raise ServiceError(
                "NoSuchResourceException", f"The request failed because {code} of {service} is not known."
            )
        name, value = DEFAULTS[(service, code)]
        arn = f"arn:aws:servicequotas:{self._world.region}:{self._world.account}:{service}/{code}"
        return {
            "Quota": {
                "ServiceCode": service,
                "QuotaCode": code,
                "QuotaName": name,
                "QuotaArn": arn,
                "Value": value,
                "Adjustable": True,
            }
        }
