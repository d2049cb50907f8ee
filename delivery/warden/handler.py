"""The function that CodeDeploy's state changes call: one event in, what came of it out.

    {"detail": {"application", "deploymentGroup", "deploymentId", "state", "region"}, "account", "region", …}
    {"did": "1.8.0 was taken back: api: alarm shop-staging-api-errors rang; 1.7.4 serves"}

Its environment: `RECORDS_BUCKET`, and `SERVICES`, a JSON list of the fields of `delivery.warden.warden.Watched`.
https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html
"""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

import boto3

from delivery.clock import Clock
from delivery.warden.warden import Warden, Watched

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_s3 import S3Client

log = logging.getLogger("slipway.warden")
log.setLevel(logging.INFO)


class Clients:
    """The clients that the warden needs; `clock` hears the time of every answer."""

    def __init__(self, clock: Clock) -> None:
        session = boto3.session.Session()
        session.events.register(
            "after-call",
            lambda parsed, **_: clock.hear(parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {})),
        )
        self.autoscaling: ApplicationAutoScalingClient = session.client("application-autoscaling")
        self.codedeploy: CodeDeployClient = session.client("codedeploy")
        self.ecs: ECSClient = session.client("ecs")
        self.s3: S3Client = session.client("s3")


def handle(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Answer one event."""
    detail = event["detail"]
    clock = Clock()
    services = tuple(Watched(**fields) for fields in json.loads(os.environ["SERVICES"]))
    warden = Warden(Clients(clock), clock, os.environ["RECORDS_BUCKET"], services)
    did = warden.hear(detail["application"], detail["deploymentId"])
    log.info("%s %s: %s", detail["deploymentId"], detail.get("state", ""), did)
    return {"did": did}
