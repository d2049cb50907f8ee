"""Who may work in a repository: people and teams."""

from __future__ import annotations

from typing import Any

from rehearsal.github import views
from rehearsal.github.errors import not_found
from rehearsal.github.routes import Answer, Call, Routes

ROUTES = Routes("collaborators/collaborators")
_ROLE_OF = {"pull": "read", "push": "write"}
_PERMISSION_OF = {"read": "pull", "write": "push"}


@ROUTES.on("GET {r}/collaborators", "metadata:read")
def collaborators(call: Call) -> Answer:
    """Who may work here."""
    every = {call.repo.owner, *call.repo.collaborators} & {one.login for one in call.world.accounts.values()}
    people = sorted(one for one in every if call.world.account(one).kind == "User")

    def shown(login: str) -> dict[str, Any]:
        role = call.world.role(call.repo, login)
        permissions = views.repository(call.world, call.repo, role)["permissions"]
        return {**views.user(call.world, login), "permissions": permissions, "role_name": role}

    return call.page(people, shown)


@ROUTES.on("GET {r}/collaborators/{login}/permission", "metadata:read")
def permission(call: Call) -> dict[str, Any]:
    """What somebody may do."""
    login = call.world.account(call.values["login"]).login
    role = call.world.role(call.repo, login)
    short = {"maintain": "write", "triage": "read"}.get(role, role)
    return {"permission": short, "role_name": role, "user": views.user(call.world, login)}


@ROUTES.on("PUT {r}/collaborators/{login}", "administration:write")
def invited(call: Call) -> Answer:
    """Let somebody work here; a rehearsal's people accept at once."""
    login = call.world.account(call.values["login"]).login
    role = str(call.json().get("permission", "push"))
    call.repo.collaborators[login] = _ROLE_OF.get(role, role)
    return Answer(204)


@ROUTES.on("DELETE {r}/collaborators/{login}", "administration:write")
def excluded(call: Call) -> Answer:
    """Not any more."""
    call.repo.collaborators.pop(call.world.account(call.values["login"]).login, None)
    return Answer(204)


@ROUTES.on("GET {r}/teams", "administration:read")
def teams(call: Call) -> Answer:
    """The teams that may work here."""
    organization = call.repo.owner.lower()
    found = [(call.world.teams[(organization, slug)], role) for slug, role in call.repo.teams.items()]
    return call.page(
        found, lambda one: {**views.team(call.world, one[0]), "permission": _PERMISSION_OF.get(one[1], one[1])}
    )


@ROUTES.on("GET /orgs/{org}/teams/{team}/repos/{owner}/{repo}", "metadata:read")
def team_checked(call: Call) -> Answer:
    """204 for a team that may work here, 404 for others."""
    there = (call.values["org"].lower(), call.values["team"]) in call.world.teams
    return Answer(204 if there and call.values["team"] in call.repo.teams else 404)


@ROUTES.on("PUT /orgs/{org}/teams/{team}/repos/{owner}/{repo}", "administration:write")
def team_added(call: Call) -> Answer:
    """Let a team work here."""
    slug = call.values["team"]
    if (call.values["org"].lower(), slug) not in call.world.teams:
        raise not_found()
    role = str(call.json().get("permission", "push"))
    call.repo.teams[slug] = _ROLE_OF.get(role, role)
    return Answer(204)


@ROUTES.on("DELETE /orgs/{org}/teams/{team}/repos/{owner}/{repo}", "administration:write")
def team_removed(call: Call) -> Answer:
    """Not any more."""
    call.repo.teams.pop(call.values["team"], None)
    return Answer(204)
