"""Commit statuses over REST."""

from __future__ import annotations

from typing import Any

from rehearsal.github import views
from rehearsal.github.checks import Checks, Status, commit_of, latest_statuses
from rehearsal.github.errors import field as detail
from rehearsal.github.errors import invalid
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import node_id

ROUTES = Routes("commits/statuses")
STATES = ("error", "failure", "pending", "success")


def _status(call: Call, one: Status) -> dict[str, Any]:
    return {
        "url": f"{call.repo_url}/statuses/{one.sha}",
        "id": one.id,
        "node_id": node_id("SC", one.id),
        "state": one.state,
        "context": one.context,
        "description": one.description,
        "target_url": one.target_url,
        "created_at": one.at,
        "updated_at": one.at,
        "creator": views.user(call.world, one.creator),
    }


@ROUTES.on("POST {r}/statuses/{sha}", "statuses:write", 201)
def said(call: Call) -> dict[str, Any]:
    """Give a commit a status."""
    body = call.json()
    sha = commit_of(call, "sha")
    state = call.text(body, "state")
    if state not in STATES:
        raise invalid(detail("Status", "state", "custom", "state is not included in the list"))
    made = Status(
        call.world.new_id(),
        sha,
        state,
        call.text(body, "context", "default"),
        body.get("description"),
        body.get("target_url"),
        call.login,
        call.world.time(),
        None if call.token is None else call.token.app,
    )
    call.repo.area(Checks).statuses.append(made)
    shown = _status(call, made)
    call.courier.publish(call.repo, "status", {"sha": sha, "state": state, "context": made.context}, call.login)
    return shown


@ROUTES.on("GET {r}/statuses/{ref}", "statuses:read")
@ROUTES.on("GET {r}/commits/{ref}/statuses", "statuses:read")
def statuses(call: Call) -> Answer:
    """Every status of a commit, newest first."""
    sha = commit_of(call, "ref")
    found = [one for one in reversed(call.repo.area(Checks).statuses) if one.sha == sha]
    return call.page(found, lambda one: _status(call, one))


@ROUTES.on("GET {r}/commits/{ref}/status", "statuses:read")
def combined(call: Call) -> dict[str, Any]:
    """What the statuses of a commit come to."""
    sha = commit_of(call, "ref")
    found = latest_statuses(call.repo, sha)
    states = {one.state for one in found}
    state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    return {
        "state": state,
        "sha": sha,
        "total_count": len(found),
        "statuses": [_status(call, one) for one in found],
        "repository": views.repository(call.world, call.repo),
        "commit_url": f"{call.repo_url}/commits/{sha}",
        "url": f"{call.repo_url}/commits/{sha}/status",
    }
