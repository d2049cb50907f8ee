"""What AWS allows, what is used, and what is still needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.examining import Finding, Level, ask
from delivery.examining.quotas import ADDRESSES, ALL, BALANCERS, FARGATE, Need, Quota, quota
from tests.delivery.fake_account import Calls
from tests.delivery.fake_clients import AwsError

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
FULL = Need(vcpus=4, balancers=1, target_groups=2, addresses=1, vpcs=1)


def clients(allowed: float, points: list[dict[str, Any]] | None = None, **quotas: Any) -> dict[str, Calls]:
    """A region in which there are two of everything."""
    return {
        "service-quotas": Calls(get_service_quota={"Quota": {"Value": allowed}}, **quotas),
        "cloudwatch": Calls(get_metric_statistics={"Datapoints": points or []}),
        "ec2": Calls(describe_addresses={"Addresses": [{}, {}]}, describe_vpcs={"Vpcs": [{}, {}]}),
        "elbv2": Calls(
            describe_load_balancers={
                "LoadBalancers": [{"Type": "application"}, {"Type": "application"}, {"Type": "network"}]
            },
            describe_target_groups={"TargetGroups": [{}, {}]},
        ),
    }


def asked(one: Quota, found: dict[str, Calls], need: Need = FULL) -> Finding:
    open_: Callable[[str], Any] = found.__getitem__
    (finding,) = ask("quotas", lambda: quota(one, open_, need, "eu-central-1", NOW))
    return finding


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.what)
def test_enough_is_well_and_one_less_is_not(one: Quota) -> None:
    points = [
        {"Timestamp": NOW.replace(minute=1), "Maximum": 2.0},
        {"Timestamp": NOW.replace(minute=0), "Maximum": 9.0},
    ]
    enough = 2 + float(getattr(FULL, one.need))
    found = asked(one, clients(enough, points))
    assert (found.level, found.fix) == (Level.OK, "")
    assert found.what.endswith(f": {enough:g} allowed, 2 used, {enough - 2:g} more needed")
    short = asked(one, clients(enough - 1, points))
    assert short.level == Level.PROBLEM
    assert f"--service-code {one.service} --quota-code {one.code} --desired-value {enough:g}`" in short.fix
    assert "--region eu-central-1" in short.fix


def test_the_codes_are_those_of_aws() -> None:
    assert {(one.service, one.code) for one in ALL} == {
        ("fargate", "L-3032A538"),
        ("elasticloadbalancing", "L-53DA6B97"),
        ("elasticloadbalancing", "L-B22855CB"),
        ("ec2", "L-0263D0A3"),
        ("vpc", "L-F678F1CE"),
    }


def test_where_nothing_was_ever_changed_the_default_counts() -> None:
    found = clients(0, get_aws_default_service_quota={"Quota": {"Value": 5.0}})
    found["service-quotas"].answers["get_service_quota"] = AwsError("NoSuchResourceException")
    assert asked(ADDRESSES, found).what == "Elastic IP addresses: 5 allowed, 2 used, 1 more needed"


def test_fargate_is_asked_as_service_quotas_says_and_silence_is_none() -> None:
    found = clients(6)
    metric = {"MetricNamespace": "AWS/Usage", "MetricName": "ResourceCount", "MetricDimensions": {"Class": "X"}}
    found["service-quotas"].answers["get_service_quota"] = {"Quota": {"Value": 6.0, "UsageMetric": metric}}
    assert asked(FARGATE, found).what == "Fargate vCPUs: 6 allowed, 0 used, 4 more needed"
    (call,) = found["cloudwatch"].asked("get_metric_statistics")
    assert call["Dimensions"] == [{"Name": "Class", "Value": "X"}]


def test_half_a_processor_is_asked_for_as_a_whole_one() -> None:
    assert "--desired-value 7`" in asked(FARGATE, clients(6), Need(vcpus=6.5)).fix


def test_one_that_may_not_be_asked_is_a_finding() -> None:
    found = clients(6)
    found["service-quotas"].answers["get_service_quota"] = AwsError("AccessDeniedException", "no", "GetServiceQuota")
    denied = asked(BALANCERS, found)
    assert denied.level == Level.WARNING
    assert denied.what == "could not be asked: GetServiceQuota: AccessDeniedException: no"


def test_needs_add_up() -> None:
    assert FULL + Need(vcpus=0.5) == Need(vcpus=4.5, balancers=1, target_groups=2, addresses=1, vpcs=1)
