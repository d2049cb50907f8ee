"""The container of a service, as ECS wants to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from naming import Names
from settings import App


def container(*, app: App, names: Names, region: str, image: str, secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return the definition of the service's one container.

    `image` is `repository@sha256:…`; `secrets` are references (variable -> what ECS looks up), never values. Lists are
    sorted and defaults spelled out, so that the same settings give the same text and AWS hands back what it was given.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    definition: dict[str, Any] = {
        "name": app.name,
        "image": image,
        "essential": True,
        "environment": [{"name": name, "value": value} for name, value in sorted(app.env.items())],
        "secrets": [{"name": name, "valueFrom": reference} for name, reference in sorted(secrets.items())],
        "portMappings": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": names.log_group(app.name),
                "awslogs-region": region,
                "awslogs-stream-prefix": app.name,
            },
        },
    }
    if app.door:
        port = app.door.port
        definition["portMappings"] = [{"containerPort": port, "hostPort": port, "protocol": "tcp"}]
    if app.command:
        definition["command"] = list(app.command)
    return definition
