"""References to secrets: what ECS looks up when it starts a task. The values never pass through the program."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import secretsmanager

from settings import Secret


@dataclass(frozen=True, slots=True)
class Reference:
    """A secret, as a task definition and as a policy name it."""

    variable: str
    value_from: pulumi.Output[str]
    """What ECS looks up: the ARN, and the key of it where one is asked for."""
    arn: pulumi.Output[str]
    """What the execution role may read."""


def refer(secret: Secret, opts: pulumi.InvokeOptions) -> Reference:
    """Return the reference to a secret. Its ARN is looked up where only the name is known: a wrong one fails early."""
    if secret.arn:
        arn = pulumi.Output.from_input(secret.arn)
    else:
        arn = secretsmanager.get_secret_output(name=secret.name, opts=opts).arn
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    value_from = arn.apply(lambda found: f"{found}:{secret.key}::") if secret.key else arn
    return Reference(secret.variable, value_from, arn)
