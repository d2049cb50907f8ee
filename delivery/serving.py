"""What really serves now: asked of ECS and of the listener, not of what we remember.

CodeDeploy can go back on its own after an update has ended, and people can act past us; so every decision begins here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from delivery.aws import error_code
from delivery.definitions import Definitions
from delivery.listeners import Listeners
from delivery.plan import ServicePlan
from delivery.records import Served

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_ABSENT = ("ClusterNotFoundException", "ServiceNotFoundException")


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The network of a service's tasks."""

    subnets: frozenset[str]
    security_groups: frozenset[str]
    public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What serves a service now.

    task_definition: ARN of what is PRIMARY. network: None where ECS does not say.
    share: of production traffic that the PRIMARY's target group gets, in percent; None for a worker.
    group: that target group's ARN. kept: task definitions of tasks that are kept beside it.
    started_by: what starts the PRIMARY's tasks; running, desired: how many run, and should.
    rolling: whether a rolling update goes on.
    """

    task_definition: str
    network: Network | None
    share: int | None
    group: str
    kept: tuple[str, ...]
    started_by: str
    running: int
    desired: int
    rolling: bool

    @property
    def steady(self) -> bool:
        """Whether all its tasks run and nothing is replaced."""
        return self.running >= self.desired and not self.rolling


class World:
    """Looks at what serves."""

    def __init__(self, ecs: ECSClient, listeners: Listeners, definitions: Definitions) -> None:
        self._ecs = ecs
        self._listeners = listeners
        self.definitions = definitions

    def look(self, service: ServicePlan) -> Serving | None:
        """What serves now; None where there is no such service."""
        try:
            found = self._ecs.describe_services(cluster=service.cluster, services=[service.service])["services"]
        except Exception as error:
            if error_code(error) in _ABSENT:
                return None
            raise
        if not found or found[0].get("status") == "INACTIVE":
            return None
        state = cast("dict[str, Any]", found[0])
        sets: list[dict[str, Any]] = state.get("taskSets") or []
        primary = next((one for one in sets if one.get("status") == "PRIMARY"), None) or state
        group = _group(primary) or _group(state)
        share = None
        if service.shifts and service.listener:
            shares = self._listeners.shares(service.listener)
            # ECS without task sets does not say which of the two groups is PRIMARY's: the listener does.
            group = group or max(shares, key=lambda one: shares[one], default="")
            share = shares.get(group, 0)
        return Serving(
            task_definition=primary.get("taskDefinition", ""),
            network=_network(primary) or _network(state),
            share=share,
            group=group,
            kept=tuple(s.get("taskDefinition", "") for s in sets if s is not primary and s.get("status") == "ACTIVE"),
            started_by=primary.get("id", ""),
            running=primary.get("runningCount", 0),
            desired=primary.get("computedDesiredCount", state.get("desiredCount", 0)),
            rolling=any(one.get("rolloutState") == "IN_PROGRESS" for one in state.get("deployments", [])),
        )

    def serves(self, service: ServicePlan, serving: Serving | None) -> bool:
        """Whether a service's target serves, with all traffic."""
        return not self.differences(service, serving)

    def differences(self, service: ServicePlan, serving: Serving | None) -> list[str]:
        """What of a service's target does not serve, in words; nothing when it does."""
        if serving is None:
            return ["no such service"]
        differences = []
        if not self.definitions.same(serving.task_definition, service.task_definition):
            differences.append(f"{short(serving.task_definition)} serves")
        if serving.network and service.subnets and serving.network != wanted_network(service):
            differences.append("its network differs")
        if serving.share is not None and serving.share != 100:
            differences.append(f"it has {serving.share}% of the traffic")
        return differences

    def served(self, service: ServicePlan, task_definition: str) -> Served:
        """A task definition of a service, as it is written down."""
        return Served(image=self.definitions.image(task_definition, service.container), task_definition=task_definition)

    def keeps(self, service: ServicePlan, task_definitions: Sequence[str]) -> bool:
        """Whether one of the kept task definitions is the service's target."""
        return any(self.definitions.same(kept, service.task_definition) for kept in task_definitions)


def wanted_network(service: ServicePlan) -> Network:
    """The network that a service's tasks should have."""
    return Network(
        subnets=frozenset(service.subnets),
        security_groups=frozenset(service.security_groups),
        public=service.assign_public_ip,
    )


def short(arn: str) -> str:
    """The readable end of an ARN: family and revision of a task definition, name of a cluster."""
    return arn.rpartition("/")[2] or arn


def _network(state: dict[str, Any]) -> Network | None:
    found = (state.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if not found:
        return None
    return Network(
        subnets=frozenset(found.get("subnets") or ()),
        security_groups=frozenset(found.get("securityGroups") or ()),
        public=found.get("assignPublicIp") == "ENABLED",
    )


def _group(state: dict[str, Any]) -> str:
    return next((lb.get("targetGroupArn", "") for lb in state.get("loadBalancers") or []), "")
