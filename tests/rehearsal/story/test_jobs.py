"""A job is played with its own steps, as a runner does, and with nothing of the person's."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from rehearsal.command import Hand
from rehearsal.home import Home
from rehearsal.processes import Notebook
from rehearsal.stage.github import GitHub
from rehearsal.story.jobs import _outputs, _Playing
from rehearsal.story.play import Play

pytestmark = pytest.mark.process
JOB = """
env: {WHERE: "${{ vars.PLACE }}"}
outputs: {code: "${{ steps.look.outputs.code }}"}
steps:
  - {name: Python, uses: actions/setup-python@1}
  - name: Look
    id: look
    env: {RESULTS: "${{ toJSON(needs) }}"}
    run: |
      echo "code=$WHERE" >> "$GITHUB_OUTPUT"
      grep -q '"result": "success"' <<< "$RESULTS"
      test -z "${GITHUB_TOKEN:-}"
      test "$GITHUB_EVENT_NAME" = push
      test "$PLACE" = here
  - {name: Not now, if: "${{ github.event_name == 'pull_request' }}", run: exit 1}
  - {name: May fail, continue-on-error: "${{ vars.PLACE == 'moon' }}", run: "false | true"}
  - {name: With its token, env: {TOKEN: "${{ github.token }}"}, run: 'test "$TOKEN" = ghs_job'}
  - {name: Told when wrong, if: failure(), run: exit 1}
"""


def playing(tmp_path: Path, job: dict[str, Any]) -> _Playing:
    home = Home(tmp_path)
    home.make()
    environment = {**os.environ, "GITHUB_TOKEN": "ghp_person", "PULUMI_BACKEND_URL": "file:///state"}
    play = SimpleNamespace(stage=SimpleNamespace(home=home), hand=Hand(home, Notebook(home), environment, tmp_path))
    github = dict.fromkeys(("actor", "ref", "ref_name", "repository", "sha", "workflow"), "x")
    given = {
        "token": "ghs_job",
        "secrets": {},
        "variables": {"PLACE": "moon", "PULUMI_BACKEND_URL": "s3://state"},
        "context": {
            "github": {**github, "event_name": "push"},
            "needs": {"unit": {"result": "success", "outputs": {}}},
        },
    }
    hub = GitHub("http://127.0.0.1:9", "http://127.0.0.1:9/api/v3", "acme/shop", "ghs_job")
    return _Playing(cast(Play, play), hub, 7, "job", job, given, {"PLACE": "here"})


def test_steps_are_run_in_order_with_what_the_job_was_given(tmp_path: Path) -> None:
    job = yaml.safe_load(JOB)
    played = playing(tmp_path, job)
    assert played.through() == ("success", {"code": "moon"})
    assert played.run == ["Look", "May fail", "With its token"]


def test_a_step_that_fails_ends_the_job_but_for_what_asks(tmp_path: Path) -> None:
    steps = [{"run": "exit 3"}, {"run": "echo never"}, {"name": "Always", "if": "always()", "run": "echo told"}]
    played = playing(tmp_path, {"steps": steps})
    assert played.through() == ("failure", {})
    assert played.run == ["0", "Always"]


def test_outputs_are_lines() -> None:
    assert _outputs("code=true\nurl=http://x?a=b\n\n") == {"code": "true", "url": "http://x?a=b"}
