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
from rehearsal.story import jobs
from rehearsal.story.jobs import _outputs, _Playing
from rehearsal.story.play import Play
from rehearsal.story.roles.taking import Taken

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


def playing(tmp_path: Path, job: dict[str, Any], key: str = "job") -> _Playing:
    home = Home(tmp_path)
    home.make()
    person = {
        "GITHUB_TOKEN": "ghp_person",
        "AWS_ACCESS_KEY_ID": "111122223333",
        "AWS_SECRET_ACCESS_KEY": "administrator",
    }
    environment = {**os.environ, **person, "PULUMI_BACKEND_URL": "file:///state"}
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
    return _Playing(cast(Play, play), hub, 7, key, job, given, {"PLACE": "here"}, lambda _: "signed")


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


ROLE = """
steps:
  - {name: Nobody yet, run: 'test -z "${AWS_ACCESS_KEY_ID:-}${AWS_SECRET_ACCESS_KEY:-}"'}
  - name: Credentials
    uses: aws-actions/configure-aws-credentials@6
    with: {role-to-assume: "${{ vars.PLACE }}-role", aws-region: eu-west-3}
  - {name: In the role, run: 'test "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_REGION" = "key secret eu-west-3"'}
"""


def test_a_job_has_no_credentials_but_those_of_the_role_that_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[tuple[str, str]]()

    def take(_stage: object, arn: str, signed: str) -> Taken:
        asked.append((arn, signed))
        named = {"AccessKeyId": "key", "SecretAccessKey": "secret", "SessionToken": "session"}
        return Taken(arn, "http://127.0.0.1:9", "eu-west-3", named)

    monkeypatch.setattr(jobs, "take", take)
    played = playing(tmp_path, yaml.safe_load(ROLE))
    assert played.through() == ("success", {})
    assert asked == [("moon-role", "signed")]
    # To be searched for wherever something was written down.
    assert played.taken == {"AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session"}


def artifact(action: str, **given: str) -> dict[str, Any]:
    return {"uses": f"actions/{action}-artifact@1", "with": given}


def test_files_are_carried_between_jobs_by_the_name_of_their_artifact(tmp_path: Path) -> None:
    write = "mkdir -p $RUNNER_TEMP/{one,two}; echo 1 > $RUNNER_TEMP/one/a; echo 2 > $RUNNER_TEMP/two/a"
    kept = [
        artifact("upload", name=f"results-{name}", path=f"${{{{ runner.temp }}}}/{name}") for name in ("one", "two")
    ]
    assert playing(tmp_path, {"steps": [{"run": write}, *kept]}).through()[0] == "success"
    steps = [
        artifact("download", name="results-two", path="${{ runner.temp }}/named"),
        artifact("download", pattern="results-*", path="${{ runner.temp }}/all"),
        {"run": 'cd $RUNNER_TEMP; test "$(cat named/a all/results-one/a all/results-two/a)" = "$(printf "2\n1\n2")"'},
    ]
    assert playing(tmp_path, {"steps": steps}, "after").through()[0] == "success"
    missing = artifact("download", name="nothing", path="${{ runner.temp }}/x")
    assert playing(tmp_path, {"steps": [missing]}, "bad").through()[0] == "failure"
    assert playing(tmp_path, {"steps": [{**missing, "continue-on-error": True}]}, "good").through()[0] == "success"


def test_outputs_are_lines() -> None:
    assert _outputs("code=true\nurl=http://x?a=b\n\n") == {"code": "true", "url": "http://x?a=b"}
