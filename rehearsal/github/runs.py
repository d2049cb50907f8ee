"""Workflow runs up to the runner: conditions, concurrency, jobs that wait for reviewers, timers, branch policies.

There is no runner: a job goes as far as `queued`, and a rehearsal says how it ended (`control`). Each job is a check
run of GitHub Actions, so that rules which require one are met by it. A job with a matrix becomes one job for each cell
once its condition holds; those that need it wait for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.github import checks, deployments, environments, matrix, views, workflows
from rehearsal.github.concurrency import Groups, Wish
from rehearsal.github.errors import Refused, not_found
from rehearsal.github.expressions import ExpressionError, filled, holds
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.world import ACTIONS_APP, Repository, World, node_id

ROUTES = Routes("actions/workflow-runs")


@dataclass
class Job:
    """One job of a run; `waiting` is since when its environment holds it, in seconds.

    `group` is the concurrency group that it has or waits for, `token` what it was given to ask GitHub with.
    """

    id: int
    plan: workflows.JobPlan
    status: str = "pending"
    conclusion: str | None = None
    outputs: dict[str, str] = field(default_factory=dict)
    group: str | None = None
    token: str | None = None
    waiting: float | None = None
    approved: bool = False
    deployment: int | None = None
    check: int | None = None
    words: str | None = None
    cell: matrix.Cell | None = None
    """The values of its matrix; None for a job that has none, or is not there yet."""


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
    content: dict[str, Any] = field(default_factory=dict)
    event_payload: dict[str, Any] = field(default_factory=dict)
    head: str = ""
    stranger: bool = False
    """Whether it comes from a fork, or from Dependabot: then it gets no secrets, and may only read."""
    group: str | None = None
    admitted: bool = True

    @property
    def branch(self) -> str:
        """The branch or tag that it is of; of a pull request its head."""
        return self.head or self.ref.split("/", 2)[2]

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
    *,
    payload: dict[str, Any] | None = None,
    head: str = "",
    stranger: bool = False,
) -> Run:
    """A new run; its jobs go as far as they may. `payload` is the event's own, `head` the branch of a pull request."""
    area = repo.area(Runs)
    number = 1 + sum(1 for one in area.by_id.values() if one.path == found.path)
    run = Run(world.new_id(), number, found.path, found.name, event, ref, sha, actor, world.time(), inputs, [])
    run.content, run.head, run.stranger = found.content, head, stranger
    run.event_payload = {"inputs": inputs} if payload is None else payload
    context = _context(repo, run)
    run.jobs = [Job(world.new_id(), plan) for plan in found.jobs(context)]
    area.by_id[run.id] = run
    _admit(world, repo, run)
    advance(world, repo, run)
    return run


def _admit(world: World, repo: Repository, run: Run) -> None:
    """Let a whole run begin, unless its group is taken."""
    if (wish := Wish.of(run.content.get("concurrency"), _context(repo, run))) is not None:
        run.group = wish.group
        _enter(world, repo, wish, run, None)
        run.admitted = repo.area(Groups).holds(wish.group, (run.id, None))


def context_of(repo: Repository, run: Run, job: Job) -> dict[str, Any]:
    """The named values that a job's condition and its steps know."""
    needs = {}
    for need in job.plan.needs:
        if found := [one for one in run.jobs if one.plan.key == need]:
            outputs = {name: value for one in found for name, value in one.outputs.items()}
            needs[need] = {"result": together(found) or "", "outputs": outputs}
    return {**_context(repo, run), "needs": needs, **({} if job.cell is None else {"matrix": job.cell})}


def together(cells: list[Job]) -> str | None:
    """Return how the jobs of one key ended, taken together; None while one has not."""
    ends = {one.conclusion for one in cells}
    if None in ends:
        return None
    return next((one for one in ("failure", "cancelled", "success") if one in ends), "skipped")


def ended(run: Run) -> set[str]:
    """Return the keys of the jobs that have ended, in every cell."""
    return {one.plan.key for one in run.jobs} - {one.plan.key for one in run.jobs if one.status != "completed"}


def _context(repo: Repository, run: Run) -> dict[str, Any]:
    kind = "tag" if run.ref.startswith("refs/tags/") else "branch"
    github: dict[str, Any] = {
        "actor": run.actor,
        "event": run.event_payload,
        "event_name": run.event,
        "ref": run.ref,
        "ref_name": run.ref.split("/", 2)[2],
        "ref_type": kind,
        "repository": repo.full_name,
        "repository_owner": repo.owner,
        "run_attempt": str(run.attempt),
        "run_id": str(run.id),
        "run_number": str(run.number),
        "sha": run.sha,
        "workflow": run.name,
    }
    if (pull := run.event_payload.get("pull_request")) is not None:
        github |= {"head_ref": pull["head"]["ref"], "base_ref": pull["base"]["ref"]}
    return {"github": github, "inputs": run.inputs}


def _enter(world: World, repo: Repository, wish: Wish, run: Run, job: Job | None) -> None:
    """Take a group or wait for it; whoever has to make room is cancelled."""
    words = f"Canceling since a higher priority waiting request for '{wish.group}' exists"
    for number, one in repo.area(Groups).enter(wish, (run.id, None if job is None else job.id)):
        other = repo.area(Runs).by_id[number]
        if one is None:
            cancel(world, repo, other, words)
        else:
            found = next(member for member in other.jobs if member.id == one)
            found.words = words
            finish(world, repo, other, found, "cancelled")


def cancel(world: World, repo: Repository, run: Run, words: str | None = None) -> None:
    """End a run and every job of it that has not ended."""
    run.cancelled = run.admitted = True
    # One by one: the end of a job may let another one begin that always runs.
    while (job := next((one for one in run.jobs if one.status != "completed"), None)) is not None:
        job.words = words
        finish(world, repo, run, job, "cancelled")


def advance(world: World, repo: Repository, run: Run) -> None:
    """Let every job go on that may."""
    if not run.admitted:
        return
    for job in list(run.jobs):
        if job.status == "pending" and job.group is not None:
            if repo.area(Groups).holds(job.group, (run.id, job.id)):
                _reach(world, repo, run, job)
        elif job.status == "pending" and job.cell is None and ended(run).issuperset(job.plan.needs):
            _due(world, repo, run, job)
        elif job.status == "waiting":
            _wait(world, repo, run, job)


def _due(world: World, repo: Repository, run: Run, job: Job) -> None:
    """What a job needs has ended: its condition decides, then its group."""
    context = context_of(repo, run, job)
    try:
        wanted = holds(job.plan.content.get("if", True), context, _statuses(run, job))
        cells = matrix.cells(job.plan.content, context) if wanted else None
    except ExpressionError as error:
        job.words = str(error)
        finish(world, repo, run, job, "failure")
        return
    if not wanted:
        job.check = checks.add_run(world, repo, _judged(run), job.plan.name, ACTIONS_APP).id
        finish(world, repo, run, job, "skipped")
        return
    for one in _cells(world, run, job, cells):
        _named(repo, run, one)
        _enters(world, repo, run, one)


def _cells(world: World, run: Run, job: Job, cells: list[matrix.Cell] | None) -> list[Job]:
    """Put a job for each cell of a matrix in the place of the one that has it."""
    if cells is None:
        return [job]
    made = [Job(world.new_id(), job.plan, cell=cell) for cell in cells]
    place = run.jobs.index(job)
    run.jobs[place : place + 1] = made
    return made


def _named(repo: Repository, run: Run, job: Job) -> None:
    """Put what is known by now, of other jobs and of the matrix, into a job's name and environment."""
    context, plan = context_of(repo, run, job), job.plan
    name = filled(plan.name, context)
    if job.cell is not None:
        name = matrix.named(plan.content, plan.key, job.cell, context)
    environment = None if plan.environment is None else filled(plan.environment, context)
    job.plan = replace(plan, name=name, environment=environment)


def _enters(world: World, repo: Repository, run: Run, job: Job) -> None:
    """Let a job go on to its environment, or wait for its group."""
    if (wish := Wish.of(job.plan.content.get("concurrency"), context_of(repo, run, job))) is None:
        _reach(world, repo, run, job)
        return
    job.group = wish.group
    _enter(world, repo, wish, run, job)
    if job.status == "pending" and repo.area(Groups).holds(wish.group, (run.id, job.id)):
        _reach(world, repo, run, job)


def _statuses(run: Run, job: Job) -> dict[str, Any]:
    """The functions of a condition that ask how all went that a job needs, directly or not."""
    needs, before = {one.plan.key: one.plan.needs for one in run.jobs}, set[str]()
    left = list(job.plan.needs)
    while left:
        if (key := left.pop()) not in before:
            before.add(key)
            left += needs.get(key, ())
    ends = {one.conclusion for one in run.jobs if one.plan.key in before}
    return {
        "always": lambda: True,
        "success": lambda: ends <= {"success"} and not run.cancelled,
        "failure": lambda: "failure" in ends,
        "cancelled": lambda: run.cancelled,
    }


def _reach(world: World, repo: Repository, run: Run, job: Job) -> None:
    job.check = checks.add_run(world, repo, _judged(run), job.plan.name, ACTIONS_APP).id
    if job.plan.environment is None:
        job.status = "queued"
        return
    one = environments.ensure(world, repo, job.plan.environment)
    if job.plan.deploys:
        made = deployments.add(world, repo, run.sha, one.name, "github-actions[bot]", {"ref": run.branch})
        job.deployment = made.id
    if not environments.admits(repo, one, run.ref):
        kind = "Tag" if run.ref.startswith("refs/tags/") else "Branch"
        name = run.ref.removeprefix("refs/tags/").removeprefix("refs/heads/")
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
    if job.token is not None:
        world.tokens.pop(job.token, None)
        job.token = None
    if job.group is not None:
        _leave(world, repo, job.group, (run.id, job.id))
    if conclusion == "failure" and job.cell is not None and (job.plan.content["strategy"]).get("fail-fast", True):
        for other in [one for one in run.jobs if one.plan.key == job.plan.key and one.status != "completed"]:
            finish(world, repo, run, other, "cancelled")
    advance(world, repo, run)
    if run.group is not None and run.status == "completed":
        _leave(world, repo, run.group, (run.id, None))


def _leave(world: World, repo: Repository, group: str, who: tuple[int, int | None]) -> None:
    """A group is free: who waited for it goes on."""
    if (following := repo.area(Groups).leave(group, who)) is not None:
        other = repo.area(Runs).by_id[following[0]]
        other.admitted = other.admitted or following[1] is None
        advance(world, repo, other)


def begin(world: World, repo: Repository, run: Run, job: Job) -> None:
    """A machine has taken the job."""
    job.status = "in_progress"
    if job.check is not None:
        repo.area(checks.Checks).runs[job.check].status = "in_progress"
    _deployed(world, repo, job, "in_progress")


def _judged(run: Run) -> str:
    """The commit whose checks the jobs are: of a pull request its head, not what it would be once merged."""
    pull = run.event_payload.get("pull_request")
    return run.sha if pull is None else str(pull["head"]["sha"])


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
        "head_branch": run.branch,
        "head_sha": _judged(run),
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
        and asked.get("branch", run.branch) == run.branch
        and asked.get("head_sha", _judged(run)) == _judged(run)
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
            "head_sha": _judged(run),
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
    cancel(call.world, call.repo, run)
    tell(call, run, "completed")
    return Answer(202, {})


@ROUTES.on("POST {r}/actions/runs/{run}/rerun", "actions:write")
@ROUTES.on("POST {r}/actions/runs/{run}/rerun-failed-jobs", "actions:write")
def again(call: Call) -> Answer:
    """Once more, with the gates of its environments."""
    run = run_of(call)
    if run.status != "completed":
        raise Refused(403, "The workflow run containing this job is already running")
    # As the file has them: what stands for cells, and was put into names, is found anew.
    plans = workflows.Workflow(run.path, run.name, {}, run.content).jobs(_context(call.repo, run))
    run.jobs = [Job(call.world.new_id(), plan) for plan in plans]
    run.attempt, run.cancelled = run.attempt + 1, False
    _admit(call.world, call.repo, run)
    advance(call.world, call.repo, run)
    return Answer(201, {})
