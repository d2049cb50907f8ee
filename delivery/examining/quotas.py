"""AWS's quotas: what is allowed in a region, what is used, and what environments still need.

In a new account some are small: six vCPUs of Fargate fit no release of a larger service, in which its tasks are there
twice. https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from delivery.aws import error_code
from delivery.examining import Finding, ok, problem

QUOTAS = "quotas"
#: AWS writes down what is used every few minutes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Quotas-Visualize-Alarms.html
_LOOK_BACK = timedelta(hours=1)
_PERIOD_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What comes on top of what is used: environments that are to be made, and the greens of a release."""

    vcpus: float = 0
    balancers: int = 0
    target_groups: int = 0
    addresses: int = 0
    vpcs: int = 0

    def __add__(self, other: Need) -> Need:
        return Need(
            vcpus=self.vcpus + other.vcpus,
            balancers=self.balancers + other.balancers,
            target_groups=self.target_groups + other.target_groups,
            addresses=self.addresses + other.addresses,
            vpcs=self.vpcs + other.vpcs,
        )


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota. service, code: as Service Quotas calls them; need: the field of `Need`."""

    what: str
    service: str
    code: str
    need: str


FARGATE = Quota("Fargate vCPUs", "fargate", "L-3032A538", "vcpus")
BALANCERS = Quota("load balancers", "elasticloadbalancing", "L-53DA6B97", "balancers")
TARGET_GROUPS = Quota("target groups", "elasticloadbalancing", "L-B22855CB", "target_groups")
ADDRESSES = Quota("Elastic IP addresses", "ec2", "L-0263D0A3", "addresses")
NETWORKS = Quota("VPCs", "vpc", "L-F678F1CE", "vpcs")
ALL = (FARGATE, BALANCERS, TARGET_GROUPS, ADDRESSES, NETWORKS)

#: AWS's name of a service -> its client.
Open = Callable[[str], Any]


def quota(one: Quota, open_: Open, need: Need, region: str, now: datetime) -> Iterator[Finding]:
    """Compare one quota with what is used and what is needed."""
    found = _quota(open_("service-quotas"), one)
    allowed = float(found["Value"])
    more = float(getattr(need, one.need))
    used = _usage(open_("cloudwatch"), found, now) if one is FARGATE else _count(one, open_)
    told = f"{one.what}: {allowed:g} allowed, {used:g} used, {more:g} more needed"
    if used + more <= allowed:
        yield ok(QUOTAS, told)
        return
    wanted = _rounded(used + more)
    yield problem(
        QUOTAS,
        told,
        f"`aws service-quotas request-service-quota-increase --region {region} --service-code {one.service} "
        f"--quota-code {one.code} --desired-value {wanted}`; AWS takes hours to days",
    )


def _quota(quotas: Any, one: Quota) -> dict[str, Any]:
    """What is allowed here; what AWS allows everybody where nothing was ever changed."""
    try:
        found = quotas.get_service_quota(ServiceCode=one.service, QuotaCode=one.code)
    except Exception as error:
        if error_code(error) != "NoSuchResourceException":
            raise
        found = quotas.get_aws_default_service_quota(ServiceCode=one.service, QuotaCode=one.code)
    return dict(found["Quota"])


def _usage(cloudwatch: Any, found: dict[str, Any], now: datetime) -> float:
    """What CloudWatch wrote down last; nothing where it wrote nothing, as it does while nothing runs."""
    metric = found.get("UsageMetric") or {
        "MetricNamespace": "AWS/Usage",
        "MetricName": "ResourceCount",
        "MetricDimensions": {
            "Service": "Fargate",
            "Type": "Resource",
            "Resource": "vCPU",
            "Class": "Standard/OnDemand",
        },
    }
    points = cloudwatch.get_metric_statistics(
        Namespace=metric["MetricNamespace"],
        MetricName=metric["MetricName"],
        Dimensions=[{"Name": name, "Value": value} for name, value in metric["MetricDimensions"].items()],
        StartTime=now - _LOOK_BACK,
        EndTime=now,
        Period=_PERIOD_SECONDS,
        Statistics=["Maximum"],
    ).get("Datapoints", [])
    return float(max(points, key=lambda point: point["Timestamp"])["Maximum"]) if points else 0.0


def _count(one: Quota, open_: Open) -> int:
    """How many there are."""
    if one is ADDRESSES:
        return len(open_("ec2").describe_addresses().get("Addresses", []))
    if one is NETWORKS:
        pages = open_("ec2").get_paginator("describe_vpcs").paginate()
        return sum(len(page.get("Vpcs", [])) for page in pages)
    if one is TARGET_GROUPS:
        pages = open_("elbv2").get_paginator("describe_target_groups").paginate()
        return sum(len(page.get("TargetGroups", [])) for page in pages)
    pages = open_("elbv2").get_paginator("describe_load_balancers").paginate()
    found = (balancer for page in pages for balancer in page.get("LoadBalancers", []))
    return sum(balancer.get("Type", "application") == "application" for balancer in found)


def _rounded(wanted: float) -> int:
    return int(-(-wanted // 1))
