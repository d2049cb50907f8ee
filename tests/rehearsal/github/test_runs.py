"""Runs by what their files say: conditions, concurrency; and what begins them."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.github.triggers import pattern
from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process
OPERATE = """
name: Operate
on: {workflow_dispatch: {inputs: {what: {type: string}}}}
jobs:
  back:
    if: inputs.what == 'rollback'
    concurrency: back
    environment: rollback
    steps: []
  promote:
    if: inputs.what == 'promote'
    concurrency: {group: production, cancel-in-progress: false}
    steps: []
  tell: {needs: [back, promote], if: "always()", steps: []}
  after: {needs: tell, steps: []}
"""
CHECKS = """
name: Checks
on: [push, pull_request]
concurrency: {group: "checks-${{ github.ref }}", cancel-in-progress: true}
jobs:
  look: {outputs: {code: x}, steps: []}
  unit: {needs: look, if: needs.look.outputs.code == 'true', steps: []}
  gate: {needs: [look, unit], if: always(), steps: []}
"""


def dispatch(hub: GitHub, what: str) -> int:
    body = {"ref": "main", "inputs": {"what": what}, "return_run_details": True}
    return int(hub.ok("POST", "R/actions/workflows/operate.yml/dispatches", body)["workflow_run_id"])


def states(hub: GitHub, run: int) -> dict[str, str]:
    jobs = hub.asked("run", repo=f"{hub.org}/shop", run=str(run))["jobs"]
    return {key: one["conclusion"] or one["status"] for key, one in jobs.items()}


def finish(hub: GitHub, run: int, job: str, conclusion: str = "success", **outputs: str) -> None:
    hub.control("finish", repo=f"{hub.org}/shop", run=run, job=job, conclusion=conclusion, outputs=outputs)


def test_conditions_and_groups_of_jobs(hub: GitHub) -> None:
    hub.write(".github/workflows/operate.yml", OPERATE)
    first, second = dispatch(hub, "promote"), dispatch(hub, "promote")
    assert states(hub, first) == {"back": "skipped", "promote": "queued", "tell": "pending", "after": "pending"}
    assert states(hub, second)["promote"] == "pending", "one at a time"
    assert hub.ok("GET", f"R/actions/runs/{second}")["status"] == "pending"
    assert states(hub, dispatch(hub, "rollback"))["back"] == "queued", "of another group"
    third = dispatch(hub, "promote")
    jobs = hub.asked("run", repo=f"{hub.org}/shop", run=str(second))["jobs"]
    words = "Canceling since a higher priority waiting request for 'production' exists"
    assert (jobs["promote"]["conclusion"], jobs["promote"]["words"]) == ("cancelled", words)
    assert jobs["tell"]["status"] == "queued", "it always runs"
    finish(hub, first, "promote")
    assert states(hub, third)["promote"] == "queued"
    finish(hub, first, "tell")
    assert states(hub, first)["after"] == "skipped", "something before it was left out"
    assert hub.ok("GET", f"R/actions/runs/{first}")["conclusion"] == "success"


def test_a_job_that_waits_for_reviewers_keeps_its_group(hub: GitHub) -> None:
    hub.write(".github/workflows/operate.yml", OPERATE)
    reviewers = [{"type": "User", "id": hub.world.account(hub.ben).id}]
    hub.ok("PUT", "R/environments/rollback", {"reviewers": reviewers})
    first, second = dispatch(hub, "rollback"), dispatch(hub, "rollback")
    assert (states(hub, first)["back"], states(hub, second)["back"]) == ("waiting", "pending")
    hub.ok("POST", f"R/actions/runs/{first}/cancel")
    assert states(hub, second)["back"] == "waiting"
    hub.ok("POST", f"R/actions/runs/{first}/rerun")
    assert states(hub, first)["back"] == "pending"


def runs(hub: GitHub, event: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hub.ok("GET", f"R/actions/runs?event={event}")["workflow_runs"]
    return found


def test_pull_requests_begin_runs_and_a_push_ends_the_one_before(hub: GitHub) -> None:
    hub.write(".github/workflows/checks.yml", CHECKS)
    clone = hub.clone()
    for text in ("one", "two"):
        (clone / "feature").write_text(text)
        hub.git("switch", "-q", "-C", "feature", folder=clone)
        hub.git("add", ".", folder=clone)
        hub.git("commit", "-qm", text, folder=clone)
        hub.git("push", "-q", "origin", "feature", folder=clone)
        if text == "one":
            number = hub.ok("POST", "R/pulls", {"title": "x", "head": "feature", "base": "main"})["number"]
    newer, older = runs(hub, "pull_request")
    assert (older["conclusion"], newer["status"]) == ("cancelled", "queued")
    assert (newer["head_sha"], newer["head_branch"]) == (hub.head("feature"), "feature")
    finish(hub, newer["id"], "look", code="false")
    assert states(hub, newer["id"]) == {"look": "success", "unit": "skipped", "gate": "queued"}
    finish(hub, newer["id"], "gate", "failure")
    checks = hub.ok("GET", f"R/commits/{hub.head('feature')}/check-runs")["check_runs"]
    told = {one["name"]: one["conclusion"] for one in checks if one["conclusion"]}
    assert told | {"look": "", "gate": "failure"} == {"look": "", "unit": "skipped", "gate": "failure"}
    assert hub.ok("PUT", f"R/pulls/{number}/merge")["merged"]
    assert hub.head() in {one["head_sha"] for one in runs(hub, "push")}, "a merge is a push"


def test_what_a_jobs_token_does_begins_nothing(hub: GitHub) -> None:
    hub.write(".github/workflows/checks.yml", CHECKS + "permissions: {contents: write}\n")
    run = hub.control("runs", repo=f"{hub.org}/shop", workflow="checks.yml")
    given = hub.control("begin", repo=f"{hub.org}/shop", run=run["id"], job="look")
    before = len(runs(hub, "push"))
    hub.ok("POST", "R/git/refs", {"ref": "refs/heads/made", "sha": hub.head()}, token=given["token"])
    assert len(runs(hub, "push")) == before
    hub.ok("POST", "R/git/refs", {"ref": "refs/heads/other", "sha": hub.head()})
    assert len(runs(hub, "push")) == before + 1


@pytest.mark.parametrize(
    ("written", "name", "fits"),
    [
        ("main", "main", True),
        ("v[0-9]+.[0-9]+.[0-9]+*", "v1.20.3-rc.1", True),
        ("v[0-9]+.[0-9]+.[0-9]+*", "v1.x.3", False),
        ("releases/*", "releases/1/2", False),
        ("releases/**", "releases/1/2", True),
        ("v1.?", "v1.", True),
        ("**/docs/**", "docs/a.md", True),
        ("**/docs/**", "web/docs/a/b.md", True),
        ("**/docs/**", "mydocs/a.md", False),
        ("**.md", "docs/a.md", True),
    ],
)
def test_patterns_of_filters(written: str, name: str, fits: bool) -> None:
    assert (pattern(written).fullmatch(name) is not None) is fits


CELLS = """
name: Cells
on: push
jobs:
  look: {outputs: {pythons: x}, steps: []}
  unit:
    needs: look
    name: Unit tests (Python ${{ matrix.python }})
    strategy: {fail-fast: false, matrix: {python: "${{ fromJSON(needs.look.outputs.pythons) }}"}}
    steps: []
  image:
    strategy: {matrix: {include: [{name: api, context: x}, {name: web, context: y}]}}
    environment: "${{ matrix.name }}"
    steps: []
  gate: {needs: [unit, image], if: always(), steps: []}
"""


def cells(hub: GitHub, run: int, job: str) -> dict[str, str]:
    found = hub.asked("run", repo=f"{hub.org}/shop", run=str(run))["jobs"][job]["cells"]
    return {name: one["conclusion"] or one["status"] for name, one in found.items()}


def cells_run(hub: GitHub) -> int:
    hub.write(".github/workflows/cells.yml", CELLS)
    return int(hub.control("runs", repo=f"{hub.org}/shop", workflow="cells.yml")["id"])


def test_a_matrix_is_one_check_run_for_each_cell(hub: GitHub) -> None:
    run = cells_run(hub)
    assert states(hub, run)["unit"] == "pending", "the cells are known once what it needs has ended"
    finish(hub, run, "look", pythons='["3.11", "3.12"]')
    one, other = "Unit tests (Python 3.11)", "Unit tests (Python 3.12)"
    assert cells(hub, run, "unit") == {one: "queued", other: "queued"}
    assert cells(hub, run, "image") == {"image (api, x)": "queued", "image (web, y)": "queued"}
    given = hub.control("begin", repo=f"{hub.org}/shop", run=run, job="image (web, y)")
    assert given["context"]["matrix"] == {"name": "web", "context": "y"}
    environments = {one["name"] for one in hub.ok("GET", "R/environments")["environments"]}
    assert {"api", "web"} <= environments
    finish(hub, run, one, "failure")
    assert cells(hub, run, "unit") == {one: "failure", other: "queued"}, "fail-fast: false"
    assert states(hub, run)["gate"] == "pending", "it waits for every cell"
    finish(hub, run, other)
    assert states(hub, run)["unit"] == "failure"
    finish(hub, run, "image (api, x)", "failure")
    assert cells(hub, run, "image")["image (web, y)"] == "cancelled", "one that fails ends the others, unless told"
    gate = hub.control("begin", repo=f"{hub.org}/shop", run=run, job="gate")
    assert {key: need["result"] for key, need in gate["context"]["needs"].items()} == {
        "unit": "failure",
        "image": "failure",
    }
    checks = hub.ok("GET", f"R/commits/{hub.head()}/check-runs?per_page=100")["check_runs"]
    assert {one, other, "image (api, x)", "image (web, y)"} <= {check["name"] for check in checks}


def test_a_key_means_every_cell_and_a_new_attempt_begins_with_none(hub: GitHub) -> None:
    run = cells_run(hub)
    finish(hub, run, "look", pythons='["3.11"]')
    for job in ("unit", "image", "gate"):
        finish(hub, run, job)
    assert hub.ok("GET", f"R/actions/runs/{run}")["conclusion"] == "success"
    hub.ok("POST", f"R/actions/runs/{run}/rerun")
    assert states(hub, run) == {"look": "queued", "unit": "pending", "image": "queued", "gate": "pending"}


def test_a_name_says_what_is_known_when_the_job_is_reached(hub: GitHub) -> None:
    jobs = "jobs: {plan: {steps: []}, approve: {needs: plan, name: 'Plan ${{ needs.plan.outputs.hash }}', steps: []}}"
    hub.write(".github/workflows/plan.yml", f"on: push\n{jobs}\n")
    run = int(hub.control("runs", repo=f"{hub.org}/shop", workflow="plan.yml")["id"])
    finish(hub, run, "plan", hash="3f9c")
    assert [one["name"] for one in hub.ok("GET", f"R/actions/runs/{run}/jobs")["jobs"]] == ["plan", "Plan 3f9c"]


PATHS = """
name: {name}
on:
  push: {filters}
  pull_request: {filters}
jobs: {{{name}: {{steps: []}}}}
"""


def test_paths_that_do_not_fit_begin_nothing_and_a_required_check_waits(hub: GitHub) -> None:
    for name, filters in {
        "app": '{paths: ["app/**", "!app/**.md"]}',
        "most": '{paths-ignore: ["**.md"]}',
    }.items():
        hub.write(f".github/workflows/{name}.yml", PATHS.format(name=name, filters=filters))
    rule = {"required_status_checks": [{"context": "app"}], "strict_required_status_checks_policy": False}
    conditions = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    rules = [{"type": "required_status_checks", "parameters": rule}]
    hub.ok(
        "POST",
        "R/rulesets",
        {"name": "x", "target": "branch", "enforcement": "active", "conditions": conditions, "rules": rules},
    )
    clone = hub.clone()
    begun = []
    for branch, path in {"code": "app/a/b.py", "page": "app/read.md", "other": "web/x.py"}.items():
        hub.git("switch", "-q", "-C", branch, "origin/main", folder=clone)
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_text("x")
        hub.git("add", ".", folder=clone)
        hub.git("commit", "-qm", branch, folder=clone)
        hub.git("push", "-q", "origin", branch, folder=clone)
        number = hub.ok("POST", "R/pulls", {"title": "x", "head": branch, "base": "main"})["number"]
        for event in ("push", "pull_request"):
            begun.append(
                (branch, event, sorted(one["name"] for one in runs(hub, event) if one["head_branch"] == branch))
            )
        if branch != "code":
            refused = hub.call("PUT", f"R/pulls/{number}/merge")
            assert refused.status_code == 405
            assert 'Required status check "app" is expected.' in refused.json()["message"], "for ever"
    assert begun == [
        ("code", "push", ["app", "most"]),
        ("code", "pull_request", ["app", "most"]),
        ("page", "push", []),
        ("page", "pull_request", []),
        ("other", "push", ["most"]),
        ("other", "pull_request", ["most"]),
    ]
