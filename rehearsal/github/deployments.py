"""Deployments and their statuses: what serves where, as the repository's page and its pull requests show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.github import checks, environments, views
from rehearsal.github.errors import Refused, invalid, not_found
from rehearsal.github.errors import field as detail
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import Repository, World, node_id

ROUTES = Routes("deployments/deployments")
STATUS_ROUTES = Routes("deployments/statuses")
STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success", "waiting")


@dataclass
class DeploymentStatus:
    """One status of one deployment."""

    id: int
    state: str
    description: str
    environment_url: str
    log_url: str
    creator: str
    at: str


@dataclass
class Deployment:
    """One deployment; `statuses` oldest first."""

    id: int
    sha: str
    ref: str
    task: str
    environment: str
    description: str | None
    payload: Any
    transient: bool
    production: bool
    creator: str
    at: str
    statuses: list[DeploymentStatus] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The last status; pending before there is one."""
        return self.statuses[-1].state if self.statuses else "pending"


@dataclass
class Deployments:
    """The deployments of one repository."""

    by_id: dict[int, Deployment] = field(default_factory=dict)


def deployed(repo: Repository, sha: str, environment: str) -> bool:
    """Whether a commit serves in an environment."""
    return any(
        one.sha == sha and one.environment == environment and one.state == "success"
        for one in repo.area(Deployments).by_id.values()
    )


def add(
    world: World, repo: Repository, sha: str, environment: str, creator: str, given: Mapping[str, Any]
) -> Deployment:
    """A new deployment; its environment is made where it is not."""
    environments.ensure(world, repo, environment)
    made = Deployment(
        world.new_id(),
        sha,
        str(given.get("ref", sha)),
        str(given.get("task", "deploy")),
        environment,
        given.get("description"),
        given.get("payload", {}),
        bool(given.get("transient_environment", False)),
        bool(given.get("production_environment", environment == "production")),
        creator,
        world.time(),
    )
    repo.area(Deployments).by_id[made.id] = made
    return made


def set_state(
    world: World,
    repo: Repository,
    one: Deployment,
    state: str,
    creator: str,
    given: Mapping[str, Any] | None = None,
) -> DeploymentStatus:
    """A new status; a success makes the environment's earlier ones inactive unless told not to."""
    given = given or {}
    if state == "success" and given.get("auto_inactive", True):
        for other in repo.area(Deployments).by_id.values():
            same = other.environment == one.environment and not other.transient and not other.production
            if other is not one and same and other.state == "success":
                other.statuses.append(DeploymentStatus(world.new_id(), "inactive", "", "", "", creator, world.time()))
    made = DeploymentStatus(
        world.new_id(),
        state,
        str(given.get("description", ""))[:140],
        str(given.get("environment_url", "")),
        str(given.get("log_url") or given.get("target_url") or ""),
        creator,
        world.time(),
    )
    one.statuses.append(made)
    return made


def shown(call: Call, one: Deployment) -> dict[str, Any]:
    """A deployment."""
    url = f"{call.repo_url}/deployments/{one.id}"
    return {
        "id": one.id,
        "node_id": node_id("DE", one.id),
        "url": url,
        "sha": one.sha,
        "ref": one.ref,
        "task": one.task,
        "payload": one.payload,
        "environment": one.environment,
        "original_environment": one.environment,
        "description": one.description,
        "creator": views.user(call.world, one.creator),
        "created_at": one.at,
        "updated_at": one.statuses[-1].at if one.statuses else one.at,
        "statuses_url": f"{url}/statuses",
        "repository_url": call.repo_url,
        "transient_environment": one.transient,
        "production_environment": one.production,
    }


def _status(call: Call, one: Deployment, status: DeploymentStatus) -> dict[str, Any]:
    url = f"{call.repo_url}/deployments/{one.id}"
    return {
        "id": status.id,
        "node_id": node_id("DES", status.id),
        "url": f"{url}/statuses/{status.id}",
        "state": status.state,
        "description": status.description,
        "environment": one.environment,
        "environment_url": status.environment_url,
        "log_url": status.log_url,
        "target_url": status.log_url,
        "creator": views.user(call.world, status.creator),
        "created_at": status.at,
        "updated_at": status.at,
        "deployment_url": url,
        "repository_url": call.repo_url,
    }


@ROUTES.on("GET {r}/deployments", "deployments:read")
def listed(call: Call) -> Answer:
    """Deployments, newest first."""
    found = [
        one
        for one in reversed(call.repo.area(Deployments).by_id.values())
        if all(
            call.query.get(name) in (None, "none", getattr(one, name)) for name in ("sha", "ref", "task", "environment")
        )
    ]
    return call.page(found, lambda one: shown(call, one))


@ROUTES.on("POST {r}/deployments", "deployments:write", 201)
def created(call: Call) -> dict[str, Any]:
    """A new deployment; refused where a commit's statuses do not let it."""
    body = call.json()
    ref = call.text(body, "ref")
    if (sha := call.repo.git.commit_at(ref)) is None:
        raise Refused(422, f"No ref found for: {ref}")
    contexts = body.get("required_contexts")
    known = {one.context: one.state for one in checks.latest_statuses(call.repo, sha)}
    known |= {
        one.name: "success" if one.conclusion in checks.PASSING else "pending"
        for one in checks.latest_runs(call.repo, sha)
    }
    wanted = list(known) if contexts is None else [str(one) for one in contexts]
    bad = [
        {
            "contexts": [{"context": one, "state": known.get(one, "pending")}],
            "resource": "Deployment",
            "field": "required_contexts",
            "code": "invalid",
        }
        for one in wanted
        if known.get(one) != "success"
    ]
    if bad:
        raise Refused(409, f"Conflict: Commit status checks failed for {ref}.", errors=bad)
    body["ref"] = ref
    environment = call.text(body, "environment", "production")
    made = add(call.world, call.repo, sha, environment, call.login, body)
    content = shown(call, made)
    call.courier.publish(call.repo, "deployment", {"action": "created", "deployment": content}, call.login)
    return content


def _found(call: Call) -> Deployment:
    if (found := call.repo.area(Deployments).by_id.get(call.number("deployment"))) is None:
        raise not_found()
    return found


@ROUTES.on("GET {r}/deployments/{deployment}", "deployments:read")
def read(call: Call) -> dict[str, Any]:
    """One deployment."""
    return shown(call, _found(call))


@ROUTES.on("DELETE {r}/deployments/{deployment}", "deployments:write")
def removed(call: Call) -> None:
    """No deployment; an active one stays, unless it is the only one."""
    one, every = _found(call), call.repo.area(Deployments).by_id
    if one.state not in ("inactive", "error", "failure") and len(every) > 1:
        raise Refused(
            422, "We cannot delete an active deployment unless it is the only deployment in a given environment."
        )
    del every[one.id]


@STATUS_ROUTES.on("GET {r}/deployments/{deployment}/statuses", "deployments:read")
def statuses(call: Call) -> Answer:
    """Its statuses, newest first."""
    one = _found(call)
    return call.page(list(reversed(one.statuses)), lambda status: _status(call, one, status))


@STATUS_ROUTES.on("POST {r}/deployments/{deployment}/statuses", "deployments:write", 201)
def said(call: Call) -> dict[str, Any]:
    """A new status."""
    one, body = _found(call), call.json()
    state = call.text(body, "state")
    if state not in STATES:
        raise invalid(detail("DeploymentStatus", "state", "custom", "state is not included in the list"))
    content = _status(call, one, set_state(call.world, call.repo, one, state, call.login, body))
    payload = {"action": "created", "deployment_status": content, "deployment": shown(call, one)}
    call.courier.publish(call.repo, "deployment_status", payload, call.login)
    return content


@STATUS_ROUTES.on("GET {r}/deployments/{deployment}/statuses/{status}", "deployments:read")
def status(call: Call) -> dict[str, Any]:
    """One status."""
    one = _found(call)
    for found in one.statuses:
        if found.id == call.number("status"):
            return _status(call, one, found)
    raise not_found()
