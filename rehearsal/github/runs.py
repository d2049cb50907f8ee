"""Workflow runs up to the runner: dispatch, jobs that wait for reviewers, wait timers and branch policies, approvals.

There is no runner: a job goes as far as `queued`, and a rehearsal says how it ended (`control`). Each job is a check
run of GitHub Actions, so that rules which require one are met by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.github import checks, deployments, environments, views, workflows
from rehearsal.github.errors import Refused, missing, not_found, wrong
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import ACTIONS_APP, Repository, World, node_id

ROUTES = Routes("actions/workflow-runs")
WORKFLOW_ROUTES = Routes("actions/workflows")


@dataclass
class Job:
    """One job of a run; `waiting` is since when its environment holds it, in seconds."""

    id: int
    plan: workflows.JobPlan
    status: str = "pending"
    conclusion: str | None = None
    waiting: float | None = None
    approved: bool = False
    deployment: int | None = None
    check: int | None = None
    words: str | None = None


@dataclass
class Approval:
    """What a reviewer said."""

    state: str
    comment: str
    login: str
    environments: list[str]


@dataclass
class Run:
    """One run of a workflow."""

    id: int
    number: int
    path: str
    name: str
    event: str
    ref: str
    sha: str
    actor: str
    at: str
    inputs: dict[str, str]
    jobs: list[Job]
    approvals: list[Approval] = field(default_factory=list)
    cancelled: bool = False
    attempt: int = 1

    @property
    def status(self) -> str:
        """As GitHub shows the whole."""
        states = {job.status for job in self.jobs}
        if states <= {"completed"}:
            return "completed"
        return next((one for one in ("in_progress", "queued", "waiting") if one in states), "pending")

    @property
    def conclusion(self) -> str | None:
        """How it ended, once it has."""
        if self.status != "completed":
            return None
        ends = {job.conclusion for job in self.jobs}
        return next((one for one in ("failure", "cancelled") if one in ends), "success")


@dataclass
class Runs:
    """The runs of one repository, and the ids of its workflow files."""

    by_id: dict[int, Run] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)


def start(
    world: World,
    repo: Repository,
    found: workflows.Workflow,
    event: str,
    ref: str,
    sha: str,
    actor: str,
    inputs: dict[str, str],
) -> Run:
    """A new run; its jobs go as far as they may."""
    area = repo.area(Runs)
    jobs = [Job(world.new_id(), plan) for plan in found.jobs(inputs)]
    number = 1 + sum(1 for one in area.by_id.values() if one.path == found.path)
    run = Run(world.new_id(), number, found.path, found.name, event, ref, sha, actor, world.time(), inputs, jobs)
    area.by_id[run.id] = run
    advance(world, repo, run)
    return run


def advance(world: World, repo: Repository, run: Run) -> None:
    """Let every job go on that may."""
    ended = {job.plan.key: job.conclusion for job in run.jobs if job.status == "completed"}
    for job in run.jobs:
        if job.status == "pending" and all(need in ended for need in job.plan.needs):
            if all(ended[need] == "success" for need in job.plan.needs):
                _reach(world, repo, run, job)
            else:
                finish(world, repo, run, job, "skipped")
        elif job.status == "waiting":
            _wait(world, repo, run, job)


def _reach(world: World, repo: Repository, run: Run, job: Job) -> None:
    job.check = checks.add_run(world, repo, run.sha, job.plan.name, ACTIONS_APP).id
    if job.plan.environment is None:
        job.status = "queued"
        return
    one = environments.ensure(world, repo, job.plan.environment)
    if job.plan.deploys:
        made = deployments.add(world, repo, run.sha, one.name, "github-actions[bot]", {"ref": run.ref.split("/", 2)[2]})
        job.deployment = made.id
    if not environments.admits(repo, one, run.ref):
        kind, name = ("Tag", run.ref[10:]) if run.ref.startswith("refs/tags/") else ("Branch", run.ref[11:])
        job.words = f'{kind} "{name}" is not allowed to deploy to {one.name} due to environment protection rules.'
        finish(world, repo, run, job, "failure")
        return
    job.status, job.waiting = "waiting", world.clock.now()
    _deployed(world, repo, job, "waiting")
    _wait(world, repo, run, job)


def _wait(world: World, repo: Repository, run: Run, job: Job) -> None:
    one = environments.ensure(world, repo, job.plan.environment or "")
    approved = job.approved or not one.reviewers
    elapsed = world.clock.now() - (job.waiting or 0.0)
    if approved and elapsed >= one.wait_timer * 60:
        job.status = "queued"
        _deployed(world, repo, job, "queued")


def finish(world: World, repo: Repository, run: Run, job: Job, conclusion: str) -> None:
    """A job has ended; what needs it goes on."""
    job.status, job.conclusion = "completed", conclusion
    if job.check is not None:
        check = repo.area(checks.Checks).runs[job.check]
        check.status, check.conclusion, check.completed = "completed", conclusion, world.time()
    _deployed(world, repo, job, "success" if conclusion == "success" else "failure")
    advance(world, repo, run)


def _deployed(world: World, repo: Repository, job: Job, state: str) -> None:
    if job.deployment is not None:
        one = repo.area(deployments.Deployments).by_id[job.deployment]
        deployments.set_state(world, repo, one, state, "github-actions[bot]")


def _run_of(call: Call) -> Run:
    if (found := call.repo.area(Runs).by_id.get(call.number("run"))) is None:
        raise not_found()
    advance(call.world, call.repo, found)
    return found


def workflow_id(world: World, repo: Repository, path: str) -> int:
    """The id of a workflow file: it keeps it."""
    return repo.area(Runs).ids.setdefault(path, world.new_id())


def shown(call: Call, run: Run) -> dict[str, Any]:
    """A run."""
    url, html = (
        f"{call.repo_url}/actions/runs/{run.id}",
        f"{call.world.base}/{call.repo.full_name}/actions/runs/{run.id}",
    )
    actor = views.user(call.world, run.actor)
    return {
        "id": run.id,
        "node_id": node_id("WFR", run.id),
        "name": run.name,
        "display_title": run.name,
        "path": run.path,
        "run_number": run.number,
        "run_attempt": run.attempt,
        "event": run.event,
        "head_branch": run.ref.split("/", 2)[2],
        "head_sha": run.sha,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": workflow_id(call.world, call.repo, run.path),
        "workflow_url": f"{call.repo_url}/actions/workflows/{workflow_id(call.world, call.repo, run.path)}",
        "actor": actor,
        "triggering_actor": actor,
        "created_at": run.at,
        "updated_at": call.world.time(),
        "run_started_at": run.at,
        "pull_requests": [],
        "url": url,
        "html_url": html,
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "artifacts_url": f"{url}/artifacts",
        "check_suite_url": f"{call.repo_url}/check-suites/{run.id}",
        "repository": views.repository(call.world, call.repo),
        "head_repository": views.repository(call.world, call.repo),
        "head_commit": {"id": run.sha, "message": call.repo.git.commit(run.sha).message},
    }


def tell(call: Call, run: Run, action: str) -> None:
    """Tell the webhooks."""
    call.courier.publish(call.repo, "workflow_run", {"action": action, "workflow_run": shown(call, run)}, run.actor)


@ROUTES.on("GET {r}/actions/runs", "actions:read")
def listed(call: Call) -> Answer:
    """Runs, newest first."""
    return _page(call, list(call.repo.area(Runs).by_id.values()))


def _page(call: Call, every: list[Run]) -> Answer:
    for run in every:
        advance(call.world, call.repo, run)
    asked = call.query
    found = [
        run
        for run in reversed(every)
        if asked.get("event", run.event) == run.event
        and asked.get("branch", run.ref.split("/", 2)[2]) == run.ref.split("/", 2)[2]
        and asked.get("head_sha", run.sha) == run.sha
        and asked.get("actor", run.actor) == run.actor
        and asked.get("status") in (None, run.status, run.conclusion)
    ]
    return call.page(found, lambda run: shown(call, run), "workflow_runs")


@ROUTES.on("GET {r}/actions/runs/{run}", "actions:read")
def read(call: Call) -> dict[str, Any]:
    """One run."""
    return shown(call, _run_of(call))


@ROUTES.on("GET {r}/actions/runs/{run}/jobs", "actions:read")
def jobs(call: Call) -> Answer:
    """Its jobs."""
    run = _run_of(call)

    def one(job: Job) -> dict[str, Any]:
        return {
            "id": job.id,
            "run_id": run.id,
            "name": job.plan.name,
            "status": job.status,
            "conclusion": job.conclusion,
            "head_sha": run.sha,
            "workflow_name": run.name,
            "steps": [],
            "started_at": run.at,
            "completed_at": call.world.time() if job.status == "completed" else None,
            "url": f"{call.repo_url}/actions/jobs/{job.id}",
            "html_url": f"{call.world.base}/{call.repo.full_name}/actions/runs/{run.id}/job/{job.id}",
            "check_run_url": f"{call.repo_url}/check-runs/{job.check}" if job.check else None,
        }

    reached = [job for job in run.jobs if job.check is not None]
    return call.page(reached, one, "jobs")


@ROUTES.on("POST {r}/actions/runs/{run}/cancel", "actions:write")
def cancelled(call: Call) -> Answer:
    """End it."""
    run = _run_of(call)
    if run.status == "completed":
        raise Refused(409, "Cannot cancel a workflow run that is completed.")
    run.cancelled = True
    for job in run.jobs:
        if job.status != "completed":
            finish(call.world, call.repo, run, job, "cancelled")
    tell(call, run, "completed")
    return Answer(202, {})


@ROUTES.on("POST {r}/actions/runs/{run}/rerun", "actions:write")
@ROUTES.on("POST {r}/actions/runs/{run}/rerun-failed-jobs", "actions:write")
def again(call: Call) -> Answer:
    """Once more, with the gates of its environments."""
    run = _run_of(call)
    if run.status != "completed":
        raise Refused(403, "The workflow run containing this job is already running")
    run.jobs = [Job(call.world.new_id(), job.plan) for job in run.jobs]
    run.attempt, run.cancelled = run.attempt + 1, False
    advance(call.world, call.repo, run)
    return Answer(201, {})


def _environment(call: Call, name: str) -> dict[str, Any]:
    content = environments.shown(call, environments.ensure(call.world, call.repo, name))
    return {key: content[key] for key in ("id", "node_id", "name", "url", "html_url")}


def _may_approve(call: Call, run: Run, one: environments.Environment) -> bool:
    if one.prevent_self_review and call.login == run.actor:
        return False
    return environments.may_review(call.world, one, call.login)


@ROUTES.on("GET {r}/actions/runs/{run}/pending_deployments", "actions:read")
def pending(call: Call) -> list[dict[str, Any]]:
    """The environments that a run waits for."""
    run, found = _run_of(call), []
    for job in run.jobs:
        if job.status != "waiting" or job.plan.environment is None:
            continue
        one = environments.ensure(call.world, call.repo, job.plan.environment)
        found.append(
            {
                "environment": _environment(call, one.name),
                "wait_timer": one.wait_timer,
                "wait_timer_started_at": call.world.time(job.waiting),
                "current_user_can_approve": _may_approve(call, run, one),
                "reviewers": [
                    {"type": kind, "reviewer": environments.reviewer(call.world, kind, number)}
                    for kind, number in one.reviewers
                ],
            }
        )
    return found


@ROUTES.on("POST {r}/actions/runs/{run}/pending_deployments", "deployments:write")
def reviewed(call: Call) -> list[dict[str, Any]]:
    """Approve or reject; one reviewer is enough."""
    run, body = _run_of(call), call.json()
    for name in ("environment_ids", "state", "comment"):
        if name not in body:
            raise missing(name)
    state, wanted = body["state"], {int(one) for one in body["environment_ids"]}
    if state not in ("approved", "rejected"):
        raise wrong(f"For 'state', `{state}` is not a possible value. Must be one of: approved, rejected.")
    held = [
        (job, environments.ensure(call.world, call.repo, job.plan.environment))
        for job in run.jobs
        if job.status == "waiting" and job.plan.environment is not None
    ]
    asked = [(job, one) for job, one in held if one.id in wanted and one.reviewers]
    if not asked or wanted - {one.id for _, one in asked}:
        raise Refused(422, "Validation Failed", errors=["No pending deployment requests to approve or reject"])
    if not all(_may_approve(call, run, one) for _, one in asked):
        raise Refused(422, "Validation Failed", errors=["Current user is not allowed to review this deployment"])
    for job, _ in asked:
        if state == "approved":
            job.approved = True
        else:
            finish(call.world, call.repo, run, job, "failure")
    names = list(dict.fromkeys(one.name for _, one in asked))
    run.approvals.append(Approval(state, str(body["comment"]), call.login, names))
    advance(call.world, call.repo, run)
    payload = {"action": state, "workflow_run": shown(call, run), "comment": body["comment"]}
    call.courier.publish(call.repo, "deployment_review", payload, call.login)
    known = call.repo.area(deployments.Deployments).by_id
    return [deployments.shown(call, known[job.deployment]) for job, _ in asked if job.deployment is not None]


@ROUTES.on("GET {r}/actions/runs/{run}/approvals", "actions:read")
def approvals(call: Call) -> list[dict[str, Any]]:
    """Who said what."""
    return [
        {
            "state": one.state,
            "comment": one.comment,
            "user": views.user(call.world, one.login),
            "environments": [_environment(call, name) for name in one.environments],
        }
        for one in _run_of(call).approvals
    ]


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


@WORKFLOW_ROUTES.on("GET {r}/actions/workflows", "actions:read")
def listed_workflows(call: Call) -> Answer:
    """The workflow files of the default branch."""
    return call.page(workflows.every(call.repo, _tip(call)), lambda one: _shown_workflow(call, one), "workflows")


@WORKFLOW_ROUTES.on("GET {r}/actions/workflows/{workflow}", "actions:read")
def read_workflow(call: Call) -> dict[str, Any]:
    """One workflow file."""
    return _shown_workflow(call, _workflow(call))


@WORKFLOW_ROUTES.on("GET {r}/actions/workflows/{workflow}/runs", "actions:read")
def runs_of(call: Call) -> Answer:
    """The runs of one workflow file."""
    path = _workflow(call).path
    return _page(call, [run for run in call.repo.area(Runs).by_id.values() if run.path == path])


@WORKFLOW_ROUTES.on("POST {r}/actions/workflows/{workflow}/dispatches", "actions:write")
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
