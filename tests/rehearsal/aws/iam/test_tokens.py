"""Web identities: only what an issuer signed, for this account, in the environment that the role trusts."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.aws.iam.tokens import Issuers
from rehearsal.github.tokens import ISSUER, Issuer
from tests.rehearsal.aws.iam.conftest import Enforced
from tests.rehearsal.aws.inprocess import _send

pytestmark = pytest.mark.ministack

HOST = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{HOST}"
CLAIMS = {
    "iss": ISSUER,
    "aud": "sts.amazonaws.com",
    "sub": "repo:acme/shop:environment:production",
    "environment": "production",
    "repository_id": "42",
}


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch, issuers: Issuers) -> Issuer:
    """GitHub's issuer of tokens, where its keys are asked for."""
    issuer = Issuer()

    class Answer:
        def __init__(self, url: str) -> None:
            self._url = url

        def raise_for_status(self) -> None: ...

        def json(self) -> Any:
            return issuer.document(self._url.removeprefix("http://github"))

    monkeypatch.setattr(requests, "get", lambda url, timeout: Answer(url))
    issuers.add(ISSUER, "http://github/")
    return issuer


def trusted(where: Enforced) -> str:
    """Make a role that production's workflows may take; return its ARN."""
    iam = where.client("iam")
    iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"])
    equal = {f"{HOST}:{name}": CLAIMS[name] for name in ("aud", "sub", "repository_id", "environment")}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": equal},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return str(iam.create_role(RoleName="r", Path="/ci/", AssumeRolePolicyDocument=policy)["Role"]["Arn"])


def take(arn: str, token: str) -> Any:
    sts: Any = boto3.client(
        "sts",
        endpoint_url="http://ministack",
        region_name="eu-central-1",
        config=Config(signature_version="unsigned"),
    )
    sts.meta.events.register("before-send", _send)
    return sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="job", WebIdentityToken=token)


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none"}, {**claims, "exp": int(time.time()) + 60})
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts), ""])


def test_stock_ministack_takes_a_token_that_nobody_signed_and_knows_little_of_it(stock: Enforced) -> None:
    arn = trusted(stock)
    with pytest.raises(ClientError, match="AccessDenied"):  # it knows no environment, so nobody gets in
        take(arn, unsigned(CLAIMS))
    loose = stock.client("iam").get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    equal = loose["Statement"][0]["Condition"]["StringEquals"]
    for name in ("repository_id", "environment"):
        del equal[f"{HOST}:{name}"]
    stock.client("iam").update_assume_role_policy(RoleName="r", PolicyDocument=json.dumps(loose))
    assert take(arn, unsigned(CLAIMS))["Credentials"]


def test_who_runs_in_the_environment_gets_the_role(enforced: Enforced, github: Issuer) -> None:
    answer = take(trusted(enforced), github.token(CLAIMS))
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::111122223333:assumed-role/r/job"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"environment": "staging"}, "AccessDenied"),
        ({"repository_id": "43"}, "AccessDenied"),
        ({"sub": "repo:acme/shop:ref:refs/heads/main"}, "AccessDenied"),
        ({"aud": "https://github.com/acme"}, "InvalidIdentityToken"),
        ({"iss": "https://evil.test"}, "InvalidIdentityToken"),
        ({"exp": 1}, "ExpiredToken"),
    ],
)
def test_nobody_else_does(enforced: Enforced, github: Issuer, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError, match=code):
        take(trusted(enforced), github.token({**CLAIMS, **changes}))


def test_a_token_counts_with_its_issuers_signature_only(enforced: Enforced, github: Issuer) -> None:
    arn = trusted(enforced)
    other = Issuer()
    head, _, signature = github.token(CLAIMS | {"environment": "staging"}).split(".")
    changed = ".".join([head, github.token(CLAIMS).split(".")[1], signature])
    for wrong in (unsigned(CLAIMS), other.token(CLAIMS), changed, "no token"):
        with pytest.raises(ClientError, match="InvalidIdentityToken"):
            take(arn, wrong)


def test_an_account_without_the_provider_knows_no_tokens(enforced: Enforced, github: Issuer) -> None:
    arn = trusted(enforced)
    enforced.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    with pytest.raises(ClientError, match="No OpenIDConnect provider found"):
        take(arn, github.token(CLAIMS))


def test_an_issuer_that_cannot_be_found_vouches_for_nobody(enforced: Enforced) -> None:
    with pytest.raises(ClientError, match="Couldn't retrieve verification key"):
        take(trusted(enforced), Issuer().token(CLAIMS))
