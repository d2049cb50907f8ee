"""What act is given of a workflow: one job, and what the jobs before it came to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rehearsal.command import Finished, Line
from rehearsal.story.act import _ran, actions, one_job

JOB: dict[str, Any] = {
    "needs": ["look", "unit", "old"],
    "if": "always()",
    "runs-on": "ubuntu-24.04",
    "environment": {"name": "staging-preview", "deployment": False},
    "steps": [
        {"uses": "actions/checkout@1", "with": {"fetch-depth": 0}},
        {"uses": "github/codeql-action/init@2", "with": {"languages": "python"}},
        {"uses": "actions/upload-artifact@3", "with": {"name": "x", "path": "y"}},
        {"name": "Tell", "run": "true"},
    ],
}
NEEDS = {
    "look": {"result": "success", "outputs": {"code": "true"}},
    "unit": {"result": "skipped", "outputs": {}},
    "old": {"result": "cancelled", "outputs": {}},
}


def test_one_job_stays_as_it_is_and_what_it_needs_ends_as_it_did() -> None:
    workflow = {"name": "Checks", "on": {"push": None}, "permissions": {}, "jobs": {"gate": JOB, "other": {}}}
    made = one_job(workflow, "gate", "pull_request", NEEDS)
    assert (made["name"], made["on"], made["permissions"]) == ("Checks", ["pull_request"], {})
    assert made["jobs"]["gate"] == {name: value for name, value in JOB.items() if name != "environment"}
    ends = {name: (one["outputs"], one.get("if"), one["steps"]) for name, one in made["jobs"].items() if name in NEEDS}
    assert ends == {
        "look": ({"code": "true"}, None, [{"run": "true"}]),
        "unit": ({}, "false", [{"run": "true"}]),
        "old": ({}, None, [{"run": "exit 1"}]),
    }
    (last,) = set(made["jobs"]) - {*NEEDS, "gate"}
    assert (made["jobs"][last]["needs"], made["jobs"][last]["if"]) == (["gate"], "always()")


def test_actions_have_stand_ins_but_for_checking_out() -> None:
    found = actions(JOB)
    assert list(found) == ["github/codeql-action@2", "actions/upload-artifact@3"]
    assert found["github/codeql-action@2"]["runs"]["steps"][0]["run"] == "true"
    assert set(found["actions/upload-artifact@3"]["inputs"]) == {"name", "path"}
    assert "$KEPT" in found["actions/upload-artifact@3"]["runs"]["steps"][0]["run"]


def test_a_stand_in_knows_the_inputs_of_every_step_that_uses_it() -> None:
    steps = [
        {"uses": "actions/download-artifact@1", "with": {"name": "preview", "path": "x"}},
        {"uses": "actions/download-artifact@1", "with": {"pattern": "results-*", "path": "y"}},
    ]
    assert set(actions({"steps": steps})["actions/download-artifact@1"]["inputs"]) == {"name", "pattern", "path"}


def test_nothing_is_left_by_the_step_that_takes_a_role() -> None:
    """Act writes what a step leaves into its log."""
    step = {"uses": "aws-actions/configure-aws-credentials@6", "with": {"role-to-assume": "r"}}
    (stand_in,) = actions({"steps": [step]}).values()
    assert stand_in["runs"]["steps"][0]["run"] == "true"


def test_the_steps_that_ran_are_read_from_what_act_says() -> None:
    said = [
        {"jobID": "look", "stage": "Main", "step": "Other", "stepResult": "success"},
        {"jobID": "gate", "stage": "Pre", "step": "Tell", "stepResult": "success"},
        {"jobID": "gate", "stage": "Main", "step": "Tell"},
        {"jobID": "gate", "stage": "Main", "step": "Tell", "stepResult": "failure"},
    ]
    lines = [Line(0.0, text) for text in [*map(json.dumps, said), "Error: Job 'gate' failed", "7"]]
    assert _ran(Finished("act", 1, lines, 0.0, 1.0, Path("log")), "gate") == ("Tell",)
