"""The one way a ref moves, whoever moves it: allowed or refused by the rules, then told to whom it concerns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rehearsal.github import access
from rehearsal.github.git import ZERO
from rehearsal.github.world import Repository, Token, World

Way = Literal["push", "contents", "refs", "merge"]


@dataclass(frozen=True)
class Change:
    """A ref on its way from one object to another (`ZERO`: none); `pull` is the pull request that is merged."""

    repo: Repository
    token: Token
    ref: str
    old: str
    new: str
    way: Way
    pull: int | None = None
    method: str | None = None

    @property
    def created(self) -> bool:
        """Whether the ref is new."""
        return self.old == ZERO

    @property
    def deleted(self) -> bool:
        """Whether the ref goes."""
        return self.new == ZERO

    @property
    def branch(self) -> str | None:
        """The branch's short name; None for a tag."""
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else None

    @property
    def forced(self) -> bool:
        """Whether commits that were there are not any more."""
        if self.created or self.deleted:
            return False
        return not self.repo.git.is_ancestor(self.old, self.new)

    def commits(self) -> list[str]:
        """The commits that this ref gets, newest first; those on other branches already are not new."""
        if self.deleted or self.repo.git.kind(self.new) not in ("commit", "tag"):
            return []
        others = [f"^{sha}" for name, sha in self.repo.git.refs("refs/heads/").items() if name != self.ref]
        known = others if self.created else [f"^{self.old}"]
        return self.repo.git.text("rev-list", "--max-count=1000", self.new, *known).split()

    def paths(self) -> list[str]:
        """The files that differ."""
        if self.deleted or self.repo.git.kind(self.new) != "commit":
            return []
        if not self.created:
            return [one.path for one in self.repo.git.changes(self.old, self.new)]
        base = self.repo.git.ref(f"refs/heads/{self.repo.default_branch}")
        if base is None:
            return [one.path for one in self.repo.git.tree(self.new, recursive=True) if one.kind == "blob"]
        return [one.path for one in self.repo.git.changes(base, self.new)]


def workflow_refused(change: Change) -> str | None:
    """The workflow file that this token may not write, if there is one."""
    token = change.token
    if token.kind == "classic":
        allowed = "workflow" in token.scopes
    else:
        allowed = token.kind != "actions" and access.permitted(token, "workflows", "write")
    if allowed or change.way == "merge":
        return None
    return next((path for path in change.paths() if path.startswith(".github/workflows/")), None)


Listener = Callable[[World, Change], None]
_listeners: list[Listener] = []


def listener(told: Listener) -> Listener:
    """Be told of every ref that has moved."""
    _listeners.append(told)
    return told


def moved(world: World, change: Change) -> None:
    """A ref has moved."""
    change.repo.updated = world.clock.now()
    for told in _listeners:
        told(world, change)
    for tell in world.told:
        tell(change)
