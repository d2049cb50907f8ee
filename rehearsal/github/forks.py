"""Forks: a copy of a repository that belongs to somebody else, from which pull requests come."""

from __future__ import annotations

from typing import Any

from rehearsal.github import views
from rehearsal.github.access import require_login
from rehearsal.github.repositories import create
from rehearsal.github.routes import Answer, Call, Routes

ROUTES = Routes("repos/forks")


@ROUTES.on("POST {r}/forks", "contents:read")
def forked(call: Call) -> Answer:
    """A new fork, or the one that there is."""
    login, repo = require_login(call.token).login, call.repo
    found = call.world.repositories.get(f"{login}/{repo.name}".lower())
    if found is None:
        found = create(call.world, login, repo.name, private=repo.private)
        found.parent = repo
        found.default_branch = repo.default_branch
        found.git.fetch(repo.git, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")
    return Answer(202, views.repository(call.world, found, "admin"))


@ROUTES.on("GET {r}/forks", "metadata:read")
def listed(call: Call) -> Any:
    """The forks of a repository."""
    found = [one for one in call.world.repositories.values() if one.parent is call.repo]
    return call.page(found, lambda one: views.repository(call.world, one))
