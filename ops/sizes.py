"""How large an environment is by its settings: what a bill and AWS's quotas count. Read from the project's files.

`settings/` checks every value before anything is made; here only what is counted is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from delivery.errors import DeliveryError
from delivery.strategy import Strategy, parse
from ops.place import project_file, read

#: What a task gets where a service does not say: `settings.table`. A test holds them equal.
CPU, MEMORY = 256, 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """The tasks of one service.

    cpu: in units, 1024 are one vCPU; memory: MiB. low, high: how many run. port: what it listens on; None for a worker,
    whose tasks are replaced one after the other.
    """

    name: str
    cpu: int
    memory: int
    low: int
    high: int
    port: int | None

    @property
    def vcpu(self) -> float:
        """Processors of one task."""
        return self.cpu / 1024

    @property
    def gigabytes(self) -> float:
        """Memory of one task, as it is billed."""
        return self.memory / 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What an environment consists of.

    own_network: whether it makes a VPC; nats: NAT gateways in it; zones: where load balancer and tasks are.
    public_tasks: whether each task has a public address. arm: the processors. secrets: in Secrets Manager.
    """

    stack: str
    region: str
    tasks: tuple[Tasks, ...]
    strategy: Strategy
    own_network: bool
    nats: int
    zones: int
    public_tasks: bool
    arm: bool
    secrets: int

    @property
    def shifted(self) -> tuple[Tasks, ...]:
        """The services that CodeDeploy shifts: their tasks are there twice during a release."""
        return tuple(one for one in self.tasks if one.port is not None)

    def vcpus(self, *, releasing: bool) -> float:
        """The most processors at once: scaled out, and with all greens beside their blues where one releases."""
        once = sum(one.vcpu * one.high for one in self.tasks)
        return once + (sum(one.vcpu * one.high for one in self.shifted) if releasing else 0)


class Values:
    """The settings of a stack as written: its own file over the defaults of `Pulumi.yaml`."""

    def __init__(self, stack: str, project: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        self.stack = stack
        self._name = str(project.get("name", ""))
        self._own = own
        declared = project.get("config") or {}
        self._defaults = {
            str(key).removeprefix(f"{self._name}:"): value.get("default")
            for key, value in declared.items()
            if isinstance(value, dict)
        }

    def get(self, key: str) -> Any:
        """The value of a setting; None where nothing is said."""
        return self._own.get(f"{self._name}:{key}", self._own.get(key, self._defaults.get(key)))

    def written(self, key: str) -> Any:
        """What the stack's own file says; None where it says nothing."""
        return self._own.get(f"{self._name}:{key}", self._own.get(key))

    def bare(self, key: str) -> bool:
        """Whether the stack's own file calls the setting by its bare name."""
        return key in self._own

    def region(self) -> str:
        """The stack's region; empty where none is said."""
        return str(self._own.get("aws:region") or "")

    @property
    def is_environment(self) -> bool:
        """Whether anything runs there."""
        return bool(self.get("kind") != "shared")


def values(stack: str, folder: Path) -> Values:
    """Read a stack's settings. Raises `DeliveryError` for a file that is missing or no YAML."""
    path = folder / f"Pulumi.{stack}.yaml"
    try:
        found = read(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise DeliveryError(f"{path.name}: cannot be read: {error}", "choose a stack that has a file here") from None
    config = found.get("config") if isinstance(found, dict) else None
    return Values(stack, project_file(folder), config if isinstance(config, dict) else {})


def stacks(folder: Path) -> list[str]:
    """The stacks that have a file here."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml"))


def size(found: Values) -> Size:
    """Count what the settings ask for. Raises `DeliveryError` for a value that cannot be counted."""
    own_network = not found.get("vpc_id")
    zones = _whole(found, "zones", found.get("zones") or 2)
    subnets = found.get("subnets")
    private = bool(subnets.get("private")) if isinstance(subnets, dict) else False
    nat = str(found.get("nat") or "one")
    return Size(
        stack=found.stack,
        region=found.region(),
        tasks=tuple(_tasks(found)),
        strategy=parse(str(found.get("rollout") or "")),
        own_network=own_network,
        nats={"none": 0, "one": 1}.get(nat, zones) if own_network else 0,
        zones=zones,
        public_tasks=nat == "none" if own_network else not private,
        arm=found.get("architecture") == "arm64",
        secrets=len(_secrets(found.get("secrets"))),
    )


def _tasks(found: Values) -> list[Tasks]:
    services, scale = found.get("services"), found.get("scale")
    if not isinstance(services, dict) or not services:
        _wrong(found, "services", services, "an object with a service at least")
    scales = scale if isinstance(scale, dict) else {}
    tasks = []
    for name, service in services.items():
        fields = service if isinstance(service, dict) else {}
        low, high = _scale(found, str(name), scales.get(name, 1))
        port = fields.get("port")
        tasks.append(
            Tasks(
                name=str(name),
                cpu=_whole(found, f"services.{name}.cpu", fields.get("cpu", CPU)),
                memory=_whole(found, f"services.{name}.memory", fields.get("memory", MEMORY)),
                low=low,
                high=high,
                port=None if port is None else _whole(found, f"services.{name}.port", port),
            )
        )
    return tasks


def _scale(found: Values, service: str, value: Any) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", str(value))
    if not match:
        _wrong(found, f"scale.{service}", value, "a number, or `low-high`")
    low = int(match[1])
    return low, max(low, int(match[2] or low))


def _whole(found: Values, key: str, value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d+", str(value)):
        _wrong(found, key, value, "a whole number")
    return int(value)


def _secrets(value: Any) -> set[str]:
    """The names of secrets: several variables may be keys of one."""
    if not isinstance(value, dict):
        return set()
    names = (str(one.get("secret", "") if isinstance(one, dict) else one) for one in value.values())
    # The seventh part of an ARN ends in the name; what comes after a colon there, or after a name, is a key.
    return {":".join(name.split(":")[:7]) if name.startswith("arn:") else name.partition(":")[0] for name in names}


def _wrong(found: Values, key: str, value: Any, rule: str) -> NoReturn:
    raise DeliveryError(
        f"Pulumi.{found.stack}.yaml: {key}: must be {rule}, got {value!r}",
        f"`pulumi preview -s {found.stack}` tells everything that is wrong at once",
    )
