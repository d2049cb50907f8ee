"""Who and what exists: accounts, teams, tokens and repositories. Everything else hangs on a repository as an area."""

from __future__ import annotations

import base64
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from rehearsal.aws.clock import Clock
from rehearsal.github.errors import Refused, not_found
from rehearsal.github.git import Git

T = TypeVar("T")

Plan = Literal["free", "pro", "team", "enterprise"]
PLANS: tuple[Plan, ...] = ("free", "pro", "team", "enterprise")
TokenKind = Literal["classic", "fine-grained", "app", "actions"]
TOKEN_KINDS: tuple[TokenKind, ...] = ("classic", "fine-grained", "app", "actions")

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
"""GitHub's roles, from nothing to everything."""

ACTIONS_APP = 15368
"""The id of GitHub Actions as an app: the `integration_id` of its check runs."""


@dataclass
class Account:
    """A person or an organization. `members` (login -> admin or member) is an organization's."""

    id: int
    login: str
    kind: Literal["User", "Organization"]
    plan: Plan = "free"
    members: dict[str, str] = field(default_factory=dict)


@dataclass
class Team:
    """A team of an organization."""

    id: int
    organization: str
    slug: str
    members: set[str] = field(default_factory=set)


@dataclass
class Token:
    """Who a request comes from, and what it may do.

    `scopes` bind a classic token, `permissions` (name -> read or write; `*` for all) the others. `app` is the id of
    the app behind an `app` or `actions` token, `repository` the only one that it reaches, where there is one.
    """

    text: str
    login: str
    kind: TokenKind = "classic"
    scopes: frozenset[str] = frozenset()
    permissions: dict[str, str] = field(default_factory=dict)
    app: int | None = None
    repository: int | None = None


@dataclass
class Repository:
    """One repository; `settings` is what `PATCH /repos/…` may change, `parent` what it is a fork of."""

    id: int
    owner: str
    name: str
    private: bool
    default_branch: str
    created: float
    git: Git
    settings: dict[str, Any] = field(default_factory=dict)
    collaborators: dict[str, str] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)
    updated: float = 0.0
    parent: Repository | None = None
    _areas: dict[type, Any] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    def area(self, kind: type[T]) -> T:
        """The state of one area of the API (environments, rulesets, …), made when first asked for."""
        found = self._areas.setdefault(kind, None)
        if found is None:
            found = self._areas[kind] = kind()
        return cast(T, found)

    def number(self) -> int:
        """The next number: issues and pull requests share them."""
        return next(self._numbers)


class World:
    """One emulated GitHub. Handlers run under `lock`."""

    def __init__(self, clock: Clock, port: int, home: Path) -> None:
        self.clock = clock
        self.port = port
        self.home = home
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.teams: dict[tuple[str, str], Team] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[str, Repository] = {}
        self.told: list[Callable[[Any], None]] = []
        """Called with every `changes.Change` that has happened."""
        self._ids = itertools.count(1001)

    @property
    def base(self) -> str:
        """Where the web pages and git would be: `GITHUB_SERVER_URL`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        """Where REST answers: `GITHUB_API_URL`."""
        return f"{self.base}/api/v3"

    def new_id(self) -> int:
        """A number that nothing else has."""
        return next(self._ids)

    def time(self, seconds: float | None = None) -> str:
        """A moment as GitHub writes it; now by default."""
        moment = datetime.fromtimestamp(self.clock.now() if seconds is None else seconds, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def add_account(self, login: str, kind: Literal["User", "Organization"] = "User", plan: Plan = "free") -> Account:
        """A new person or organization; one that exists changes its plan."""
        if (known := self.accounts.get(login.lower())) is not None:
            known.plan = plan
            return known
        made = Account(self.new_id(), login, kind, plan)
        self.accounts[login.lower()] = made
        return made

    def add_team(self, organization: str, slug: str, members: set[str]) -> Team:
        """A new team, or the members of one that exists."""
        team = self.teams.setdefault((organization.lower(), slug), Team(self.new_id(), organization, slug))
        team.members = set(members)
        return team

    def account(self, login: str) -> Account:
        """A person or an organization by login.

        Raises:
            Refused: 404.

        """
        if (found := self.accounts.get(login.lower())) is None:
            raise not_found()
        return found

    def team_by_id(self, number: int) -> Team | None:
        """A team by its id."""
        return next((team for team in self.teams.values() if team.id == number), None)

    def account_by_id(self, number: int) -> Account | None:
        """A person or an organization by id."""
        return next((account for account in self.accounts.values() if account.id == number), None)

    def add_repository(
        self, owner: str, name: str, *, private: bool = False, settings: dict[str, Any] | None = None
    ) -> Repository:
        """A new, empty repository.

        Raises:
            Refused: 422 where the owner has one of that name.

        """
        account = self.account(owner)
        if f"{owner}/{name}".lower() in self.repositories:
            raise Refused(
                422,
                "Repository creation failed.",
                errors=[
                    {
                        "resource": "Repository",
                        "code": "custom",
                        "field": "name",
                        "message": "name already exists on this account",
                    }
                ],
            )
        git = Git(self.home / "repositories" / f"{self.new_id()}.git")
        git.create("main")
        now = self.clock.now()
        made = Repository(self.new_id(), account.login, name, private, "main", now, git, settings or {}, updated=now)
        self.repositories[made.full_name.lower()] = made
        return made

    def repository(self, owner: str, name: str) -> Repository:
        """A repository by owner and name.

        Raises:
            Refused: 404.

        """
        if (found := self.repositories.get(f"{owner}/{name}".lower())) is None:
            raise not_found()
        return found

    def repository_by_id(self, number: int) -> Repository:
        """A repository by id.

        Raises:
            Refused: 404.

        """
        for found in self.repositories.values():
            if found.id == number:
                return found
        raise not_found()

    def plan_of(self, repo: Repository) -> Plan:
        """The plan of a repository's owner; a public one has everything that `enterprise` has."""
        return self.accounts[repo.owner.lower()].plan if repo.private else "enterprise"

    def role(self, repo: Repository, login: str) -> str:
        """The strongest role that a person has in a repository."""
        owner = self.accounts[repo.owner.lower()]
        if login.lower() == repo.owner.lower() or owner.members.get(login) == "admin":
            return "admin"
        found = [repo.collaborators.get(login, "none"), "none" if repo.private else "read"]
        if login in owner.members:
            found.append("read")
        for (organization, slug), team in self.teams.items():
            if organization == repo.owner.lower() and login in team.members:
                found.append(repo.teams.get(slug, "none"))
        return max(found, key=ROLES.index)


def node_id(kind: str, number: int) -> str:
    """A global id, as GraphQL has them: opaque to clients."""
    return f"{kind}_" + base64.urlsafe_b64encode(f"{kind}:{number}".encode()).decode().rstrip("=")
