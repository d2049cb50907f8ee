"""The roles of workflows: who takes them, and where they lie."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from components.access import Access, AccessArgs
from components.access.trust import Identity, trust
from settings import Registry
from tests.components.access.evaluator import allowed
from tests.components.support import ACCOUNT, Built, build, place, repository

HOST = "token.actions.githubusercontent.com"
WHO = Identity(owner="acme", name="shop", owner_id=77, repository_id=4242)
CLASSIC = "repo:acme/shop:environment:production"
NUMBERED = "repo:acme@77/shop@4242:environment:production"
TRUST = trust("arn:p", f"https://{HOST}", WHO, "production")


def made(**changes: Any) -> Built:
    args = AccessArgs(
        account=ACCOUNT,
        github=repository(**changes),
        identity=WHO,
        registry=Registry(account=ACCOUNT, prefix="shop", owned=True),
    )
    return build(lambda on: Access("access", args, on))


@cache
def usual() -> Built:
    """Build staging here and production elsewhere; tests only read it."""
    return made(places=(place("production", account="444455556666", guarded=True), place("staging")))


def takes(**claims: str) -> bool:
    """Return whether a token with these claims may take production's role."""
    told = {"aud": "sts.amazonaws.com", "sub": CLASSIC, "repository_id": "4242", "environment": "production"} | claims
    statement = {**TRUST["Statement"][0], "Resource": "*"}
    context = {f"{HOST}__{name}": value for name, value in told.items()}
    return allowed({"Statement": [statement]}, "sts:AssumeRoleWithWebIdentity", **context)


def test_a_role_is_for_one_repository_in_one_environment() -> None:
    assert takes()
    assert takes(sub=NUMBERED)
    assert not takes(sub="repo:acme/shop:environment:staging", environment="staging")
    assert not takes(sub="repo:acme/shop:ref:refs/heads/main")
    assert not takes(sub="repo:evil/shop:environment:production", repository_id="1")
    assert not takes(aud="https://github.com/acme")


def test_a_repository_that_took_over_the_name_is_another_one() -> None:
    assert not takes(repository_id="9999")


def test_of_a_server_of_ones_own_aws_knows_the_subject_only() -> None:
    (statement,) = trust("arn:p", "https://github.acme.dev/_services/token", WHO, "production")["Statement"]
    host = "github.acme.dev/_services/token"
    assert statement["Condition"]["StringEquals"] == {
        f"{host}:aud": "sts.amazonaws.com",
        f"{host}:sub": [CLASSIC, NUMBERED],
    }


def test_each_environment_of_the_account_has_a_role_for_each_purpose_and_a_boundary() -> None:
    roles = usual().of("Role")
    assert {
        role.inputs["name"]: (role.inputs["path"], role.inputs["maxSessionDuration"]) for role in roles.values()
    } == {
        "shop-staging-ci-preview": ("/ci/", 3600),
        "shop-staging-ci-deploy": ("/ci/", 7200),
    }
    policies = {policy.inputs["name"]: policy.inputs["path"] for policy in usual().of("Policy").values()}
    assert policies == {f"shop-staging-{what}": "/ci/" for what in ("boundary", "reading", "moving")}
    assert sorted(usual().of("RolePolicyAttachment")) == [
        "access-staging-deploy-moving",
        "access-staging-deploy-reading",
        "access-staging-preview-reading",
    ]


def test_the_provider_is_made_where_there_is_none() -> None:
    provider = usual().one("OpenIdConnectProvider")
    assert provider.inputs == {"url": f"https://{HOST}", "clientIdLists": ["sts.amazonaws.com"]}
    assert usual().outputs["access"]["roles"].keys() == {"staging", "staging-preview"}


def test_one_that_exists_is_adopted_and_a_guarded_environment_goes_back_with_a_role_of_its_own() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
    built = made(places=(place("production", guarded=True),), oidc_provider=arn)
    assert not built.of("OpenIdConnectProvider")
    role = built.of("Role")["access-production-rollback-role"]
    (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Federated": arn}
    assert statement["Condition"]["StringEquals"][f"{HOST}:environment"] == "production-rollback"
