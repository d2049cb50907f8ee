"""Who runs a release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from delivery.errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

#: Who started the workflow, on GitHub; who is logged in, elsewhere.
_PEOPLE = ("GITHUB_ACTOR", "SUDO_USER", "USER", "LOGNAME")


@dataclass(frozen=True, slots=True)
class Identity:
    """An AWS account and, in words, who acts in it."""

    account: str
    text: str


def identity(sts: STSClient, environment: Mapping[str, str]) -> Identity:
    """Ask AWS who we are; the environment knows the person behind a role."""
    caller = sts.get_caller_identity()
    person = next((environment[name] for name in _PEOPLE if environment.get(name)), "")
    return Identity(caller["Account"], f"{person} ({caller['Arn']})" if person else caller["Arn"])


def refuse_other_account(found: Identity, wanted: str) -> None:
    """Raise `Refused` where the credentials belong to another account than the environment."""
    if wanted and found.account != wanted:
        raise Refused(
            f"the AWS credentials are of account {found.account}, this environment is in {wanted} ({found.text})",
            "use credentials of the right account, or correct the setting `account`",
        )
