"""Physical names: what things are called in AWS.

A name is `<project>-<stack>-<what>`, so that people and other systems find it. AWS allows different lengths for
different things; a name that would be too long is cut and ends in a short hash of the whole, so that two stay two.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum

#: Characters of the hash that a cut name ends in: 16^6 names before two long ones are likely to meet.
_HASH = 6


class Kind(Enum):
    """Things with a name of ours: how long AWS lets the name be, and the page that says so."""

    ALARM = 255, "AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
    APPLICATION = 100, "codedeploy/latest/APIReference/API_CreateApplication.html"
    CLUSTER = 255, "AmazonECS/latest/APIReference/API_CreateCluster.html"
    DEPLOYMENT_CONFIG = 100, "codedeploy/latest/APIReference/API_CreateDeploymentConfig.html"
    DEPLOYMENT_GROUP = 100, "codedeploy/latest/APIReference/API_CreateDeploymentGroup.html"
    EVENT_RULE = 64, "eventbridge/latest/APIReference/API_PutRule.html"
    FUNCTION = 64, "lambda/latest/api/API_CreateFunction.html"
    LOAD_BALANCER = 32, "elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"
    ROLE = 64, "IAM/latest/APIReference/API_CreateRole.html"
    SCALING_POLICY = 256, "autoscaling/application/APIReference/API_PutScalingPolicy.html"
    SECURITY_GROUP = 255, "AWSEC2/latest/APIReference/API_CreateSecurityGroup.html"
    SERVICE = 255, "AmazonECS/latest/APIReference/API_CreateService.html"
    TARGET_GROUP = 32, "elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"
    TASK_FAMILY = 255, "AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html"

    @property
    def limit(self) -> int:
        """Return the most characters AWS accepts."""
        return self.value[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """Names of one stack's things."""

    project: str
    """The Pulumi project, such as `shop`."""
    stack: str
    """The stack, such as `staging`."""

    def of(self, kind: Kind, what: str) -> str:
        """Return the name of `what`, such as `shop-staging-api` for `api`, within the limit of its kind."""
        return fit(f"{self.project}-{self.stack}-{what}", kind.limit)

    def pattern(self, kind: Kind) -> str:
        """Return a pattern that every name of a kind matches, such as `shop-staging-*`: for policies."""
        begin, room = f"{self.project}-{self.stack}-", kind.limit - _HASH - 1
        return (begin if len(begin) <= room else begin[:room].rstrip("-")) + "*"

    def log_group(self, what: str) -> str:
        """Return the log group of `what`, such as `/shop/staging/api`: consoles show slashes as a tree."""
        return f"/{self.project}/{self.stack}/{what}"

    def repository(self, service: str) -> str:
        """Return the ECR repository of a service, such as `shop/api`. All environments take from it: no stack in it."""
        return f"{self.project}/{service}"


def fit(name: str, limit: int) -> str:
    """Return `name`, cut to `limit` characters where it is longer; a cut name ends in a hash of the whole.

    Never ends a part in a hyphen: load balancers and target groups refuse that.
    """
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH]
    return f"{name[: limit - _HASH - 1].rstrip('-')}-{digest}"


def partition(region: str) -> str:
    """Return the AWS partition of a region: the second word of every ARN in it."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
