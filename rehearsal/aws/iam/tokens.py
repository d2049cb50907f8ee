"""Web identities: whose token it is, whether its issuer signed it, and what a trust policy may ask of it.

AWS: AssumeRoleWithWebIdentity takes a token that the issuer's key signed (InvalidIdentityToken for any other), that
has not ended (ExpiredTokenException), and whose issuer and audience an OIDC provider of the role's account knows. Of
GitHub's tokens trust policies may ask more than `aud` and `sub`.
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html

MiniStack 1.5.33 takes any text that looks like a token, unsigned ones too, for whatever account, and knows `aud`,
`sub` and `amr` only.
"""

from __future__ import annotations

import re
import threading
from typing import Any

import jwt
import requests
from ministack.services import iam, sts

from rehearsal.aws.corrections.binding import Binding

#: What AWS knows of GitHub's tokens beside `aud` and `sub`.
GITHUB = "token.actions.githubusercontent.com"
CLAIMS = (
    *("actor", "actor_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id"),
    *("repository_owner", "repository_owner_id", "repository_visibility", "runner_environment", "workflow"),
)
#: Seconds in which an issuer must hand out its keys.
_PATIENCE = 10.0


class TokenError(Exception):
    """A token that is refused: AWS's code, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Issuers:
    """Where issuers of tokens are on this machine: AWS asks `https://<issuer>/.well-known/jwks` over the internet."""

    def __init__(self) -> None:
        self._at: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(self, issuer: str, address: str) -> None:
        """Let an issuer, such as `https://token.actions.githubusercontent.com`, be found at an address."""
        with self._lock:
            self._at[issuer.rstrip("/")] = address.rstrip("/")

    def shown(self) -> dict[str, str]:
        """Return the address of each issuer."""
        with self._lock:
            return dict(self._at)

    def keys(self, issuer: str) -> jwt.PyJWKSet:
        """Return the keys that an issuer signs with. Raises `TokenError` where it cannot be asked."""
        address = self.shown().get(issuer)
        try:
            if address is None:
                raise OSError("no such issuer is known here")
            found = requests.get(f"{address}/.well-known/jwks", timeout=_PATIENCE)
            found.raise_for_status()
            return jwt.PyJWKSet.from_dict(found.json())
        except (OSError, ValueError, jwt.PyJWTError) as error:
            raise TokenError(
                "InvalidIdentityToken",
                f"Couldn't retrieve verification key from your identity provider, {issuer}: {error}",
            ) from None

    def claims(self, token: str, account: str) -> dict[str, Any]:
        """Return what a token says. Raises `TokenError` unless its issuer signed it for an audience of the account."""
        try:
            told = jwt.decode(token, options={"verify_signature": False})
            issuer = str(told.get("iss", "")).rstrip("/")
            audiences = _audiences(account, issuer.removeprefix("https://"))
            number = jwt.get_unverified_header(token).get("kid", "")
            keys = {key.key_id: key for key in self.keys(issuer).keys}
            if number not in keys:
                raise TokenError("InvalidIdentityToken", "The key that the token names is none of its issuer's")
            said: dict[str, Any] = jwt.decode(token, keys[number], algorithms=["RS256"], audience=audiences)
        except jwt.ExpiredSignatureError:
            raise TokenError(
                "ExpiredTokenException", "Token expired: current date/time must be before its end"
            ) from None
        except jwt.InvalidAudienceError:
            raise TokenError("InvalidIdentityToken", "Incorrect token audience") from None
        except jwt.PyJWTError as error:
            raise TokenError("InvalidIdentityToken", f"The token cannot be verified: {error}") from None
        return said


def _audiences(account: str, host: str) -> list[str]:
    """The audiences that the account's provider of this issuer has."""
    provider = iam._oidc_providers.get_scoped(account, None, f"arn:aws:iam::{account}:oidc-provider/{host}")
    if provider is None:
        raise TokenError("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{host}")
    return [str(one) for one in provider.get("ClientIDList", [])]


def apply(binding: Binding, issuers: Issuers) -> None:
    """Verify tokens, and let trust policies ask what AWS lets them ask."""
    denied = sts._web_identity_trust_denied

    def principal(token: str, _provider: str, role: str) -> tuple[str, dict[str, Any]]:
        account = role.split(":")[4]
        claims = issuers.claims(token, account)
        host = str(claims["iss"]).removeprefix("https://").rstrip("/")
        known = ("aud", "sub", "amr", *(CLAIMS if host == GITHUB else ()))
        return f"arn:aws:iam::{account}:oidc-provider/{host}", {
            f"{host}:{name}".lower(): claims[name] for name in known if name in claims
        }

    def verified(role: str, params: dict[str, Any], use_json: bool) -> Any:
        if not re.fullmatch(r"arn:aws:iam::\d{12}:role/.+", role):
            return denied(role, params, use_json)
        try:
            return denied(role, params, use_json)
        except TokenError as error:
            return sts._error(400, error.code, str(error), ns="sts")

    binding.replace(sts, "_web_identity_principal", principal)
    binding.replace(sts, "_web_identity_trust_denied", verified)
