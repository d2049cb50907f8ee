"""People, organizations and teams, and what is left of their hour."""

from __future__ import annotations

from typing import Any

from rehearsal.github import views
from rehearsal.github.access import require_login
from rehearsal.github.errors import not_found
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import ACTIONS_APP, Account, node_id

ROUTES = Routes("users/users")
APP_ROUTES = Routes("apps/apps")


@ROUTES.on("GET /user")
def self(call: Call) -> dict[str, Any]:
    """Who asks."""
    return _account(call, call.world.account(require_login(call.token).login))


@ROUTES.on("GET /users/{login}")
def person(call: Call) -> dict[str, Any]:
    """Somebody."""
    return _account(call, call.world.account(call.values["login"]))


@ROUTES.on("GET /users/{login}/keys")
@ROUTES.on("GET /users/{login}/gpg_keys")
def keys(call: Call) -> list[Any]:
    """None, of somebody: the Terraform provider asks for both to show a person."""
    call.world.account(call.values["login"])
    return []


@ROUTES.on("GET /user/{id}")
def person_by_id(call: Call) -> dict[str, Any]:
    """Somebody by id."""
    if (found := call.world.account_by_id(call.number("id"))) is None:
        raise not_found()
    return _account(call, found)


def _account(call: Call, one: Account) -> dict[str, Any]:
    names = {"name": one.login, "email": None, "company": None, "created_at": call.world.time(0)}
    plan = {"plan": {"name": one.plan}} if one.login == call.login or call.login in one.members else {}
    return {**views.account(call.world, one), **names, **plan}


@APP_ROUTES.on("GET /apps/{slug}")
def app(call: Call) -> dict[str, Any]:
    """An app; there is GitHub Actions alone."""
    if (slug := call.values["slug"]) != "github-actions":
        raise not_found()
    return {"id": ACTIONS_APP, "node_id": node_id("A", ACTIONS_APP), "slug": slug, "name": "GitHub Actions"}


@ROUTES.on("GET /orgs/{org}")
def organization(call: Call) -> dict[str, Any]:
    """An organization; a person is none."""
    found = call.world.account(call.values["org"])
    if found.kind != "Organization":
        raise not_found()
    return {**_account(call, found), "url": f"{call.world.api}/orgs/{found.login}"}


@ROUTES.on("GET /orgs/{org}/teams")
def organization_teams(call: Call) -> Answer:
    """The teams of an organization."""
    org = call.world.account(call.values["org"]).login.lower()
    found = [team for (owner, _), team in call.world.teams.items() if owner == org]
    return call.page(found, lambda one: views.team(call.world, one))


@ROUTES.on("GET /orgs/{org}/teams/{team}")
def team(call: Call) -> dict[str, Any]:
    """One team."""
    if (found := call.world.teams.get((call.values["org"].lower(), call.values["team"]))) is None:
        raise not_found()
    owner = call.world.account(found.organization)
    return {**views.team(call.world, found), "organization": {**views.account(call.world, owner)}}


@ROUTES.on("GET /orgs/{org}/members/{login}")
def membership(call: Call) -> Answer:
    """204 for a member, 404 for others."""
    return Answer(204 if call.values["login"] in call.world.account(call.values["org"]).members else 404)


@ROUTES.on("GET /rate_limit")
def rate_limit(call: Call) -> dict[str, Any]:
    """What is left of the hour."""
    return call.limits.shown(call.token)


@ROUTES.on("GET /meta")
def meta(call: Call) -> dict[str, Any]:
    """What this is."""
    return {"verifiable_password_authentication": False, "installed_version": "3.99.0"}
