"""Application Auto Scaling's calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.autoscaling.api import AutoScaling
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.world import World

WHERE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/c/s",
    "ScalableDimension": "ecs:service:DesiredCount",
}
TRACKING: dict[str, Any] = {
    "PolicyName": "cpu",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 60.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    },
}


class RefusedError(Exception):
    pass


@pytest.fixture
def call() -> Any:
    world = World(
        clock=ManualClock(),
        account="111122223333",
        region="eu-central-1",
        port=1,
        proxy_port=2,
        home=Path(),
        label="a=b",
    )
    service = AutoScaling(world)

    def call(action: Any, **request: Any) -> Any:
        status, _, body = service.handle(action, json.dumps(request).encode())
        answer = json.loads(body)
        if status != 200:
            raise RefusedError(f"{answer['__type']}: {answer['message']}")
        return answer

    return call


def target(call: Any) -> Any:
    (found,) = call("DescribeScalableTargets", ServiceNamespace="ecs")["ScalableTargets"]
    return found


def test_a_target_from_registration_to_deregistration(call: Any) -> None:
    arn = call("RegisterScalableTarget", **WHERE, MinCapacity=1, MaxCapacity=4, Tags={"a": "1"})["ScalableTargetARN"]
    assert target(call) | WHERE | {"MinCapacity": 1, "MaxCapacity": 4} == target(call)
    assert call("ListTagsForResource", ResourceARN=arn)["Tags"] == {"a": "1"}
    call("DeregisterScalableTarget", **WHERE)
    assert call("DescribeScalableTargets", ServiceNamespace="ecs")["ScalableTargets"] == []
    with pytest.raises(RefusedError, match="ObjectNotFoundException"):
        call("DeregisterScalableTarget", **WHERE)


def test_registering_again_changes_what_it_names(call: Any) -> None:
    call("RegisterScalableTarget", **WHERE, MinCapacity=1, MaxCapacity=4)
    arn = target(call)["ScalableTargetARN"]
    call("RegisterScalableTarget", **WHERE, SuspendedState={"DynamicScalingOutSuspended": True})
    found = target(call)
    assert (found["MinCapacity"], found["MaxCapacity"], found["ScalableTargetARN"]) == (1, 4, arn)
    assert found["SuspendedState"] == {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": True,
        "ScheduledScalingSuspended": False,
    }


def test_limits_that_are_refused(call: Any) -> None:
    with pytest.raises(RefusedError, match="MaxCapacity is required"):
        call("RegisterScalableTarget", **WHERE, MinCapacity=1)
    call("RegisterScalableTarget", **WHERE, MinCapacity=1, MaxCapacity=4)
    with pytest.raises(RefusedError, match="cannot be less than minimum"):
        call("RegisterScalableTarget", **WHERE, MaxCapacity=0)
    assert target(call)["MaxCapacity"] == 4


def test_what_awss_model_does_not_allow(call: Any) -> None:
    with pytest.raises(RefusedError, match="ValidationException"):
        call("RegisterScalableTarget", ServiceNamespace="ecs")


def test_policies_come_and_go_with_their_target(call: Any) -> None:
    with pytest.raises(RefusedError, match="No scalable target registered"):
        call("PutScalingPolicy", **WHERE, **TRACKING)
    call("RegisterScalableTarget", **WHERE, MinCapacity=1, MaxCapacity=4)
    arn = call("PutScalingPolicy", **WHERE, **TRACKING)["PolicyARN"]
    assert call("PutScalingPolicy", **WHERE, **TRACKING)["PolicyARN"] == arn
    (found,) = call("DescribeScalingPolicies", ServiceNamespace="ecs", PolicyNames=["cpu"])["ScalingPolicies"]
    assert found | TRACKING == found
    assert call("DescribeScalingPolicies", ServiceNamespace="ecs", ResourceId="service/c/x")["ScalingPolicies"] == []
    call("DeregisterScalableTarget", **WHERE)
    assert call("DescribeScalingPolicies", ServiceNamespace="ecs")["ScalingPolicies"] == []


def test_deleting_a_policy(call: Any) -> None:
    call("RegisterScalableTarget", **WHERE, MinCapacity=1, MaxCapacity=4)
    call("PutScalingPolicy", **WHERE, **TRACKING)
    call("DeleteScalingPolicy", **WHERE, PolicyName="cpu")
    with pytest.raises(RefusedError, match="No scaling policy found for name: cpu"):
        call("DeleteScalingPolicy", **WHERE, PolicyName="cpu")


def test_tags(call: Any) -> None:
    arn = call("RegisterScalableTarget", **WHERE, MinCapacity=1, MaxCapacity=4)["ScalableTargetARN"]
    call("TagResource", ResourceARN=arn, Tags={"a": "1", "b": "2"})
    call("UntagResource", ResourceARN=arn, TagKeys=["a"])
    assert call("ListTagsForResource", ResourceARN=arn)["Tags"] == {"b": "2"}
    with pytest.raises(RefusedError, match="ResourceNotFoundException"):
        call("ListTagsForResource", ResourceARN="arn:aws:x")
