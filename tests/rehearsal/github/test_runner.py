"""What a job is given: never more than its file, its environment and where it comes from allow."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from nacl.public import PublicKey, SealedBox

from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process
WORKFLOW = """
name: Deliver
on: [push, pull_request]
permissions: {}
jobs:
  plain: {steps: []}
  deploy:
    environment: staging
    permissions: {contents: read, id-token: write, pull-requests: write, issues: none}
    steps: []
  all: {permissions: write-all, steps: []}
"""


@pytest.fixture
def stocked(hub: GitHub) -> GitHub:
    hub.write(".github/workflows/deliver.yml", WORKFLOW)
    for name in ("staging", "production"):
        hub.ok("PUT", f"R/environments/{name}", {})
        seal(hub, f"R/environments/{name}/secrets", "TOKEN", f"for {name}")
        hub.ok("POST", f"R/environments/{name}/variables", {"name": "PLACE", "value": name})
    seal(hub, "R/actions/secrets", "COMMON", "for all")
    return hub


def seal(hub: GitHub, where: str, name: str, value: str) -> None:
    key = hub.ok("GET", f"{where}/public-key")
    sealed = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(value.encode())
    body = {"key_id": key["key_id"], "encrypted_value": base64.b64encode(sealed).decode()}
    hub.ok("PUT", f"{where}/{name}", body)


def begin(hub: GitHub, run: int, job: str) -> Any:
    return hub.control("begin", repo=f"{hub.org}/shop", run=run, job=job)


def test_a_job_gets_what_its_environment_has_and_its_file_asks_for(stocked: GitHub) -> None:
    run = stocked.control("runs", repo=f"{stocked.org}/shop", workflow="deliver.yml", actor=stocked.ada)["id"]
    plain, deploy = begin(stocked, run, "plain"), begin(stocked, run, "deploy")
    assert (plain["permissions"], plain["secrets"], plain["identity"]) == ({}, {"COMMON": "for all"}, None)
    assert deploy["permissions"] == {"contents": "read", "id-token": "write", "pull-requests": "write"}
    assert deploy["secrets"] == {"COMMON": "for all", "TOKEN": "for staging"}
    assert deploy["variables"] == {"PLACE": "staging"}
    assert deploy["identity"]["environment"] == "staging"
    assert deploy["identity"]["sub"].endswith(":environment:staging")
    assert deploy["context"]["github"]["event_name"] == "push"


def test_its_token_reaches_no_guard_and_ends_with_the_job(stocked: GitHub) -> None:
    repo = f"{stocked.org}/shop"
    run = stocked.control("runs", repo=repo, workflow="deliver.yml", actor=stocked.ada)["id"]
    token = begin(stocked, run, "all")["token"]
    for method, path, body in (
        ("PUT", "R/environments/production", {"reviewers": []}),
        ("GET", "R/environments/production/secrets", None),
        ("PATCH", "R/environments/production/variables/PLACE", {"value": "x"}),
        ("PATCH", "R", {"private": False}),
    ):
        refused = stocked.call(method, path, body, token=token)
        assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert stocked.call("GET", "R/environments", token=token).status_code == 200
    stocked.control("repositories", owner=stocked.org, name="other", private=True, by=stocked.ada)
    assert stocked.call("GET", f"/repos/{stocked.org}/other", token=token).status_code == 404
    stocked.control("finish", repo=repo, run=run, job="all")
    assert stocked.call("GET", "R/environments", token=token).status_code == 401


def test_comments_of_a_pull_request_take_either_permission(stocked: GitHub) -> None:
    run = stocked.control("runs", repo=f"{stocked.org}/shop", workflow="deliver.yml", actor=stocked.ada)["id"]
    token = begin(stocked, run, "deploy")["token"]
    stocked.write("feature", "1", "feature")
    number = stocked.ok("POST", "R/pulls", {"title": "x", "head": "feature", "base": "main"})["number"]
    stocked.ok("POST", f"R/issues/{number}/comments", {"body": "A preview"}, token=token)
    assert stocked.call("POST", "R/issues", {"title": "x"}, token=token).status_code == 403


def test_a_fork_gets_nothing_of_value(stocked: GitHub) -> None:
    stocked.stored.private = False
    mallory = stocked.token(f"mallory-{stocked.org}", f"ghp_mallory_{stocked.org}")
    login = f"mallory-{stocked.org}"
    fork = stocked.ok("POST", "R/forks", token=mallory)
    assert (fork["fork"], fork["full_name"]) == (True, f"{login}/shop")
    assert stocked.ok("POST", "R/forks", token=mallory)["id"] == fork["id"]
    assert [one["id"] for one in stocked.ok("GET", "R/forks")] == [fork["id"]]
    stocked.git("clone", "-q", f"http://x:{mallory}@127.0.0.1:{stocked.world.port}/{login}/shop.git", "fork")
    folder = stocked.folder / "fork"

    def push(text: str) -> str:
        (folder / "patch").write_text(text)
        stocked.git("add", ".", folder=folder)
        stocked.git("commit", "-qm", text, folder=folder)
        stocked.git("push", "-q", "origin", "HEAD:patch", folder=folder)
        return stocked.git("rev-parse", "HEAD", folder=folder).strip()

    first = push("one")
    body = {"title": "x", "head": f"{login}:patch", "base": "main"}
    opened = stocked.ok("POST", "R/pulls", body, token=mallory)
    assert (opened["head"]["sha"], opened["head"]["repo"]["full_name"]) == (first, f"{login}/shop")
    again = stocked.call("POST", "R/pulls", body, token=mallory)
    assert again.json()["errors"][0]["message"] == f"A pull request already exists for {login}:patch."
    assert stocked.call("POST", "R/pulls", {**body, "head": "nobody:patch"}).status_code == 422
    (run,) = stocked.ok("GET", "R/actions/runs?event=pull_request")["workflow_runs"]
    for job in ("plain", "deploy", "all"):
        given = begin(stocked, run["id"], job)
        assert (given["secrets"], given["identity"]) == ({}, None)
        assert set(given["permissions"].values()) <= {"read"}
    refused = stocked.call("POST", f"R/issues/{opened['number']}/comments", {"body": "x"}, token=given["token"])
    assert refused.status_code == 403
    second = push("two")
    assert stocked.ok("GET", f"R/pulls/{opened['number']}")["head"]["sha"] == second
    assert stocked.call("PUT", f"R/pulls/{opened['number']}/update-branch").status_code == 404
    merged = stocked.ok("PUT", f"R/pulls/{opened['number']}/merge")
    assert stocked.stored.git.file(merged["sha"], "patch") == b"two"
    assert stocked.git("ls-remote", "--heads", "origin", "patch", folder=folder), "its branch stays"
