"""Task definitions: read once, compared by what they say.

A task definition gets a new number whenever it is registered, also when it says the same as an earlier one, which is
what happens when a release goes back. Tasks that would be equal are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from delivery.aws import error_code

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

#: What makes a task; the rest of a definition says who registered it, when, and under which number.
_MATTERS = (
    "containerDefinitions",
    "cpu",
    "memory",
    "networkMode",
    "taskRoleArn",
    "executionRoleArn",
    "volumes",
    "runtimePlatform",
    "ephemeralStorage",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
)
_UNORDERED = ("environment", "secrets")


class Definitions:
    """Reads task definitions by ARN and remembers them: a revision never changes."""

    def __init__(self, ecs: ECSClient) -> None:
        self._ecs = ecs
        self._known: dict[str, dict[str, Any] | None] = {}

    def get(self, arn: str) -> dict[str, Any] | None:
        """The definition, or None where there is none."""
        if arn not in self._known:
            try:
                found = self._ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
                self._known[arn] = cast("dict[str, Any]", found)
            except Exception as error:
                if error_code(error) not in ("ClientException", "InvalidParameterException"):
                    raise
                self._known[arn] = None
        return self._known[arn]

    def startable(self, arn: str) -> bool:
        """Whether tasks can be started from it: a deregistered revision is INACTIVE and starts none."""
        return (self.get(arn) or {}).get("status") == "ACTIVE"

    def same(self, one: str, other: str) -> bool:
        """Whether tasks of both would be equal."""
        if one == other:
            return True
        first, second = self.get(one), self.get(other)
        return first is not None and second is not None and _content(first) == _content(second)

    def image(self, arn: str, container: str) -> str:
        """The image that a container runs; empty where that cannot be said."""
        return str(self.container(arn, container).get("image", ""))

    def container(self, arn: str, name: str) -> dict[str, Any]:
        """One container of a definition; empty where there is none of that name."""
        containers: list[dict[str, Any]] = (self.get(arn) or {}).get("containerDefinitions", [])
        return next((container for container in containers if container.get("name") == name), {})


def _content(definition: dict[str, Any]) -> dict[str, Any]:
    content = {name: definition[name] for name in _MATTERS if definition.get(name)}
    content["containerDefinitions"] = [
        {
            name: sorted(value, key=lambda entry: str(entry["name"])) if name in _UNORDERED else value
            for name, value in container.items()
            if value not in (None, [], {})
        }
        for container in content.get("containerDefinitions", [])
    ]
    return content
