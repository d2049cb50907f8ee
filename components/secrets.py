"""References to secrets: what ECS looks up when it starts a task. The values never pass through the program.

A reference names the version that is current now, so that a new value is a release like any other: seen in the preview,
checked before traffic, and taken back by going back. Looked up are the ids of versions, never what they hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import secretsmanager
from pulumi_aws.secretsmanager.outputs import GetSecretVersionsVersionResult

from delivery.pins import pins
from settings import Secret

_CURRENT = "AWSCURRENT"


@dataclass(frozen=True, slots=True)
class Reference:
    """A secret, as a task definition and as a policy name it."""

    variable: str
    value_from: pulumi.Output[str]
    """What ECS looks up: the ARN, the key of it where one is asked for, and the version where it is pinned."""
    arn: pulumi.Output[str]
    """What the execution role may read."""


def refer(secret: Secret, opts: pulumi.InvokeOptions) -> Reference:
    """Return the reference to a secret; a wrong one fails early, since it is looked up.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    asked = secret.arn or secret.name or ""
    if secret.arn and not secret.pinned:
        arn = pulumi.Output.from_input(secret.arn)
        return Reference(secret.variable, _latest(arn, secret.key), arn)
    found = secretsmanager.get_secret_versions_output(secret_id=asked, opts=opts)
    if not secret.pinned:
        return Reference(secret.variable, _latest(found.secret_arn, secret.key), found.secret_arn)
    value_from = found.apply(lambda known: f"{known.secret_arn}:{secret.key}::{current(known.versions, asked)}")
    return Reference(secret.variable, value_from, found.secret_arn)


def named(references: Mapping[str, str]) -> list[str]:
    """Return the ARNs of the secrets that a release named. references: what ECS looked up, by variable."""
    return [pin.arn for pin in pins([{"secrets": [{"valueFrom": reference} for reference in references.values()]}])]


def _latest(arn: pulumi.Output[str], key: str) -> pulumi.Output[str]:
    return arn.apply(lambda found: f"{found}:{key}::") if key else arn


def current(versions: Sequence[GetSecretVersionsVersionResult], secret: str) -> str:
    """Return the id of the version that a task would get now. Raises `pulumi.RunError` where the secret is empty."""
    for version in versions:
        if _CURRENT in version.version_stages:
            return version.version_id
    raise pulumi.RunError(
        f"secret {secret} has no current version, so no task that needs it could start.\n"
        f"Fix:   give it a value: `aws secretsmanager put-secret-value --secret-id {secret} --secret-string …`."
    )
