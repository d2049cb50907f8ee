"""Deployments, statuses, check runs; workflow runs and what holds them."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.github.world import ACTIONS_APP
from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process
WORKFLOW = """
name: Promote
on:
  push:
  workflow_dispatch:
    inputs:
      environment: {type: choice, options: [staging, production], required: true}
      digest: {type: string, default: none}
jobs:
  build: {runs-on: ubuntu-latest, steps: []}
  deploy:
    needs: build
    environment: {name: "${{ inputs.environment }}", url: https://example.com}
    runs-on: ubuntu-latest
    steps: []
  gate: {needs: [deploy], runs-on: ubuntu-latest, steps: []}
"""


def test_deployments_and_their_statuses(hub: GitHub) -> None:
    repo = hub.repository()
    first = repo.create_deployment("main", environment="staging", description="1.0")
    assert [one.name for one in repo.get_environments()] == ["staging"]
    first.create_status("success", environment_url="https://one.example")
    second = repo.create_deployment("main", environment="staging", payload={"digest": "sha256:1"})
    second.create_status("in_progress")
    second.create_status("success", description="x" * 200)
    assert [one.state for one in first.get_statuses()] == ["inactive", "success"]
    assert [one.state for one in second.get_statuses()] == ["success", "in_progress"]
    assert second.get_statuses()[0].description == "x" * 140
    assert [one.id for one in repo.get_deployments(environment="staging")] == [second.id, first.id]
    assert [one.id for one in repo.get_deployments(environment="production")] == []
    refused = hub.call("DELETE", f"R/deployments/{second.id}")
    assert refused.status_code == 422
    assert hub.call("DELETE", f"R/deployments/{first.id}").status_code == 204


def test_a_deployment_waits_for_the_commits_statuses(hub: GitHub) -> None:
    repo = hub.repository()
    repo.get_commit("main").create_status("pending", context="ci")
    refused = hub.call("POST", "R/deployments", {"ref": "main"})
    assert (refused.status_code, refused.json()["message"]) == (409, "Conflict: Commit status checks failed for main.")
    assert hub.call("POST", "R/deployments", {"ref": "main", "required_contexts": []}).status_code == 201
    repo.get_commit("main").create_status("success", context="ci")
    assert hub.call("POST", "R/deployments", {"ref": "main"}).status_code == 201
    assert hub.call("POST", "R/deployments", {"ref": "none"}).json()["message"] == "No ref found for: none"


def test_statuses_come_to_one_state(hub: GitHub) -> None:
    commit = hub.repository().get_commit("main")
    assert commit.get_combined_status().state == "pending"
    commit.create_status("failure", context="a")
    commit.create_status("success", context="b")
    assert commit.get_combined_status().state == "failure"
    commit.create_status("success", context="a")
    assert commit.get_combined_status().state == "success"
    assert len(list(commit.get_statuses())) == 3
    refused = hub.call("POST", f"R/statuses/{'0' * 40}", {"state": "success"})
    assert (refused.status_code, refused.json()["message"]) == (422, f"No commit found for SHA: {'0' * 40}")


def test_check_runs_are_an_apps(hub: GitHub) -> None:
    body = {"name": "gate", "head_sha": hub.head()}
    refused = hub.call("POST", "R/check-runs", body)
    assert (refused.status_code, refused.json()["message"]) == (403, "You must authenticate via a GitHub App.")
    app = hub.token("slipway[bot]", "ghs_checks", kind="app", app=9, permissions={"*": "write"})
    repo = hub.repository(token=app)
    run = repo.create_check_run("gate", hub.head(), status="in_progress")
    run.edit(conclusion="success", output={"title": "Fine", "summary": "All of it"})
    (found,) = repo.get_commit("main").get_check_runs(check_name="gate")
    assert (found.status, found.conclusion, found.output.title) == ("completed", "success", "Fine")
    wrong = hub.call("PATCH", f"R/check-runs/{run.id}", {"conclusion": "good"}, token=app)
    assert wrong.status_code == 422


@pytest.fixture
def held(hub: GitHub) -> GitHub:
    hub.write(".github/workflows/promote.yml", WORKFLOW)
    ids = [hub.world.account(login).id for login in (hub.ben, hub.cy)]
    reviewers = [{"type": "User", "id": number} for number in ids]
    hub.ok("PUT", "R/environments/production", {"reviewers": reviewers, "prevent_self_review": True, "wait_timer": 10})
    return hub


def dispatch(hub: GitHub, **inputs: str) -> Any:
    body = {"ref": "main", "inputs": inputs, "return_run_details": True}
    return hub.call("POST", "R/actions/workflows/promote.yml/dispatches", body, token=f"ghp_{hub.ben}")


def finish(hub: GitHub, run: int, job: str, conclusion: str = "success") -> Any:
    return hub.control("finish", repo=f"{hub.org}/shop", run=run, job=job, conclusion=conclusion)


def test_a_promotion_waits_for_a_reviewer_and_a_timer(held: GitHub) -> None:
    run = dispatch(held, environment="production").json()["workflow_run_id"]
    assert held.ok("GET", f"R/actions/runs/{run}")["status"] == "queued"
    assert finish(held, run, "build")["jobs"]["deploy"]["status"] == "waiting"
    assert held.ok("GET", f"R/actions/runs/{run}")["status"] == "waiting"
    at = f"R/actions/runs/{run}/pending_deployments"
    (pending,) = held.ok("GET", at, token=f"ghp_{held.ben}")
    assert (pending["environment"]["name"], pending["wait_timer"]) == ("production", 10)
    assert pending["current_user_can_approve"] is False, "whoever started it may not approve it"
    say = {"environment_ids": [pending["environment"]["id"]], "state": "approved", "comment": "Go"}
    assert held.call("POST", at, say, token=f"ghp_{held.ben}").status_code == 422
    (deployment,) = held.ok("POST", at, say, token=f"ghp_{held.cy}")
    assert deployment["environment"] == "production"
    assert held.ok("GET", f"R/actions/runs/{run}/approvals")[0]["user"]["login"] == held.cy
    assert held.ok("GET", f"R/actions/runs/{run}")["status"] == "waiting", "the timer still runs"
    held.running.clock.advance(601)
    assert held.ok("GET", f"R/actions/runs/{run}")["status"] == "queued"
    finish(held, run, "deploy")
    done = finish(held, run, "gate")
    assert (done["status"], done["conclusion"]) == ("completed", "success")
    states = held.ok("GET", f"R/deployments/{deployment['id']}/statuses")
    assert [one["state"] for one in states] == ["success", "queued", "waiting"]
    runs = held.ok("GET", f"R/commits/{held.head()}/check-runs")["check_runs"]
    assert {one["name"] for one in runs} == {"build", "deploy", "gate"}
    assert {one["app"]["id"] for one in runs} == {ACTIONS_APP}


def test_rejected_cancelled_and_run_again(held: GitHub) -> None:
    run = dispatch(held, environment="production").json()["workflow_run_id"]
    finish(held, run, "build")
    at = f"R/actions/runs/{run}/pending_deployments"
    (pending,) = held.ok("GET", at)
    say = {"environment_ids": [pending["environment"]["id"]], "state": "rejected", "comment": "No"}
    held.ok("POST", at, say, token=f"ghp_{held.cy}")
    read = held.repository().get_workflow_run(run)
    assert (read.status, read.conclusion) == ("completed", "failure")
    assert held.call("POST", at, say, token=f"ghp_{held.cy}").status_code == 422
    assert read.rerun()
    assert held.ok("GET", f"R/actions/runs/{run}")["run_attempt"] == 2
    assert read.cancel()
    assert held.repository().get_workflow_run(run).conclusion == "cancelled"


def test_a_branch_that_may_not_deploy(held: GitHub) -> None:
    policy = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
    held.ok("PUT", "R/environments/staging", policy)
    held.ok("POST", "R/environments/staging/deployment-branch-policies", {"name": "release/*"})
    run = dispatch(held, environment="staging").json()["workflow_run_id"]
    job = finish(held, run, "build")["jobs"]["deploy"]
    assert job["conclusion"] == "failure"
    assert job["words"] == 'Branch "main" is not allowed to deploy to staging due to environment protection rules.'


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "Required input 'environment' not provided"),
        ({"environment": "moon"}, "Provided value 'moon' for input 'environment' not in the list of allowed values"),
        ({"environment": "staging", "x": "y"}, 'Unexpected inputs provided: ["x"]'),
    ],
)
def test_inputs_that_are_refused(held: GitHub, inputs: Any, words: str) -> None:
    refused = dispatch(held, **inputs)
    assert (refused.status_code, refused.json()["message"]) == (422, words)


def test_workflows_with_pygithub(held: GitHub) -> None:
    held.write(".github/workflows/ci.yml", "on: [push]\njobs: {unit: {steps: []}}\n")
    repo = held.repository()
    names = {one.path: one for one in repo.get_workflows()}
    assert set(names) == {".github/workflows/ci.yml", ".github/workflows/promote.yml"}
    assert names[".github/workflows/promote.yml"].create_dispatch("main", {"environment": "staging"})
    assert repo.get_workflow("promote.yml").get_runs()[0].event == "workflow_dispatch"
    refused = held.call("POST", "R/actions/workflows/ci.yml/dispatches", {"ref": "main"})
    assert refused.json()["message"] == "Workflow does not have 'workflow_dispatch' trigger"
    made = held.control("runs", repo=f"{held.org}/shop", workflow="ci.yml")
    assert made["jobs"]["unit"]["status"] == "queued"
