"""What a release knows of the Pulumi update that runs it."""

from __future__ import annotations

import pytest

from delivery.update import Update, run_of, this

URN = "urn:pulumi:staging::shop::slipway:aws:Release$slipway:index:Release::release-release"
GITLAB = "https://gitlab.com/acme/shop/-/jobs/7"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "77",
}


def test_project_and_stack_are_those_of_the_resource() -> None:
    assert this(URN, GITHUB, "runner-3") == Update(
        project="shop", stack="staging", host="runner-3", run="https://github.com/acme/shop/actions/runs/77"
    )


@pytest.mark.parametrize(
    ("environment", "run"),
    [
        ({}, ""),
        (GITHUB, "https://github.com/acme/shop/actions/runs/77"),
        ({**GITHUB, "GITHUB_RUN_ID": ""}, ""),
        ({"GITLAB_CI": "true", "CI_JOB_URL": GITLAB}, GITLAB),
        ({"PULUMI_CI_BUILD_URL": "https://ci.acme.dev/7"}, "https://ci.acme.dev/7"),
    ],
)
def test_the_run_is_the_one_that_pulumi_notes_too(environment: dict[str, str], run: str) -> None:
    assert run_of(environment) == run
