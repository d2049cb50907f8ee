"""Repositories themselves: made, changed, removed, their topics and autolinks."""

from __future__ import annotations

from typing import Any

from rehearsal.github import views
from rehearsal.github.access import require_login
from rehearsal.github.errors import Refused, invalid, missing, not_found
from rehearsal.github.errors import field as detail
from rehearsal.github.git import ZERO
from rehearsal.github.issues import usual_labels
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import Account, Repository, World

ROUTES = Routes("repos/repos")


def create(world: World, owner: str, name: str, *, private: bool, settings: dict[str, Any] | None = None) -> Repository:
    """A new repository with what every new one has."""
    repo = world.add_repository(owner, name, private=private, settings=settings)
    usual_labels(world.new_id, repo)
    return repo


def start(world: World, repo: Repository, login: str) -> None:
    """Give a new repository its first commit: a README."""
    blob = repo.git.write_blob(f"# {repo.name}\n".encode())
    tree = repo.git.write_tree(None, [("100644", "README.md", blob)])
    sha = repo.git.write_commit(tree, [], "Initial commit", views.noreply(world, login), views.web_flow(world))
    repo.git.set_ref(f"refs/heads/{repo.default_branch}", sha, ZERO)


def _shown(call: Call) -> dict[str, Any]:
    role = "admin" if call.token is not None and call.token.app is not None else call.world.role(call.repo, call.login)
    return views.repository(call.world, call.repo, role)


@ROUTES.on("GET {r}", "metadata:read")
def read(call: Call) -> dict[str, Any]:
    """One repository."""
    return _shown(call)


@ROUTES.on("PATCH {r}", "administration:write")
def changed(call: Call) -> dict[str, Any]:
    """Other settings, another name, another default branch."""
    body, repo = call.json(), call.repo
    if (branch := body.get("default_branch")) is not None and branch != repo.default_branch:
        if repo.git.ref(f"refs/heads/{branch}") is None:
            words = f"The branch {branch} was not found. Please push that ref first or create it via the Git Data API."
            raise invalid({"resource": "Repository", "code": "custom", "field": "default_branch", "message": words})
        repo.default_branch = branch
        repo.git.rename_head(branch)
    visibility = body.get("visibility", {True: "private", False: "public"}.get(body.get("private", ())))
    if visibility == "internal":
        raise Refused(422, "Only organizations associated with an enterprise can set visibility to internal")
    if visibility is not None:
        repo.private = visibility == "private"
    if (name := body.get("name")) is not None and name != repo.name:
        call.world.repositories[f"{repo.owner}/{name}".lower()] = call.world.repositories.pop(repo.full_name.lower())
        repo.name = name
    kept = {key: value for key, value in body.items() if key in views.SETTINGS}
    settings = {**views.SETTINGS, **repo.settings, **kept}
    if not any(settings[key] for key in ("allow_merge_commit", "allow_squash_merge", "allow_rebase_merge")):
        words = "Sorry, you need to allow at least one merge strategy."
        raise invalid({"resource": "Repository", "code": "custom", "field": "merge_commit_allowed", "message": words})
    repo.settings |= kept
    if analysis := body.get("security_and_analysis"):
        repo.settings["security_and_analysis"] = {**repo.settings.get("security_and_analysis", {}), **analysis}
    repo.updated = call.world.clock.now()
    return _shown(call)


@ROUTES.on("DELETE {r}", "administration:write")
def removed(call: Call) -> None:
    """No repository."""
    token = require_login(call.token)
    if token.kind == "classic" and "delete_repo" not in token.scopes:
        raise Refused(403, "Must have admin rights to Repository.")
    del call.world.repositories[call.repo.full_name.lower()]


def _created(call: Call, owner: Account) -> dict[str, Any]:
    token, body = require_login(call.token), call.json()
    if token.kind == "classic" and not token.scopes & {"repo", "public_repo"}:
        raise not_found()
    if not (name := body.get("name")):
        raise invalid(detail("Repository", "name", "missing_field"))
    kept = {key: value for key, value in body.items() if key in views.SETTINGS and value is not None}
    private = body.get("visibility", "private" if body.get("private") else "public") != "public"
    call.found = create(call.world, owner.login, str(name), private=private, settings=kept)
    if body.get("auto_init"):
        start(call.world, call.found, call.login)
    return _shown(call)


@ROUTES.on("POST /user/repos", status=201)
def created_own(call: Call) -> dict[str, Any]:
    """A new repository of who asks."""
    return _created(call, call.world.account(require_login(call.token).login))


@ROUTES.on("POST /orgs/{org}/repos", status=201)
def created(call: Call) -> dict[str, Any]:
    """A new repository of an organization."""
    owner = call.world.account(call.values["org"])
    token = require_login(call.token)
    if token.app is None and token.login not in owner.members:
        raise Refused(403, "You need admin access to the organization before adding a repository to it.")
    return _created(call, owner)


@ROUTES.on("GET /orgs/{org}/repos")
def of_organization(call: Call) -> Answer:
    """The repositories of an organization that may be known."""
    owner = call.world.account(call.values["org"]).login
    found = [one for one in call.world.repositories.values() if one.owner == owner]
    seen = [one for one in found if not one.private or call.world.role(one, call.login) != "none"]
    return call.page(seen, lambda one: views.repository(call.world, one))


@ROUTES.on("GET {r}/topics", "metadata:read")
def topics(call: Call) -> dict[str, Any]:
    """The topics."""
    return {"names": call.repo.settings.get("topics", [])}


@ROUTES.on("PUT {r}/topics", "administration:write")
def topics_set(call: Call) -> dict[str, Any]:
    """Other topics."""
    names = call.json().get("names")
    if not isinstance(names, list):
        raise missing("names")
    call.repo.settings["topics"] = sorted({str(name).lower() for name in names})
    return topics(call)


@ROUTES.on("GET {r}/autolinks", "administration:read")
def autolinks(call: Call) -> list[Any]:
    """The autolinks."""
    return list(call.repo.settings.get("autolinks", {}).values())


@ROUTES.on("POST {r}/autolinks", "administration:write", 201)
def autolink_made(call: Call) -> dict[str, Any]:
    """A new autolink."""
    body, known = call.json(), call.repo.settings.setdefault("autolinks", {})
    prefix, url = call.text(body, "key_prefix"), call.text(body, "url_template")
    if any(one["key_prefix"] == prefix for one in known.values()):
        raise invalid(detail("KeyLink", "key_prefix", "already_exists"))
    if "<num>" not in url:
        raise invalid(detail("KeyLink", "url_template", "custom", "must contain <num> parameter"))
    number = call.world.new_id()
    known[number] = {
        "id": number,
        "key_prefix": prefix,
        "url_template": url,
        "is_alphanumeric": bool(body.get("is_alphanumeric", True)),
    }
    return known[number]  # type: ignore[no-any-return]


@ROUTES.on("GET {r}/autolinks/{id}", "administration:read")
def autolink(call: Call) -> Any:
    """One autolink."""
    if (found := call.repo.settings.get("autolinks", {}).get(call.number("id"))) is None:
        raise not_found()
    return found


@ROUTES.on("DELETE {r}/autolinks/{id}", "administration:write")
def autolink_removed(call: Call) -> None:
    """No autolink."""
    autolink(call)
    del call.repo.settings["autolinks"][call.number("id")]
