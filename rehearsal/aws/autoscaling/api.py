"""Application Auto Scaling's calls: scalable targets, scaling policies, scheduled actions, tags."""

from __future__ import annotations

import copy
import threading
import uuid
from typing import Any

from rehearsal.aws.iam.call import Call
from rehearsal.aws.iam.guard import Owned
from rehearsal.aws.service_model import Handler, ModelledService, ServiceError
from rehearsal.aws.world import World

Document = dict[str, Any]
Key = tuple[str, str, str]

_AWAKE = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


class AutoScaling(ModelledService):
    """The service. `targets` and `policies` are what `scaling` acts on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.targets: dict[Key, Document] = {}
        self.policies: dict[tuple[str, str, str, str], Document] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self.lock = threading.RLock()
        super().__init__("application-autoscaling", self._handlers_by_action(), validation_error="ValidationException")

    def _handlers_by_action(self) -> dict[str, Handler]:
        return {
            "RegisterScalableTarget": self._register,
            "DescribeScalableTargets": self._describe_targets,
            "DeregisterScalableTarget": self._deregister,
            "PutScalingPolicy": self._put_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingActivities": lambda request: {"ScalingActivities": []},
            "DescribeScheduledActions": lambda request: {"ScheduledActions": []},
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": lambda request: {"Tags": self._tags_of(request["ResourceARN"])},
        }

    def resources(self, call: Call) -> Owned:
        """Return the scalable target that a call is made on, with its tags; `*` in the place of one that is not there.

        https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html
        """
        if call.action.startswith("Describe"):
            return []
        asked = tuple(call.text(name) for name in ("ServiceNamespace", "ResourceId", "ScalableDimension"))
        with self.lock:
            known = self.targets.get((asked[0], asked[1], asked[2]))
            arn = call.text("ResourceARN") or (known["ScalableTargetARN"] if known else call.arn("scalable-target/*"))
            return [(arn, dict(self._tags.get(arn, {})))]

    def _register(self, request: Document) -> Document:
        """Create a target, or change what the request names of it; the rest stays."""
        key = _key(request)
        with self.lock:
            target = self.targets.get(key)
            if target is None:
                for member in ("MinCapacity", "MaxCapacity"):
                    if member not in request:
                        raise ServiceError("ValidationException", f"{member} is required to register a new target.")
                target = self._new_target(key)
                self._tags[target["ScalableTargetARN"]] = dict(request.get("Tags") or {})
            members = ("MinCapacity", "MaxCapacity", "RoleARN")
            changed: Document = target | {name: value for name, value in request.items() if name in members}
            if changed["MinCapacity"] > changed["MaxCapacity"]:
                raise ServiceError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
            target.update(changed)
            target["SuspendedState"] |= request.get("SuspendedState") or {}
            self.targets[key] = target
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    def _new_target(self, key: Key) -> Document:
        namespace, resource, dimension = key
        role = (
            f"arn:aws:iam::{self._world.account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_ECSService"
        )
        return {
            "ServiceNamespace": namespace,
            "ResourceId": resource,
            "ScalableDimension": dimension,
            "RoleARN": role,
            "CreationTime": self._world.clock.now(),
            "SuspendedState": dict(_AWAKE),
            "ScalableTargetARN": f"{self._arn('application-autoscaling')}:scalable-target/{uuid.uuid4().hex[:12]}",
        }

    def _describe_targets(self, request: Document) -> Document:
        with self.lock:
            found = [target for key, target in self.targets.items() if _asked(key, request, request.get("ResourceIds"))]
            return {"ScalableTargets": copy.deepcopy(found)}

    def _deregister(self, request: Document) -> Document:
        with self.lock:
            target = self.targets.pop(_key(request), None)
            if target is None:
                raise _no_target(request)
            self._tags.pop(target["ScalableTargetARN"], None)
            for key in [key for key in self.policies if key[:3] == _key(request)]:
                del self.policies[key]
        return {}

    def _put_policy(self, request: Document) -> Document:
        key = _key(request)
        with self.lock:
            if key not in self.targets:
                raise _no_target(request)
            namespace, resource, _ = key
            name = request["PolicyName"]
            old = self.policies.get((*key, name))
            arn = (
                f"{self._arn('autoscaling')}:scalingPolicy:{uuid.uuid4()}"
                f":resource/{namespace}/{resource}:policyName/{name}"
            )
            identity = old or {"PolicyARN": arn, "CreationTime": self._world.clock.now(), "Alarms": []}
            kept = ("PolicyARN", "CreationTime", "Alarms")
            policy = (
                {member: identity[member] for member in kept} | {"PolicyType": "StepScaling"} | copy.deepcopy(request)
            )
            self.policies[(*key, name)] = policy
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}

    def _describe_policies(self, request: Document) -> Document:
        names, resource = request.get("PolicyNames"), request.get("ResourceId")
        with self.lock:
            found = [
                policy
                for (*key, name), policy in self.policies.items()
                if _asked((key[0], key[1], key[2]), request, [resource] if resource else None)
                and (not names or name in names)
            ]
            return {"ScalingPolicies": copy.deepcopy(found)}

    def _delete_policy(self, request: Document) -> Document:
        with self.lock:
            if self.policies.pop((*_key(request), request["PolicyName"]), None) is None:
                raise ServiceError(
                    "ObjectNotFoundException", f"No scaling policy found for name: {request['PolicyName']}"
                )
        return {}

    def _tag(self, request: Document) -> Document:
        self._known(request["ResourceARN"]).update(request["Tags"])
        return {}

    def _untag(self, request: Document) -> Document:
        tags = self._known(request["ResourceARN"])
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _tags_of(self, arn: str) -> dict[str, str]:
        return dict(self._known(arn))

    def _known(self, arn: str) -> dict[str, str]:
        if arn not in self._tags:
            raise ServiceError("ResourceNotFoundException", f"The resource {arn} doesn't exist.")
        return self._tags[arn]

    def _arn(self, service: str) -> str:
        return f"arn:aws:{service}:{self._world.region}:{self._world.account}"


def _key(request: Document) -> Key:
    return request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"]


def _asked(key: Key, request: Document, resources: list[str] | None) -> bool:
    namespace, resource, dimension = key
    wanted = request.get("ScalableDimension")
    return (
        namespace == request["ServiceNamespace"]
        and (not resources or resource in resources)
        and (not wanted or dimension == wanted)
    )


def _no_target(request: Document) -> ServiceError:
    namespace, resource, dimension = _key(request)
    return ServiceError(
        "ObjectNotFoundException",
        f"No scalable target registered for service namespace: {namespace}, resource ID: {resource}, "
        f"scalable dimension: {dimension}",
    )
