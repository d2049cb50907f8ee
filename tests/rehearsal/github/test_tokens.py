"""Tokens of jobs: signed, with the claims of the environment, and a key that anybody can ask for."""

from __future__ import annotations

import jwt

from rehearsal.github.tokens import ISSUER, LASTS, Issuer


def test_a_token_can_be_verified_with_the_published_key() -> None:
    issuer = Issuer()
    token = issuer.token({"iss": ISSUER, "aud": "sts.amazonaws.com", "sub": "repo:acme/shop:environment:staging"})
    keys = issuer.document("/.well-known/jwks")
    assert keys is not None
    (key,) = jwt.PyJWKSet.from_dict(keys).keys
    assert jwt.get_unverified_header(token)["kid"] == key.key_id
    said = jwt.decode(token, key, algorithms=["RS256"], audience="sts.amazonaws.com")
    assert said["sub"] == "repo:acme/shop:environment:staging"
    assert said["exp"] - said["iat"] == LASTS


def test_the_configuration_is_that_of_githubs_own_issuer() -> None:
    told = Issuer().document("/.well-known/openid-configuration")
    assert told is not None
    assert (told["issuer"], told["jwks_uri"]) == (ISSUER, f"{ISSUER}/.well-known/jwks")
    assert Issuer().document("/.well-known/else") is None
