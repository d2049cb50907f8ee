"""What a change means for those who use the application, and whether it is a danger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ops.planned import Change

Level = Literal["danger", "care", "harmless"]

#: The order in which a person should read.
LEVELS: Final[tuple[Level, ...]] = ("danger", "care", "harmless")


@dataclass(frozen=True, slots=True)
class Meaning:
    """level: how dangerous; words: what happens to traffic or to what is kept, empty where there is nothing to say."""

    level: Level
    words: str = ""


def _danger(words: str) -> Meaning:
    return Meaning("danger", words)


def _care(words: str) -> Meaning:
    return Meaning("care", words)


def _harmless(words: str) -> Meaning:
    return Meaning("harmless", words)


_UNREACHABLE = "nothing answers until the new one is there and has its rules"
_NETWORK = "tasks in it are stopped and started elsewhere: the services answer nothing meanwhile"
_RIGHTS = "who has it can do nothing between the two: tasks cannot start, releases fail"

#: Type of a resource -> what its replacement means. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/
REPLACED: Final[Mapping[str, Meaning]] = {
    "aws:ecs/taskDefinition:TaskDefinition": _harmless(
        "a new revision is registered and the old one stays; traffic moves with the release, and only then"
    ),
    "aws:ecs/service:Service": _danger(
        "all of its tasks are stopped, then new ones started: it answers nothing meanwhile"
    ),
    "aws:ecs/cluster:Cluster": _danger("every service in it is stopped and started anew: nothing answers meanwhile"),
    "aws:lb/loadBalancer:LoadBalancer": _danger(
        "another address: connections end, and names must point to the new one"
    ),
    "aws:lb/listener:Listener": _danger(f"its port is closed meanwhile: {_UNREACHABLE}"),
    "aws:lb/targetGroup:TargetGroup": _danger("its tasks have to register anew: requests fail until they are healthy"),
    "aws:ec2/vpc:Vpc": _danger(_NETWORK),
    "aws:ec2/subnet:Subnet": _danger(_NETWORK),
    "aws:ec2/securityGroup:SecurityGroup": _danger(
        "what is allowed through it is refused until tasks have the new one"
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _care("what it allows may be refused for seconds"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _care("what it allows may be refused for seconds"),
    "aws:ec2/natGateway:NatGateway": _danger("tasks reach nothing outside meanwhile, and have another address there"),
    "aws:ec2/internetGateway:InternetGateway": _danger("nothing comes in or goes out meanwhile"),
    "aws:ec2/eip:Eip": _danger("another address: what others allow by address refuses it"),
    "aws:ec2/route:Route": _danger("packets have no way for seconds"),
    "aws:ec2/routeTable:RouteTable": _danger("packets have no way for seconds"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _danger("packets have no way for seconds"),
    "aws:iam/role:Role": _danger(_RIGHTS),
    "aws:iam/rolePolicy:RolePolicy": _care("rights are missing for seconds"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _care("rights are missing for seconds"),
    "aws:codedeploy/application:Application": _care("traffic stays; no release can run meanwhile"),
    "aws:codedeploy/deploymentGroup:DeploymentGroup": _care("traffic stays; no release can run meanwhile"),
    "aws:codedeploy/deploymentConfig:DeploymentConfig": _harmless("traffic stays; the next release is shifted by it"),
    "aws:appautoscaling/target:Target": _care("the number of tasks stays as it is meanwhile, whatever the load"),
    "aws:appautoscaling/policy:Policy": _care("the number of tasks stays as it is meanwhile, whatever the load"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _care("nothing watches what it watches until it has data again"),
    "aws:cloudwatch/logGroup:LogGroup": _danger("what was logged is lost"),
    "aws:cloudwatch/eventRule:EventRule": _care("what happens between the two is not heard of"),
    "aws:cloudwatch/eventTarget:EventTarget": _care("what happens between the two is not heard of"),
    "aws:lambda/function:Function": _care("traffic stays; it cannot be called for seconds"),
    "aws:lambda/permission:Permission": _care("traffic stays; it cannot be called for seconds"),
    "aws:ecr/repository:Repository": _danger("its images are lost: no earlier release can come back"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _harmless("traffic stays; images are kept meanwhile"),
    "aws:s3/bucket:Bucket": _danger("what is in it is lost: the records of releases"),
    "slipway:index:Release": _danger("another environment: what serves is not taken along"),
}
#: Type of a resource -> what it means that it goes, where that is more than that it goes.
DELETED: Final[Mapping[str, Meaning]] = {
    "aws:ecs/taskDefinition:TaskDefinition": _harmless("its revisions stay registered"),
    "aws:ecs/service:Service": _danger("its tasks are stopped: it answers nothing any more"),
    "aws:lb/loadBalancer:LoadBalancer": _danger("its address is gone"),
    "aws:lb/listener:Listener": _danger("its port is closed"),
    "aws:lb/targetGroup:TargetGroup": _danger("nothing reaches the tasks in it"),
    "aws:cloudwatch/logGroup:LogGroup": _danger("what was logged is lost"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _care("nothing watches what it watched"),
    "aws:ecr/repository:Repository": _danger("its images are lost: no earlier release can come back"),
    "aws:s3/bucket:Bucket": _danger("what is in it is lost: the records of releases"),
    "aws:ec2/vpc:Vpc": _danger("nothing in it is reached"),
    "slipway:index:Release": _danger("nothing is released here any more"),
}
#: Type of a resource -> what it means that it changes in place, where traffic feels it.
UPDATED: Final[Mapping[str, Meaning]] = {
    "slipway:index:Release": _care(
        "moves traffic, after its checks, as `rollout` says; the old tasks answer until then"
    ),
    "aws:lb/listener:Listener": _care("new connections follow it at once"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _care("what comes in follows it at once"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _care("what goes out follows it at once"),
    "aws:ec2/securityGroup:SecurityGroup": _care("what is allowed follows it at once"),
    "aws:ec2/route:Route": _care("packets follow it at once"),
    "aws:iam/rolePolicy:RolePolicy": _care("rights change at once"),
    "aws:iam/role:Role": _care("rights change at once"),
}
#: The first part of types that stand for nothing of their own: components, providers, stacks.
_WITHOUT_WORLD: Final = ("pulumi:", "slipway:aws:", "slipway:github:")


def meaning(change: Change) -> Meaning:
    """Return what a change means."""
    if change.operation == "create":
        return Meaning("harmless")
    if change.type.startswith(_WITHOUT_WORLD):
        return Meaning("harmless")
    if change.operation == "update":
        return UPDATED.get(change.type, Meaning("harmless"))
    if change.operation == "delete":
        return DELETED.get(change.type, _danger("it is gone, with what is in it"))
    known = REPLACED.get(change.type)
    if known is not None:
        return known
    if change.deleted_first:
        return _danger("the old one is gone before the new one is there")
    return _care("the new one is made first; what is in the old one is lost")
