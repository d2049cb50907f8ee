"""The tokens that jobs get from GitHub's OIDC provider, and the key that says they are its own.

The provider is at https://token.actions.githubusercontent.com on GitHub; here its documents are on the emulated
GitHub's own port: `/.well-known/openid-configuration` and `/.well-known/jwks`.
https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import json
import time
import uuid
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://token.actions.githubusercontent.com"
#: Seconds that a token lasts.
LASTS = 300
WELL_KNOWN = "/.well-known/"


class Issuer:
    """Signs tokens, with a key that lives as long as the process."""

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def _number(self) -> str:
        return uuid.uuid4().hex

    def token(self, claims: dict[str, Any]) -> str:
        """Return a signed token that says this, valid from now on."""
        now = int(time.time())
        times = {"iat": now, "nbf": now - 5, "exp": now + LASTS, "jti": str(uuid.uuid4())}
        return jwt.encode({**times, **claims}, self._key, algorithm="RS256", headers={"kid": self._number})

    def document(self, path: str) -> dict[str, Any] | None:
        """Return one of the provider's documents; None for what is none."""
        if path == f"{WELL_KNOWN}openid-configuration":
            return {
                "issuer": ISSUER,
                "jwks_uri": f"{ISSUER}{WELL_KNOWN}jwks",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public", "pairwise"],
            }
        if path == f"{WELL_KNOWN}jwks":
            shown = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
            return {"keys": [{**shown, "kid": self._number, "use": "sig", "alg": "RS256"}]}
        return None
