"""Reads an AppSpec for ECS, in JSON or YAML, and refuses what CodeDeploy refuses.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

HOOKS = ("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic")


class AppSpecError(ValueError):
    """The content is no AppSpec for ECS; the message names the member."""


@dataclass(frozen=True)
class AppSpec:
    """What one deployment is to run. `network` and `platform_version` None: as the service has them now."""

    task_definition: str
    container: str
    container_port: int
    platform_version: str | None = None
    network: dict[str, Any] | None = None
    capacity_providers: list[dict[str, Any]] | None = None
    hooks: dict[str, str] = field(default_factory=dict)


def parse(content: str) -> AppSpec:
    """Read an AppSpec; raises AppSpecError."""
    try:
        document = json.loads(content) if content.lstrip().startswith("{") else yaml.safe_load(content)
    except (ValueError, yaml.YAMLError) as error:
        raise AppSpecError(f"The AppSpec is neither JSON nor YAML: {error}") from None
    spec = _lowered(document)
    if not isinstance(spec, dict) or "resources" not in spec:
        raise AppSpecError("The AppSpec has no Resources section.")
    resources = spec["resources"]
    if not isinstance(resources, list) or len(resources) != 1 or not isinstance(resources[0], dict):
        raise AppSpecError("Resources holds exactly one target service.")
    (service,) = resources[0].values()
    if not isinstance(service, dict) or service.get("type") != "AWS::ECS::Service":
        raise AppSpecError("The target service's Type is AWS::ECS::Service.")
    properties = service.get("properties") or {}
    balancer = properties.get("loadbalancerinfo") or {}
    for name, value in (
        ("TaskDefinition", properties.get("taskdefinition")),
        ("LoadBalancerInfo.ContainerName", balancer.get("containername")),
        ("LoadBalancerInfo.ContainerPort", balancer.get("containerport")),
    ):
        if not value:
            raise AppSpecError(f"Properties has no {name}.")
    return AppSpec(
        task_definition=str(properties["taskdefinition"]),
        container=str(balancer["containername"]),
        container_port=_port(balancer["containerport"]),
        platform_version=properties.get("platformversion"),
        network=_network(properties.get("networkconfiguration")),
        capacity_providers=_strategy(properties.get("capacityproviderstrategy")),
        hooks=_hooks(spec.get("hooks")),
    )


def _lowered(value: Any) -> Any:
    """CodeDeploy takes member names in any case (`resources`, `Resources`)."""
    if isinstance(value, Mapping):
        return {str(name).lower(): _lowered(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_lowered(inner) for inner in value]
    return value


def _port(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise AppSpecError(f"LoadBalancerInfo.ContainerPort is a number, not {value!r}.") from None


def _network(value: Any) -> dict[str, Any] | None:
    """All of it or nothing of it: AWS takes no part of a network configuration."""
    if not value:
        return None
    vpc = value.get("awsvpcconfiguration") or {}
    for name in ("subnets", "securitygroups", "assignpublicip"):
        if name not in vpc:
            raise AppSpecError("NetworkConfiguration needs Subnets, SecurityGroups and AssignPublicIp.")
    return {
        "awsvpcConfiguration": {
            "subnets": list(vpc["subnets"]),
            "securityGroups": list(vpc["securitygroups"]),
            "assignPublicIp": vpc["assignpublicip"],
        }
    }


def _strategy(value: Any) -> list[dict[str, Any]] | None:
    if not value:
        return None
    return [
        {"capacityProvider": item["capacityprovider"], "base": item.get("base", 0), "weight": item.get("weight", 0)}
        for item in value
    ]


def _hooks(value: Any) -> dict[str, str]:
    names = {hook.lower(): hook for hook in HOOKS}
    hooks: dict[str, str] = {}
    for entry in value or []:
        for name, function in entry.items():
            if name not in names:
                raise AppSpecError(f"Hooks: {name} is none of {', '.join(HOOKS)}.")
            if function:
                hooks[names[name]] = str(function)
    return hooks
