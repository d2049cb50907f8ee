"""Takes a role as a workflow does: with a token of GitHub's, for the environment that the job runs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from rehearsal.stage.github import GitHub
from rehearsal.stage.stage import Stage


@dataclass(frozen=True)
class Taken:
    """A role's temporary credentials."""

    arn: str
    endpoint: str
    region: str
    credentials: dict[str, Any]

    @property
    def name(self) -> str:
        """The role's name, as refusals say it."""
        return self.arn.rpartition("/")[2]

    @property
    def account(self) -> str:
        """The account that it is of."""
        return self.arn.split(":")[4]

    @property
    def variables(self) -> dict[str, str]:
        """What a command runs with that acts in this role."""
        return {
            "AWS_ACCESS_KEY_ID": self.credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self.credentials["SessionToken"],
        }

    def client(self, service: str) -> Any:
        """Return a client that acts in this role."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.credentials["AccessKeyId"],
            aws_secret_access_key=self.credentials["SecretAccessKey"],
            aws_session_token=self.credentials["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}),
        )


def token(hub: GitHub, environment: str) -> str:
    """Return the token of a job that runs in an environment."""
    return str(hub.seen("token", repo=hub.repository, environment=environment)["value"])


def role_of(hub: GitHub, environment: str) -> str:
    """Return the role (ARN) that workflows take in an environment, where they read it."""
    return str(hub.call("GET", f"R/environments/{environment}/variables/AWS_ROLE_ARN")["value"])


def take(stage: Stage, arn: str, signed: str) -> Taken:
    """Take a role with a token. Raises botocore's `ClientError` where AWS refuses."""
    # Nobody signs this call: the token says who asks.
    sts = boto3.client(
        "sts",
        endpoint_url=stage.emulator.endpoint,
        region_name=stage.emulator.region,
        config=Config(signature_version="unsigned", retries={"total_max_attempts": 1}),
    )
    answer = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="rehearsal", WebIdentityToken=signed)
    return Taken(arn, stage.emulator.endpoint, stage.emulator.region, dict(answer["Credentials"]))


def become(stage: Stage, arn: str) -> Taken:
    """Take a role as the root of its account."""
    sts = stage.client("sts", arn.split(":")[4])
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="rehearsal")
    return Taken(arn, stage.emulator.endpoint, stage.emulator.region, dict(answer["Credentials"]))
