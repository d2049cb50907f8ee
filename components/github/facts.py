"""What is asked of GitHub before anything is declared: numbers that stand for names, and what is possible there.

Asked through the program's own provider, so with its token and at its address.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pulumi
import pulumi_github as github

from components.access.trust import Identity
from components.github.causes import explained
from components.github.owners import PATH
from settings import GitHub, agreed


class RefusedError(pulumi.RunError):
    """GitHub cannot be asked, or says no. The engine prints the message without a traceback."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What GitHub answered."""

    code: int
    headers: Mapping[str, str]
    """By name in small letters."""
    body: Any

    @property
    def found(self) -> bool:
        """Return whether there is such a thing."""
        return self.code < 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What GitHub says of the repository and of those who approve."""

    identity: Identity
    """With names spelt as GitHub spells them: so they stand in tokens."""
    private: bool
    """Whether it is private, or internal to an enterprise."""
    administered: bool | None
    """Whether the token's owner administers it; None where nobody asked: there was no token."""
    scopes: frozenset[str] | None
    """The scopes of a classic token; None for other tokens, which do not tell."""
    plan: str | None
    """The owner's plan, such as `team`; None where the token may not see it."""
    people: Mapping[str, int | None]
    """Number by name of each person who approves; None for an unknown one."""
    teams: Mapping[str, int | None]
    """Number by name of each team that does; None for one that is unknown, or has no access to the repository."""
    code_owners: str | None
    """The `CODEOWNERS` of the branch that releases come from; None where there is none."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What lies on that branch where workflow files are to be: text by path."""
    unguarded: tuple[str, ...] = ()
    """Environments on GitHub that are to have reviewers and have none now."""
    actions: int | None = None
    """The number of GitHub Actions as an app, which differs between servers; None where nobody tells, or asks."""


def look_up(wanted: GitHub, opts: pulumi.InvokeOptions, files: Iterable[str] = ()) -> Facts:
    """Ask GitHub about a repository and what lies at the paths `files` of it.

    Raises `RefusedError` where it cannot be asked, or there is none.
    """
    repository = ask(f"repos/{wanted.full_name}", opts)
    if not repository.found:
        raise RefusedError(explained(f"GitHub does not know the repository {wanted.full_name}: 404 Not Found"))
    body = repository.body
    permissions = body.get("permissions")
    scopes = repository.headers.get("x-oauth-scopes")
    people = [one for one in wanted.reviewers if "/" not in one]
    teams = [one for one in wanted.reviewers if "/" in one]
    return Facts(
        identity=Identity(
            owner=body["owner"]["login"],
            name=body["name"],
            owner_id=int(body["owner"]["id"]),
            repository_id=int(body["id"]),
        ),
        private=bool(body.get("private")),
        administered=None if permissions is None else bool(permissions.get("admin")),
        scopes=None if scopes is None else frozenset(re.findall(r"[^,\s]+", scopes)),
        plan=_plan(body["owner"], opts) if body.get("private") and not wanted.endpoint else None,
        people={one: _number(ask(f"users/{one}", opts)) for one in people},
        teams={one: _team(one, wanted, opts) for one in teams},
        code_owners=_text(PATH, wanted, opts),
        files={path: text for path in files if (text := _text(path, wanted, opts)) is not None},
        unguarded=tuple(name for name in _guarded(wanted) if _asks_nobody(name, wanted, opts)),
        actions=_number(ask("apps/github-actions", opts)) if agreed.GATE in wanted.checks else None,
    )


def ask(endpoint: str, opts: pulumi.InvokeOptions) -> Answer:
    """Return what GitHub answers; what is not there is an answer too. Raises `RefusedError` for any other refusal."""
    try:
        found = github.get_rest_api(endpoint=endpoint, opts=opts)
    except Exception as error:
        said = str(error).rpartition("error: ")[2]
        raise RefusedError(f"GitHub cannot be asked for {endpoint}: {explained(said)}") from None
    headers: dict[str, list[str]] = json.loads(found.headers or "{}")
    try:
        body = json.loads(found.body or "null")
    except ValueError:
        body = None
    return Answer(
        code=found.code, headers={name.lower(): ", ".join(values) for name, values in headers.items()}, body=body
    )


def _plan(owner: Mapping[str, Any], opts: pulumi.InvokeOptions) -> str | None:
    """Return the plan of an organization; a person's own is told to nobody else."""
    if owner.get("type") != "Organization":
        return None
    try:
        found = ask(f"orgs/{owner['login']}", opts)
    except RefusedError:
        return None
    return str((found.body.get("plan") or {}).get("name") or "") or None if found.found else None


def _team(name: str, wanted: GitHub, opts: pulumi.InvokeOptions) -> int | None:
    """Return a team's number, if it has access: GitHub leaves one without it out of the reviewers, and says nothing."""
    owner, _, slug = name.partition("/")
    team = f"orgs/{owner}/teams/{slug}"
    return _number(ask(team, opts)) if ask(f"{team}/repos/{wanted.full_name}", opts).found else None


def _guarded(wanted: GitHub) -> list[str]:
    """Return the environments on GitHub that are to have reviewers."""
    if wanted.approval != "reviewers" or wanted.roles_only:
        return []
    named = [place.name for place in wanted.places if place.guarded]
    return [pattern.format(name) for name in named for pattern in (agreed.APPROVAL, agreed.ROLLBACK)]


def _asks_nobody(environment: str, wanted: GitHub, opts: pulumi.InvokeOptions) -> bool:
    """Tell whether an environment is there and has no reviewers."""
    answer = ask(f"repos/{wanted.full_name}/environments/{quote(environment, safe='')}", opts)
    rules = (answer.body or {}).get("protection_rules") or [] if answer.found else []
    return answer.found and not any(rule.get("type") == "required_reviewers" for rule in rules)


def _number(answer: Answer) -> int | None:
    return int(answer.body["id"]) if answer.found else None


def _text(path: str, wanted: GitHub, opts: pulumi.InvokeOptions) -> str | None:
    """Return the text of a file on the branch that releases come from; None where there is none."""
    answer = ask(f"repos/{wanted.full_name}/contents/{path}?ref={quote(wanted.branch)}", opts)
    if not answer.found:
        return None
    return base64.b64decode(answer.body.get("content") or "").decode(errors="replace")
