"""MiniStack in this process with `AUTH` on, and roles to call it with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import boto3
import ministack.app
import pytest
from ministack.services import iam as iam_service
from ministack.services import s3, sts

from rehearsal.aws import iam
from rehearsal.aws.iam.tokens import Issuers
from tests.rehearsal.aws.inprocess import InProcess, _client, _send

OTHER = "444455556666"
ROLE = "deployer"


class Enforced:
    """An account in which policies count. `client` is its root's."""

    def __init__(self, running: InProcess) -> None:
        self.running = running
        self.account, self.region = running.account, running.region

    def client(self, name: str, account: str = "") -> Any:
        return _client(name, account or self.account, self.region)

    def role(self, *statements: Mapping[str, Any], name: str = ROLE, account: str = "", **more: Any) -> Role:
        """Make a role that may do this, under the path of the pipeline; take it."""
        there = account or self.account
        who = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{there}:root"}, "Action": "sts:AssumeRole"}
        client = self.client("iam", there)
        made = client.create_role(
            RoleName=name, Path="/ci/", AssumeRolePolicyDocument=json.dumps({"Statement": [who]}), **more
        )["Role"]
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        client.put_role_policy(RoleName=name, PolicyName="what-it-does", PolicyDocument=document)
        return self.take(made["Arn"], there)

    def take(self, arn: str, account: str = "") -> Role:
        answer = self.client("sts", account).assume_role(RoleArn=arn, RoleSessionName="test")
        return Role(arn, self.region, answer["Credentials"])


class Role:
    """Somebody who acts in a role."""

    def __init__(self, arn: str, region: str, credentials: Mapping[str, Any]) -> None:
        self.arn, self._region, self._credentials = arn, region, credentials

    def client(self, name: str, **more: Any) -> Any:
        given: dict[str, Any] = {
            "aws_access_key_id": self._credentials["AccessKeyId"],
            "aws_secret_access_key": self._credentials["SecretAccessKey"],
            "aws_session_token": self._credentials["SessionToken"],
        }
        client: Any = boto3.client(  # type: ignore[call-overload]
            name, endpoint_url="http://ministack", region_name=self._region, **{**given, **more}
        )
        client.meta.events.register("before-send", _send)
        return client


def allow(actions: Sequence[str], resources: Sequence[str] = ("*",), **condition: Any) -> dict[str, Any]:
    """Return a statement."""
    found: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return found | ({"Condition": condition} if condition else {})


@pytest.fixture
def stock(ministack: InProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Enforced]:
    """Policies count, as MiniStack reads them."""
    monkeypatch.setattr(ministack_app(), "AUTH", True)
    for module in (iam_service, sts, s3):
        module.reset()
    yield Enforced(ministack)
    for module in (iam_service, sts, s3):
        module.reset()


@pytest.fixture
def issuers() -> Issuers:
    return Issuers()


@pytest.fixture
def enforced(stock: Enforced, binding: Any, issuers: Issuers) -> Enforced:
    """Policies count, as AWS reads them."""
    iam.apply(binding, issuers)
    return stock


def ministack_app() -> Any:
    return ministack.app


Make = Callable[..., Role]
