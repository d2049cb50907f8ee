"""Workflow files over REST, and runs that are started by hand."""

from __future__ import annotations

from typing import Any

from rehearsal.github import environments, workflows
from rehearsal.github.errors import Refused, not_found
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.runs import Runs, page, shown, start, tell, workflow_id
from rehearsal.github.world import node_id

ROUTES = Routes("actions/workflows")


def _tip(call: Call) -> str:
    if (sha := call.repo.git.ref(f"refs/heads/{call.repo.default_branch}")) is None:
        raise not_found()
    return sha


def _workflow(call: Call) -> workflows.Workflow:
    """The file that the path names, by id or by file name."""
    asked = call.values["workflow"]
    for found in workflows.every(call.repo, _tip(call)):
        if asked in (found.path.rsplit("/", 1)[1], str(workflow_id(call.world, call.repo, found.path))):
            return found
    raise not_found()


def _shown_workflow(call: Call, found: workflows.Workflow) -> dict[str, Any]:
    number = workflow_id(call.world, call.repo, found.path)
    at = call.world.time(call.repo.created)
    file = found.path.rsplit("/", 1)[1]
    return {
        "id": number,
        "node_id": node_id("W", number),
        "name": found.name,
        "path": found.path,
        "state": "active",
        "created_at": at,
        "updated_at": at,
        "url": f"{call.repo_url}/actions/workflows/{number}",
        "html_url": f"{call.world.base}/{call.repo.full_name}/blob/{call.repo.default_branch}/{found.path}",
        "badge_url": f"{call.world.base}/{call.repo.full_name}/actions/workflows/{file}/badge.svg",
    }


@ROUTES.on("GET {r}/actions/workflows", "actions:read")
def listed_workflows(call: Call) -> Answer:
    """The workflow files of the default branch."""
    return call.page(workflows.every(call.repo, _tip(call)), lambda one: _shown_workflow(call, one), "workflows")


@ROUTES.on("GET {r}/actions/workflows/{workflow}", "actions:read")
def read_workflow(call: Call) -> dict[str, Any]:
    """One workflow file."""
    return _shown_workflow(call, _workflow(call))


@ROUTES.on("GET {r}/actions/workflows/{workflow}/runs", "actions:read")
def runs_of(call: Call) -> Answer:
    """The runs of one workflow file."""
    path = _workflow(call).path
    return page(call, [run for run in call.repo.area(Runs).by_id.values() if run.path == path])


@ROUTES.on("POST {r}/actions/workflows/{workflow}/dispatches", "actions:write")
def dispatched(call: Call) -> Answer:
    """Start a run by hand."""
    body, found = call.json(), _workflow(call)
    ref = call.text(body, "ref").removeprefix("refs/heads/").removeprefix("refs/tags/")
    full = next(
        (f"{prefix}{ref}" for prefix in ("refs/heads/", "refs/tags/") if call.repo.git.ref(f"{prefix}{ref}")), None
    )
    sha = call.repo.git.commit_at(ref)
    if full is None or sha is None:
        raise Refused(422, f"No ref found for: {ref}")
    there = workflows.read(call.repo, sha, found.path)
    if there is None or "workflow_dispatch" not in there.triggers:
        raise Refused(422, "Workflow does not have 'workflow_dispatch' trigger")
    names = [one.name for one in call.repo.area(environments.Environments).by_name.values()]
    inputs = there.inputs(body.get("inputs") or {}, names)
    run = start(call.world, call.repo, there, "workflow_dispatch", full, sha, call.login, inputs)
    tell(call, run, "requested")
    if body.get("return_run_details"):
        content = shown(call, run)
        return Answer(200, {"workflow_run_id": run.id, "run_url": content["url"], "html_url": content["html_url"]})
    return Answer(204)
