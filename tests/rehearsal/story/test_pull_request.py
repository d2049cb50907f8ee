"""What the act on pull requests reads from trust policies."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.story.acts.pull_request import trusts

HOST = "token.actions.githubusercontent.com"
CLAIMS = {"aud": "sts.amazonaws.com", "sub": "repo:acme/shop:environment:staging", "environment": "staging"}


def policy(condition: dict[str, Any]) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}]}


@pytest.mark.parametrize(
    ("equal", "fits"),
    [
        ({"aud": "sts.amazonaws.com", "sub": ["repo:x", "repo:acme/shop:environment:staging"]}, True),
        ({"aud": "sts.amazonaws.com", "sub": "repo:acme/shop:environment:production"}, False),
        ({"sub": "repo:acme/shop:environment:staging", "repository_id": "7"}, False),
    ],
)
def test_every_condition_must_hold(equal: dict[str, Any], fits: bool) -> None:
    document = policy({"StringEquals": {f"{HOST}:{key}": value for key, value in equal.items()}})
    assert trusts(document, CLAIMS) is fits


@pytest.mark.parametrize("condition", [{}, {"StringLike": {f"{HOST}:sub": "repo:acme/*"}}])
def test_a_trust_that_asks_for_less_is_refused(condition: dict[str, Any]) -> None:
    with pytest.raises(RehearsalError, match="a trust policy says what is not known here"):
        trusts(policy(condition), CLAIMS)
