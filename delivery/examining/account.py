"""The account: who asks, and whether the roles that AWS's services act with are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from delivery.aws import explained
from delivery.examining import Finding, ok, problem, warning
from delivery.founding.linked import LINKED, LinkedRole
from delivery.who import Identity, identity

CREDENTIALS, ROLES = "credentials", "roles"


def credentials(sts: Callable[[], Any], environment: Mapping[str, str], wanted: str) -> tuple[Identity | None, Finding]:
    """Say who asks. The identity is None where there is none, or it is of another account than `wanted`.

    sts: makes the client; it may fail, for want of a profile.
    """
    try:
        found = identity(sts(), environment)
    except Exception as error:
        told = explained(error)
        fix = (
            "log in (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID; `aws sts get-caller-identity` tests it"
        )
        return None, problem(CREDENTIALS, f"none that AWS takes: {' '.join(told.message.split())}", fix)
    if found.account != wanted:
        return None, problem(
            CREDENTIALS,
            f"are of account {found.account}, the settings say {wanted} ({found.text})",
            "use credentials of that account, or correct the setting `account`",
        )
    return found, ok(CREDENTIALS, f"{found.text}, in account {found.account} as the settings say")


def linked_roles(iam: Any) -> Iterator[Finding]:
    """The roles that ECS, load balancers and autoscaling act with. CodeDeploy has none: its role is of the stack."""
    missing = [service for service in LINKED if not LinkedRole(iam, service).look().exists]
    for service in missing:
        yield warning(
            ROLES,
            f"{LINKED[service]} does not exist: the first use of {service} often fails in a new account",
            f"`aws iam create-service-linked-role --aws-service-name {service}`; `./slipway init` makes all of them",
        )
    if not missing:
        yield ok(ROLES, f"{len(LINKED)} of AWS's own exist: ECS, load balancers, autoscaling")
