"""Metrics of the load balancer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import emulated_time
from rehearsal.aws.corrections.elb_metrics import TrafficMetrics
from rehearsal.aws.corrections.elb_relay import Served
from rehearsal.aws.corrections.elb_targets import Targets

pytestmark = pytest.mark.ministack

PREFIX = "arn:aws:elasticloadbalancing:eu-central-1:111122223333"
BALANCER, GROUP = f"{PREFIX}:loadbalancer/app/lb/1", f"{PREFIX}:targetgroup/blue/2"
OF_BALANCER = [{"Name": "LoadBalancer", "Value": "app/lb/1"}]
OF_GROUP = [*OF_BALANCER, {"Name": "TargetGroup", "Value": "targetgroup/blue/2"}]


@pytest.fixture
def clock() -> Any:
    return ManualClock(start=1_700_000_040.0)


@pytest.fixture
def traffic(ministack: Any, binding: Any, clock: Any) -> Any:
    emulated_time.apply(binding, clock)
    return TrafficMetrics(clock, Targets(clock))


def statistics(ministack: Any, clock: Any, metric: Any, dimensions: Any, *names: Any, **extended: Any) -> Any:
    answer = ministack.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ApplicationELB",
        MetricName=metric,
        Dimensions=dimensions,
        StartTime=datetime.fromtimestamp(clock.now() - 300, UTC),
        EndTime=datetime.fromtimestamp(clock.now() + 60, UTC),
        Period=60,
        **({"Statistics": list(names)} if names else {}),
        **extended,
    )
    return answer["Datapoints"]


def test_stock_ministack_publishes_nothing(ministack: Any) -> None:
    elb = ministack.client("elbv2")
    elb.create_load_balancer(Name="lb", Subnets=["subnet-1"])
    assert ministack.client("cloudwatch").list_metrics(Namespace="AWS/ApplicationELB")["Metrics"] == []


def test_answers_of_targets_are_counted_per_group_and_in_all(traffic: Any, ministack: Any, clock: Any) -> None:
    for status in (200, 200, 503):
        traffic.observe(Served(BALANCER, GROUP, status, by_target=True, seconds=0.1))
    traffic.publish()
    for dimensions in (OF_BALANCER, OF_GROUP):
        (point,) = statistics(ministack, clock, "RequestCount", dimensions, "Sum")
        assert point["Sum"] == 3
        (point,) = statistics(ministack, clock, "HTTPCode_Target_5XX_Count", dimensions, "Sum")
        assert point["Sum"] == 1


def test_errors_of_the_load_balancer_are_its_own(traffic: Any, ministack: Any, clock: Any) -> None:
    traffic.observe(Served(BALANCER, GROUP, 502, by_target=False, connected=False))
    traffic.publish()
    for metric in ("HTTPCode_ELB_5XX_Count", "HTTPCode_ELB_502_Count", "TargetConnectionErrorCount"):
        (point,) = statistics(ministack, clock, metric, OF_BALANCER, "Sum")
        assert point["Sum"] == 1
    assert statistics(ministack, clock, "HTTPCode_Target_5XX_Count", OF_GROUP, "Sum") == []


def test_percentiles_of_the_response_time(traffic: Any, ministack: Any, clock: Any) -> None:
    for number in range(100):
        traffic.observe(Served(BALANCER, GROUP, 200, by_target=True, seconds=0.01 if number < 90 else 2.0))
    traffic.publish()
    (point,) = statistics(ministack, clock, "TargetResponseTime", OF_GROUP, ExtendedStatistics=["p50", "p95"])
    assert point["ExtendedStatistics"] == {"p50": pytest.approx(0.01), "p95": pytest.approx(2.0)}


def test_what_is_published_twice_in_a_minute_adds_up(traffic: Any, ministack: Any, clock: Any) -> None:
    for _ in range(2):
        traffic.observe(Served(BALANCER, GROUP, 200, by_target=True, seconds=0.1))
        traffic.publish()
        clock.advance(5)
    (point,) = statistics(ministack, clock, "RequestCount", OF_GROUP, "Sum")
    assert point["Sum"] == 2


def test_healthy_hosts_are_counted_once_a_minute(ministack: Any, binding: Any, clock: Any) -> None:
    emulated_time.apply(binding, clock)
    elb = ministack.client("elbv2")
    group = elb.create_target_group(Name="blue", Protocol="HTTP", Port=80, VpcId="vpc-1")["TargetGroups"][0]
    (balancer,) = elb.create_load_balancer(Name="lb", Subnets=["subnet-1"])["LoadBalancers"]
    forward = [{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}]
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Port=80, Protocol="HTTP", DefaultActions=forward)
    targets = Targets(clock)
    targets.sync(group["TargetGroupArn"], [("10.0.0.1", 80), ("10.0.0.2", 80)])
    targets.of(group["TargetGroupArn"])[0].state = "healthy"
    targets.of(group["TargetGroupArn"])[1].state = "unhealthy"
    for _ in range(3):
        TrafficMetrics(clock, targets).publish()
    dimensions = [
        {"Name": "LoadBalancer", "Value": balancer["LoadBalancerArn"].split("loadbalancer/")[1]},
        {"Name": "TargetGroup", "Value": group["TargetGroupArn"].split(":")[-1]},
    ]
    for metric in ("HealthyHostCount", "UnHealthyHostCount"):
        (point,) = statistics(ministack, clock, metric, dimensions, "Average", "SampleCount")
        assert (point["Average"], point["SampleCount"]) == (1, 1)
