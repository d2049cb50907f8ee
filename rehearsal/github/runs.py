"""Workflow runs up to the runner: dispatch, jobs that wait for reviewers, wait timers and branch policies, approvals.

There is no runner: a job goes as far as `queued`, and a rehearsal says how it ended (`control`). Each job is a check
run of GitHub Actions, so that rules which require one are met by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rehearsal.github import checks, deployments, environments, views, workflows
from rehearsal.github.errors import Refused, not_found
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import ACTIONS_APP, Repository, World, node_id

ROUTES = Routes("actions/workflow-runs")


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


def run_of(call: Call) -> Run:
    """The run that the path names, as far as it has come.

    Raises:
        Refused: 404.

    """
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
    return page(call, list(call.repo.area(Runs).by_id.values()))


def page(call: Call, every: list[Run]) -> Answer:
    """Those of some runs that the query asks for, newest first."""
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
    return shown(call, run_of(call))


@ROUTES.on("GET {r}/actions/runs/{run}/jobs", "actions:read")
def jobs(call: Call) -> Answer:
    """Its jobs."""
    run = run_of(call)

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
    run = run_of(call)
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
    run = run_of(call)
    if run.status != "completed":
        raise Refused(403, "The workflow run containing this job is already running")
    run.jobs = [Job(call.world.new_id(), job.plan) for job in run.jobs]
    run.attempt, run.cancelled = run.attempt + 1, False
    advance(call.world, call.repo, run)
    return Answer(201, {})
