"""Weighted forward actions."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from rehearsal.aws.corrections import elb_weighted_forward


@pytest.fixture
def elb(ministack: Any) -> Any:
    return ministack.client("elbv2")


@pytest.fixture
def groups(elb: Any) -> Any:
    return [
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId="vpc-1")["TargetGroups"][0]["TargetGroupArn"]
        for name in ("blue", "green")
    ]


def weighted(groups: Any, *weights: Any) -> Any:
    pairs = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(groups, weights, strict=True)]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": pairs}}]


def listener(elb: Any, actions: Any) -> Any:
    (balancer,) = elb.create_load_balancer(Name="lb", Subnets=["subnet-1"])["LoadBalancers"]
    (made,) = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Port=80, Protocol="HTTP", DefaultActions=actions
    )["Listeners"]
    (found,) = elb.describe_listeners(ListenerArns=[made["ListenerArn"]])["Listeners"]
    return found


def test_stock_ministack_loses_the_weights(elb: Any, groups: Any) -> None:
    (action,) = listener(elb, weighted(groups, 90, 10))["DefaultActions"]
    assert "ForwardConfig" not in action


def test_weights_are_kept_and_no_single_group_is_named(elb: Any, groups: Any, binding: Any) -> None:
    elb_weighted_forward.apply(binding)
    (action,) = listener(elb, weighted(groups, 90, 10))["DefaultActions"]
    assert "TargetGroupArn" not in action
    assert action["ForwardConfig"] == {
        "TargetGroups": [{"TargetGroupArn": groups[0], "Weight": 90}, {"TargetGroupArn": groups[1], "Weight": 10}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    }


def test_a_single_group_is_shown_in_both_forms(elb: Any, groups: Any, binding: Any) -> None:
    elb_weighted_forward.apply(binding)
    (action,) = listener(elb, [{"Type": "forward", "TargetGroupArn": groups[0]}])["DefaultActions"]
    assert action["TargetGroupArn"] == groups[0]
    assert action["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": groups[0], "Weight": 1}]


def test_a_group_of_weight_zero_belongs_to_the_load_balancer(elb: Any, groups: Any, binding: Any) -> None:
    elb_weighted_forward.apply(binding)
    made = listener(elb, [{"Type": "forward", "TargetGroupArn": groups[0]}])
    elb.modify_listener(ListenerArn=made["ListenerArn"], DefaultActions=weighted(groups, 100, 0))
    found = elb.describe_target_groups(TargetGroupArns=groups)["TargetGroups"]
    assert [group["LoadBalancerArns"] for group in found] == [[made["LoadBalancerArn"]]] * 2
    elb.modify_listener(ListenerArn=made["ListenerArn"], DefaultActions=weighted(groups[1:], 1))
    found = elb.describe_target_groups(TargetGroupArns=groups)["TargetGroups"]
    assert [len(group["LoadBalancerArns"]) for group in found] == [0, 1]


def test_requests_are_spread_by_weight() -> None:
    action = weighted(["blue", "green"], 90, 10)[0]
    share = Counter(elb_weighted_forward.choose(action) for _ in range(10_000))["green"] / 10_000
    assert share == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(("weights", "chosen"), [((100, 0), "blue"), ((0, 100), "green"), ((0, 0), None)])
def test_a_group_without_weight_gets_nothing(weights: Any, chosen: Any) -> None:
    action = weighted(["blue", "green"], *weights)[0]
    assert {elb_weighted_forward.choose(action) for _ in range(100)} == {chosen}
