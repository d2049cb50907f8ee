"""What the services of an environment are delivered with, written down so that whoever has no engine can deliver too.

services.json   in the environment's bucket; every release writes it before anything moves
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from delivery.documents import Fields
from delivery.errors import RecordError
from delivery.plan import ServicePlan

SCHEMA = 1
GROUND = "services.json"

_TEXTS = ("name", "cluster", "service", "task_definition", "image", "container", "url", "declared")
_PERHAPS = ("application", "deployment_group", "listener", "test_listener", "load_balancer")
_LISTS = ("target_groups", "subnets", "security_groups", "alarms")


def to_json(services: Sequence[ServicePlan]) -> str:
    """Services as they are stored. Checks and migrations are left out: who reads this asks and migrates nothing."""
    return json.dumps({"schema": SCHEMA, "services": [_plain(one) for one in services]}, indent=2) + "\n"


def from_json(text: str | bytes, where: str) -> tuple[ServicePlan, ...]:
    """Read stored services; `where` names the document in errors. Raises `RecordError`."""
    Fields.parse(text, where, SCHEMA)
    found = json.loads(text).get("services")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise RecordError(f"{where}: services should be a list of objects", "the next `pulumi up` writes it again")
    return tuple(_service(Fields(one, f"{where}: services[{place}]")) for place, one in enumerate(found))


def _plain(service: ServicePlan) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(service, name) for name in _TEXTS}
    values |= {name: getattr(service, name) or "" for name in _PERHAPS}
    values |= {name: list(getattr(service, name)) for name in _LISTS}
    return {
        **values,
        "port": service.port or 0,
        "desired_count": service.desired_count,
        "assign_public_ip": service.assign_public_ip,
        "scalable": service.scalable,
    }


def _service(found: Fields) -> ServicePlan:
    given: dict[str, Any] = {name: found.text(name) for name in _TEXTS}
    given |= {name: found.text(name) or None for name in _PERHAPS}
    given |= {name: tuple(found.list_of_texts(name)) for name in _LISTS}
    return ServicePlan(
        **given,
        port=int(found.number("port", 0)) or None,
        desired_count=int(found.number("desired_count", 1)),
        assign_public_ip=found.flag("assign_public_ip"),
        scalable=found.flag("scalable"),
    )
