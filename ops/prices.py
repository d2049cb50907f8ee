"""What AWS charges, in dollars: one table. List prices without tax, discounts, free tiers and data transfer.

Two regions are written down, in part from memory: not every number was read off its page on the day that `NOTED` names.
Others are scaled from us-east-1, roughly. The bill says both, and where AWS's own prices stand. To renew: open each
page, choose the region, correct the number and `NOTED`.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Hours of a month, as AWS's own calculator counts.
HOURS = 730
#: Where to check before anything is decided by it.
CHECK = "https://aws.amazon.com/pricing/"
#: When the prices of a region were last noted.
NOTED = {"us-east-1": "2026-03", "eu-central-1": "2024-06"}


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per unit in two regions, and the page that says so."""

    unit: str
    us_east_1: float
    eu_central_1: float
    page: str


_FARGATE = "https://aws.amazon.com/fargate/pricing/"
_BALANCING = "https://aws.amazon.com/elasticloadbalancing/pricing/"
_VPC = "https://aws.amazon.com/vpc/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"

PRICES: dict[str, Price] = {
    "vcpu": Price("vCPU-hour, x86", 0.04048, 0.04656, _FARGATE),
    "memory": Price("GB-hour, x86", 0.004445, 0.00511, _FARGATE),
    "vcpu arm": Price("vCPU-hour, Arm", 0.03238, 0.03725, _FARGATE),
    "memory arm": Price("GB-hour, Arm", 0.00356, 0.00409, _FARGATE),
    "balancer": Price("load balancer-hour", 0.0225, 0.027, _BALANCING),
    "balancer unit": Price("LCU-hour", 0.008, 0.008, _BALANCING),
    "nat": Price("NAT gateway-hour", 0.045, 0.052, _VPC),
    "address": Price("public IPv4 address-hour", 0.005, 0.005, _VPC),
    "logs": Price("GB of logs taken in", 0.50, 0.63, _CLOUDWATCH),
    "alarm": Price("metric of an alarm, a month", 0.10, 0.10, _CLOUDWATCH),
    "key": Price("KMS key, a month", 1.00, 1.00, "https://aws.amazon.com/kms/pricing/"),
    "secret": Price("secret, a month", 0.40, 0.40, "https://aws.amazon.com/secrets-manager/pricing/"),
    "images": Price("GB of images, a month", 0.10, 0.10, "https://aws.amazon.com/ecr/pricing/"),
}

#: How much dearer than us-east-1 other regions are, roughly; where nothing is said, `_ELSEWHERE`.
_SCALE = {
    "us-east-2": 1.0,
    "us-west-2": 1.0,
    "ca-central-1": 1.1,
    "eu-west-1": 1.0,
    "eu-west-2": 1.15,
    "eu-west-3": 1.2,
    "eu-north-1": 1.1,
    "ap-south-1": 1.05,
    "ap-southeast-1": 1.25,
    "ap-southeast-2": 1.2,
    "ap-northeast-1": 1.25,
    "sa-east-1": 1.7,
}
_ELSEWHERE = 1.25


@dataclass(frozen=True, slots=True)
class Tariff:
    """The prices of one region. note: how sure they are, in words."""

    region: str
    note: str
    _factor: float

    def of(self, what: str) -> float:
        """Dollars for one unit. Raises `KeyError` for what is not in the table."""
        price = PRICES[what]
        return price.eu_central_1 if self.region == "eu-central-1" else price.us_east_1 * self._factor


def tariff(region: str) -> Tariff:
    """Return the prices of a region: those that are written down, or scaled ones."""
    if region in NOTED:
        return Tariff(region, f"list prices of {region}, {_sure(region)}", 1.0)
    factor = _SCALE.get(region, _ELSEWHERE)
    known = "" if region in _SCALE else ", a guess"
    note = f"list prices of us-east-1 times {factor:g} for {region}{known}, {_sure('us-east-1')}"
    return Tariff(region, note, factor)


def _sure(region: str) -> str:
    return f"noted {NOTED[region]}, in part from memory: check with AWS's price page, {CHECK}"
