"""Check runs, and what they and the commit statuses together say about a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.github.errors import Refused, not_found, wrong
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import ACTIONS_APP, Repository, World, node_id

ROUTES = Routes("checks/runs")

RUN_STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
CONCLUSIONS = ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"]
PASSING = frozenset({"success", "neutral", "skipped"})


@dataclass
class Status:
    """One status that somebody gave a commit; `app` is the app that did."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: str
    at: str
    app: int | None = None


@dataclass
class CheckRun:
    """One check run; only apps make them."""

    id: int
    sha: str
    name: str
    app: int
    status: str
    conclusion: str | None
    started: str
    completed: str | None
    output: dict[str, Any]
    details_url: str | None
    external_id: str


@dataclass
class Checks:
    """What is said about the commits of one repository; oldest first."""

    statuses: list[Status] = field(default_factory=list)
    runs: dict[int, CheckRun] = field(default_factory=dict)


def latest_statuses(repo: Repository, sha: str) -> list[Status]:
    """The last status of each context."""
    return list({one.context: one for one in repo.area(Checks).statuses if one.sha == sha}.values())


def latest_runs(repo: Repository, sha: str) -> list[CheckRun]:
    """The last check run of each name and app."""
    return list({(one.app, one.name): one for one in repo.area(Checks).runs.values() if one.sha == sha}.values())


def standing(repo: Repository, sha: str, context: str, app: int | None = None) -> str:
    """What a required check says of a commit: success, failing, pending, in progress, or expected (nobody spoke)."""
    for run in latest_runs(repo, sha):
        if run.name == context and app in (None, run.app):
            if run.status != "completed":
                return "in progress"
            return "success" if run.conclusion in PASSING else "failing"
    for status in latest_statuses(repo, sha):
        if status.context == context and app in (None, status.app):
            return {"success": "success", "pending": "pending"}.get(status.state, "failing")
    return "expected"


def unmet(repo: Repository, sha: str, required: list[tuple[str, int | None]]) -> str | None:
    """What GitHub says about required checks that have not succeeded; None where all have."""
    found = [(name, standing(repo, sha, name, app)) for name, app in required]
    left = [(name, how) for name, how in found if how != "success"]
    if not left:
        return None
    if len(required) == 1:
        return f'Required status check "{left[0][0]}" is {left[0][1]}.'
    if all(how == "expected" for _, how in left):
        return f"{len(left)} of {len(required)} required status checks are expected."
    counts = ", ".join(
        f"{sum(1 for _, one in left if one == how)} {how}"
        for how in ("in progress", "pending", "expected", "failing")
        if any(one == how for _, one in left)
    )
    return f"{len(left)} of {len(required)} required status checks have not succeeded: {counts}."


def add_run(
    world: World, repo: Repository, sha: str, name: str, app: int, given: Mapping[str, Any] | None = None
) -> CheckRun:
    """A new check run; what `given` leaves out is as GitHub has it at first."""
    given = given or {}
    conclusion = given.get("conclusion")
    run = CheckRun(
        world.new_id(),
        sha,
        name,
        app,
        "completed" if conclusion else given.get("status", "queued"),
        conclusion,
        given.get("started_at") or world.time(),
        (given.get("completed_at") or world.time()) if conclusion else None,
        given.get("output") or {},
        given.get("details_url"),
        str(given.get("external_id", "")),
    )
    repo.area(Checks).runs[run.id] = run
    return run


def commit_of(call: Call, name: str) -> str:
    """The commit that a value of the path names.

    Raises:
        Refused: 422.

    """
    if (sha := call.repo.git.commit_at(call.values[name])) is None:
        raise Refused(422, f"No commit found for SHA: {call.values[name]}")
    return sha


def _run(call: Call, one: CheckRun) -> dict[str, Any]:
    url = f"{call.repo_url}/check-runs/{one.id}"
    output = {
        "title": None,
        "summary": None,
        "text": None,
        "annotations_count": 0,
        "annotations_url": f"{url}/annotations",
    }
    actions = one.app == ACTIONS_APP
    return {
        "id": one.id,
        "node_id": node_id("CR", one.id),
        "name": one.name,
        "head_sha": one.sha,
        "external_id": one.external_id,
        "url": url,
        "html_url": f"{call.world.base}/{call.repo.full_name}/runs/{one.id}",
        "details_url": one.details_url,
        "status": one.status,
        "conclusion": one.conclusion,
        "started_at": one.started,
        "completed_at": one.completed,
        "output": {**output, **one.output},
        "check_suite": {"id": one.app},
        "app": {
            "id": one.app,
            "slug": "github-actions" if actions else f"app-{one.app}",
            "name": "GitHub Actions" if actions else f"App {one.app}",
        },
        "pull_requests": [],
    }


def _conclusion(body: dict[str, Any]) -> None:
    if (value := body.get("conclusion")) is not None and value not in CONCLUSIONS:
        raise wrong(f"For 'conclusion', `{value}` is not a possible value. Must be one of: {', '.join(CONCLUSIONS)}.")
    if (value := body.get("status")) is not None and value not in RUN_STATUSES:
        raise wrong(f"For 'status', `{value}` is not a possible value. Must be one of: {', '.join(RUN_STATUSES)}.")
    if body.get("status") == "completed" and not body.get("conclusion"):
        raise wrong('"conclusion" wasn\'t supplied.')


def _app(call: Call) -> int:
    if call.token is None or call.token.app is None:
        raise Refused(403, "You must authenticate via a GitHub App.")
    return call.token.app


@ROUTES.on("POST {r}/check-runs", "checks:write", 201)
def started(call: Call) -> dict[str, Any]:
    """A new check run."""
    app, body = _app(call), call.json()
    name, asked = call.text(body, "name"), call.text(body, "head_sha")
    _conclusion(body)
    if (sha := call.repo.git.commit_at(asked)) is None:
        raise Refused(422, f"No commit found for SHA: {asked}")
    run = add_run(call.world, call.repo, sha, name, app, body)
    return _told(call, run, "created")


@ROUTES.on("PATCH {r}/check-runs/{run}", "checks:write")
def changed(call: Call) -> dict[str, Any]:
    """A check run goes on, or ends."""
    app, body, run = _app(call), call.json(), _found(call)
    if run.app != app:
        raise Refused(
            403, f"Invalid app_id `{app}` - check run can only be modified by the GitHub App that created it."
        )
    _conclusion(body)
    run.name = call.text(body, "name", run.name)
    run.status = "completed" if body.get("conclusion") else str(body.get("status", run.status))
    run.conclusion = body.get("conclusion", run.conclusion)
    run.output = {**run.output, **(body.get("output") or {})}
    run.details_url = body.get("details_url", run.details_url)
    if run.status == "completed":
        run.completed = body.get("completed_at") or call.world.time()
    return _told(call, run, "completed" if run.status == "completed" else "rerequested")


def _told(call: Call, run: CheckRun, action: str) -> dict[str, Any]:
    shown = _run(call, run)
    call.courier.publish(call.repo, "check_run", {"action": action, "check_run": shown}, call.login)
    return shown


def _found(call: Call) -> CheckRun:
    if (found := call.repo.area(Checks).runs.get(call.number("run"))) is None:
        raise not_found()
    return found


@ROUTES.on("GET {r}/check-runs/{run}", "checks:read")
def read(call: Call) -> dict[str, Any]:
    """One check run."""
    return _run(call, _found(call))


@ROUTES.on("GET {r}/commits/{ref}/check-runs", "checks:read")
def listed(call: Call) -> Answer:
    """The check runs of a commit: the last of each name, or all where asked."""
    sha = commit_of(call, "ref")
    every = [one for one in call.repo.area(Checks).runs.values() if one.sha == sha]
    found = every if call.query.get("filter") == "all" else latest_runs(call.repo, sha)
    asked = call.query
    found = [one for one in found if asked.get("check_name", one.name) == one.name]
    found = [one for one in found if asked.get("status", one.status) == one.status]
    return call.page(found, lambda one: _run(call, one), "check_runs")
