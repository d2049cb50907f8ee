"""Versions of secrets: the one that a task definition names, and those that nothing labels any more.

AWS: `valueFrom` may end in `:json-key:version-stage:version-id`, and the task gets just that version, or is STOPPED
where there is none; with an id the stage is empty. A version without a staging label is deprecated: it is listed on
request and no longer described, is still read by its id, and is removed a day later at the earliest.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html

MiniStack 1.5.33 reads stage and id away and hands over the current version; it deletes a version together with its last
label, and lists all whether deprecated ones were asked for or not.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.services import ecs, secretsmanager

from rehearsal.aws.corrections.binding import Binding

#: Colons inside a secret's ARN, plus one.
_ARN_PARTS = 7


def apply(binding: Binding) -> None:
    """Hand over the version that is named, and keep what nothing labels."""
    resolve, promote = ecs._resolve_container_secrets, secretsmanager._apply_current_promotion
    list_versions, find = secretsmanager._list_secret_version_ids, secretsmanager._resolve

    def resolved(definition: dict[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for secret in definition.get("secrets", []):
            arn, key, stage, version = _parts(secret.get("valueFrom", ""))
            if not (stage or version):
                found |= resolve({**definition, "secrets": [secret]})
                continue
            value = secretsmanager.resolve_secret_string(arn, stage or "AWSCURRENT", version or None)
            if value is None:
                raise ecs._SecretResolutionError(
                    f"unable to retrieve secret {secret['valueFrom']} for environment variable {secret['name']}"
                )
            found[secret["name"]] = _of_key(value, key, secret)
        return found

    def promoted(secret: dict[str, Any], version: str) -> None:
        before = dict(secret["Versions"])
        promote(secret, version)
        for gone in before.keys() - secret["Versions"].keys():
            secret["Versions"][gone] = {**before[gone], "Stages": []}

    def listed(data: dict[str, Any]) -> Any:
        _, secret = find(data.get("SecretId"))
        if not secret or data.get("IncludeDeprecated"):
            return list_versions(data)
        everything = secret["Versions"]
        secret["Versions"] = {name: version for name, version in everything.items() if version["Stages"]}
        try:
            return list_versions(data)
        finally:
            secret["Versions"] = everything

    binding.replace(ecs, "_resolve_container_secrets", resolved)

    binding.replace(secretsmanager, "_apply_current_promotion", promoted)
    binding.replace(secretsmanager, "_list_secret_version_ids", listed)


def _parts(value_from: str) -> tuple[str, str, str, str]:
    """Read a reference: ARN, key, stage and version id; none of the last three where it is no secret's."""
    if ":secretsmanager:" not in value_from:
        return value_from, "", "", ""
    parts = [*value_from.split(":"), "", "", ""]
    return ":".join(parts[:_ARN_PARTS]), parts[_ARN_PARTS], parts[_ARN_PARTS + 1], parts[_ARN_PARTS + 2]


def _of_key(value: str, key: str, secret: dict[str, Any]) -> str:
    if not key:
        return value
    try:
        return str(json.loads(value)[key])
    except (ValueError, KeyError, TypeError):
        raise ecs._SecretResolutionError(
            f"unable to retrieve json key '{key}' from secret {secret['valueFrom']} "
            f"for environment variable {secret['name']}"
        ) from None
