"""Who asks, and whether the token and the role allow it: classic scopes, fine-grained and app permissions, roles.

The answers differ as GitHub's do: 401 for a token that is not one, a bare 404 where a classic token lacks its scope
or the repository may not be known, 403 with "Resource not accessible by …" for the other kinds of token.
https://docs.github.com/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.github.errors import DOCS, Refused, not_found
from rehearsal.github.world import ROLES, Repository, Token, World

_ADMIN_TO_WRITE = frozenset({"administration", "webhooks"})
_WRITE_TO_READ = frozenset({"secrets", "dependabot_secrets", "variables", "environments"})
_ADMIN_TO_READ = frozenset({"webhooks"})
_OTHERS = {"comments": ("issues", "pull_requests"), "proposals": ("pull_requests",)}
"""The permissions of tokens, of which one is enough, for what is not called as they are.

https://docs.github.com/rest/issues/comments
"""
_OPEN = frozenset({"proposals"})
"""What whoever may read may do: open a pull request, from a fork."""
_SCOPES = {
    "webhooks": ("repo", "admin:repo_hook", "write:repo_hook"),
    "statuses": ("repo", "repo:status"),
    "deployments": ("repo", "repo_deployment"),
}


@dataclass(frozen=True)
class Grant:
    """What an endpoint asks for: a permission's name, and read or write."""

    permission: str
    level: str

    @classmethod
    def of(cls, text: str) -> Grant:
        """Read `contents:write`."""
        permission, _, level = text.partition(":")
        return cls(permission, level)

    @property
    def role(self) -> str:
        """The weakest role that has it."""
        if self.permission in _OPEN:
            return "read"
        if self.level == "write":
            return "admin" if self.permission in _ADMIN_TO_WRITE else "write"
        if self.permission in _ADMIN_TO_READ:
            return "admin"
        return "write" if self.permission in _WRITE_TO_READ else "read"

    @property
    def scopes(self) -> tuple[str, ...]:
        """The classic scopes of which one is enough."""
        return _SCOPES.get(self.permission, ("repo",))


def identify(world: World, headers: Mapping[str, str]) -> Token | None:
    """The token of a request; None where it brings none.

    Raises:
        Refused: 401, the token is not one.

    """
    kind, _, text = headers.get("authorization", "").partition(" ")
    if not text:
        return None
    if kind.lower() == "basic":
        try:
            text = base64.b64decode(text, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            text = ""
    if (found := world.tokens.get(text.strip())) is None:
        raise Refused(401, "Bad credentials", docs=DOCS)
    return found


def may(world: World, token: Token | None, repo: Repository, grant: Grant) -> bool:
    """Whether a request may do this; the answer alone."""
    try:
        require(world, token, repo, grant)
    except Refused:
        return False
    return True


def require(world: World, token: Token | None, repo: Repository, grant: Grant) -> None:
    """Refuse what this token may not do in this repository.

    Raises:
        Refused: 401, 403 or 404, as GitHub does.

    """
    if token is None:
        if repo.private:
            raise not_found()
        if grant.level == "write" or grant.role != "read":
            raise Refused(401, "Requires authentication")
        return
    if token.kind == "classic":
        _classic(world, token, repo, grant)
    else:
        _permitted(token, repo, grant)
    if token.kind in ("classic", "fine-grained"):
        _role(world, token, repo, grant)


def require_login(token: Token | None) -> Token:
    """Refuse a request without a token.

    Raises:
        Refused: 401.

    """
    if token is None:
        raise Refused(401, "Requires authentication")
    return token


def permitted(token: Token, permission: str, level: str) -> bool:
    """Whether a fine-grained or app token has a permission; a classic one has what its scopes say."""
    had = token.permissions.get(permission, token.permissions.get("*", ""))
    return had == "write" or (had == "read" and level == "read")


def _classic(world: World, token: Token, repo: Repository, grant: Grant) -> None:
    enough = {*grant.scopes, *(() if repo.private else ("public_repo",))}
    if token.scopes & enough:
        return
    if repo.private or grant.level == "write":
        raise not_found()


def _permitted(token: Token, repo: Repository, grant: Grant) -> None:
    mine = token.repository in (None, repo.id)
    names = _OTHERS.get(grant.permission, (grant.permission,))
    if mine and any(permitted(token, name, grant.level) for name in names):
        return
    if grant.level == "read" and not repo.private and grant.role == "read":
        return
    if repo.private and not (mine and permitted(token, "metadata", "read")):
        raise not_found()
    what = "integration" if token.kind in ("app", "actions") else "personal access token"
    raise Refused(403, f"Resource not accessible by {what}")


def _role(world: World, token: Token, repo: Repository, grant: Grant) -> None:
    role = world.role(repo, token.login)
    if role == "none":
        raise not_found()
    if ROLES.index(role) < ROLES.index(grant.role):
        if grant.role == "admin":
            raise Refused(403, "Must have admin rights to Repository.")
        raise Refused(403, "Must have write access to Repository.")
