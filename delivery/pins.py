"""Versions of secrets that task definitions name: without them no task starts.

Secrets Manager keeps a version for as long as it has a staging label; one without any is deprecated and is removed some
day. A task definition that names it starts no task from then on.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from delivery.aws import SecretsManager, error_code

#: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
_REFERENCE = re.compile(
    r"(?P<arn>arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:(?P<name>[^:]+))(:[^:]*:[^:]*:(?P<version>[^:]*))?"
)


@dataclass(frozen=True, slots=True)
class Pin:
    """A version of a secret that a variable of a container is filled from. version: empty for the current one."""

    variable: str
    arn: str
    name: str
    version: str


def pins(containers: Iterable[Mapping[str, Any]]) -> list[Pin]:
    """The secrets of Secrets Manager that containers (of `DescribeTaskDefinition`) name."""
    found = []
    for container in containers:
        for secret in container.get("secrets") or ():
            match = _REFERENCE.fullmatch(secret.get("valueFrom", ""))
            if match:
                found.append(Pin(secret.get("name", ""), match["arn"], match["name"], match["version"] or ""))
    return found


class Versions:
    """Looks up which versions secrets have; each secret once."""

    def __init__(self, client: SecretsManager) -> None:
        self._client = client
        self._known: dict[str, dict[str, tuple[str, ...]] | None] = {}

    def of(self, arn: str) -> dict[str, tuple[str, ...]] | None:
        """The staging labels of each version, deprecated ones included; None where there is no such secret."""
        if arn not in self._known:
            self._known[arn] = self._look(arn)
        return self._known[arn]

    def _look(self, arn: str) -> dict[str, tuple[str, ...]] | None:
        found: dict[str, tuple[str, ...]] = {}
        more: dict[str, str] = {}
        while True:
            try:
                page = self._client.list_secret_version_ids(SecretId=arn, IncludeDeprecated=True, **more)
            except Exception as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise
                return None
            for version in page.get("Versions", []):
                found[version["VersionId"]] = tuple(version.get("VersionStages") or ())
            if "NextToken" not in page:
                return found
            more = {"NextToken": page["NextToken"]}
