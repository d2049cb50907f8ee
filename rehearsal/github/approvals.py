"""What holds a run: the environments it waits for, and what reviewers say."""

from __future__ import annotations

from typing import Any

from rehearsal.github import deployments, environments, views
from rehearsal.github.errors import Refused, missing, wrong
from rehearsal.github.routes import Call, Routes
from rehearsal.github.runs import Approval, Run, advance, finish, run_of, shown

ROUTES = Routes("actions/workflow-runs")


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
    run, found = run_of(call), []
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
    run, body = run_of(call), call.json()
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
        for one in run_of(call).approvals
    ]
