"""The setting `github`: what it becomes, and what wrong ones are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from delivery.notices import Tell
from settings import Environment, Shared
from settings.reading import read
from settings.repository import ISSUER
from settings.table import GITHUB
from tests.settings.support import PRODUCTION, SHARED, STAGING, shared, source, staging, told

GIVEN: dict[str, Any] = {"repository": "acme/shop", "reviewers": ["@alice", "acme/platform"]}
FILE = "Pulumi.shared.yaml: github"
ALONE = "must be more than one person where self_review is false: that one could release nothing"


def test_without_it_nothing_is_declared(tmp_path: Path) -> None:
    assert shared(tmp_path).github is None
    assert staging(tmp_path).boundary is None


def test_the_environments_are_found_by_their_files(tmp_path: Path) -> None:
    found = shared(tmp_path, github=GIVEN).github
    assert found is not None
    assert (found.full_name, found.reviewers, found.issuer) == ("acme/shop", ("alice", "acme/platform"), ISSUER)
    assert [
        (place.name, place.account, place.guarded, place.origin, place.session_seconds) for place in found.places
    ] == [
        ("production", "444455556666", True, "staging", 3600),
        ("staging", "111122223333", False, None, 7200),
    ]
    assert found.places[0].origin_account == "111122223333"
    assert [place.name for place in found.here("111122223333")] == ["staging"]


def test_whom_an_environment_tells_is_known_to_who_makes_its_roles(tmp_path: Path) -> None:
    found = source(tmp_path, {**SHARED, "shop:github": GIVEN}, stack="shared")
    told = {"topic": "arn:aws:sns:eu-central-1:111122223333:shop"}
    stacks = {name: ({**said, "tell": told} if name == "staging" else said) for name, said in found.stacks.items()}
    made = read(replace(found, stacks=stacks))
    assert isinstance(made, Shared)
    assert made.github is not None
    assert {place.name: place.tell.topic for place in made.github.places} == {
        "production": "",
        "staging": told["topic"],
    }


@pytest.mark.parametrize("topic", ["*", "arn:aws:sns:*:111122223333:shop", 7])
def test_no_role_may_tell_whom_a_wrong_setting_names(tmp_path: Path, topic: object) -> None:
    found = source(tmp_path, {**SHARED, "shop:github": GIVEN}, stack="shared")
    said = {"topic": topic, "webhook": "shop/chat"}
    stacks = {name: ({**one, "tell": said} if name == "staging" else one) for name, one in found.stacks.items()}
    made = read(replace(found, stacks=stacks))
    assert isinstance(made, Shared)
    assert made.github is not None
    assert [place.tell for place in made.github.places] == [Tell(), Tell()]


def test_workflow_files_are_proposed_where_that_is_asked_for(tmp_path: Path) -> None:
    for given, wanted in ((GIVEN, False), (GIVEN | {"workflow_files": True}, True)):
        found = shared(tmp_path, github=given).github
        assert found is not None
        assert found.workflow_files is wanted


def test_the_roles_of_an_environment_have_a_boundary_where_its_account_declares_one(tmp_path: Path) -> None:
    def boundary(shared_file: Mapping[str, Any]) -> str | None:
        found = source(tmp_path, STAGING)
        stacks = {**found.stacks, "shared": {key.removeprefix("shop:"): it for key, it in shared_file.items()}}
        made = read(replace(found, stacks=stacks))
        assert isinstance(made, Environment)
        return made.boundary

    assert boundary({**SHARED, "shop:github": GIVEN}) == "arn:aws:iam::111122223333:policy/ci/shop-staging-boundary"
    assert boundary({**SHARED, "shop:account": "444455556666", "shop:github": GIVEN}) is None


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"repositroy": "acme/shop"}, ".repositroy: unknown; did you mean repository?"),
        (
            {"repository": "shop"},
            ".repository: must be the owner and the name of the repository, got shop; such as acme/shop",
        ),
        (
            {"approval": "review"},
            ".approval: must be one of reviewers, pull_request, none, got review; did you mean reviewers?",
        ),
        (
            {"reviewers": []},
            ".reviewers: must name who approves with approval reviewers, got []; "
            "such as [acme/platform], or set workflows.approval to none",
        ),
        (
            {"reviewers": ["alice"]},
            f'.reviewers: {ALONE}, got ["alice"]; add another, or set self_review to true',
        ),
        ({"reviewers": list("abcdefg")}, ".reviewers: must be at most 6: GitHub takes no more, got 7; name a team"),
        ({"reviewers": ["b", "other/team"]}, ".reviewers: must be people, or teams of acme, got other/team"),
        (
            {"reviewers": ["a b", "c"]},
            ".reviewers[0]: must be a person or a team on GitHub, got a b; such as alice or acme/platform",
        ),
        ({"wait_minutes": 50000}, ".wait_minutes: must be a whole number from 0 to 43200, got 50000"),
        (
            {"files_branch": "main"},
            ".files_branch: must be another branch than branch: files are proposed there, got main; such as slipway",
        ),
        ({"actions": ["checkout"]}, ".actions[0]: must be a pattern of actions, got checkout; such as aws-actions/*"),
        (
            {"labels": {"bug": "red"}},
            '.labels.bug: must be six hex digits and a description, got red; such as "d93f0b Goes back"',
        ),
        (
            {"secrets": {"SLACK": "xoxb 1234 {oops}"}},
            ".secrets.SLACK: must be the name of a secret in Secrets Manager, got what looks like a value; "
            "such as shop/{environment}/slack",
        ),
        (
            {"secrets": {"GITHUB_X": "shop/x"}},
            ".secrets.GITHUB_X: must be named with capitals, digits and _, not beginning with GITHUB_",
        ),
        (
            {"webhooks": {"w": {"url": "http://x", "secret": "shop/w"}}},
            ".webhooks.w.url: must be an https URL, got http://x; such as https://hooks.acme.dev/github",
        ),
        (
            {"oidc_provider": "github"},
            ".oidc_provider: must be the ARN of an OIDC provider of the account, got github; "
            "`aws iam list-open-id-connect-providers` shows it; leave it out to make one",
        ),
        (
            {"issuer": "https://github.acme.dev/"},
            ".issuer: must be an https URL without a slash at its end, got https://github.acme.dev/; "
            "as https://token.actions.githubusercontent.com",
        ),
        (
            {"endpoint": "github.acme.dev"},
            ".endpoint: must be a URL, got github.acme.dev; "
            "such as https://github.acme.dev/; leave it out for github.com",
        ),
        (
            {"state": "s3://state"},
            ".state: must be the name of a bucket, got s3://state; that of `pulumi login s3://…`",
        ),
        (
            {"state_key": "alias/shop"},
            ".state_key: must be the ARN of a KMS key, got alias/shop; "
            "`aws kms describe-key --key-id alias/…` shows it",
        ),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_a_wrong_one_is_told(tmp_path: Path, changes: dict[str, Any], text: str) -> None:
    assert told(source(tmp_path, {**SHARED, "shop:github": GIVEN | changes}, stack="shared")) == [FILE + text]


def test_the_approval_is_the_one_that_workflows_are_rendered_for(tmp_path: Path) -> None:
    asked = {**SHARED, "shop:workflows": {"approval": "pull_request"}}
    found = read(source(tmp_path, {**asked, "shop:github": GIVEN}, stack="shared"))
    assert isinstance(found, Shared)
    assert found.github is not None
    assert found.github.approval == "pull_request"
    assert told(source(tmp_path, {**asked, "shop:github": {**GIVEN, "approval": "none"}}, stack="shared")) == [
        f"{FILE}.approval: must be pull_request, as workflows.approval, got none; "
        "set workflows.approval in Pulumi.yaml and leave this out"
    ]


def test_in_an_environment_it_has_no_meaning(tmp_path: Path) -> None:
    assert told(source(tmp_path, {**STAGING, "shop:github": GIVEN})) == [
        "Pulumi.staging.yaml: github: has no meaning in a stack of kind environment; it stands in the shared one's"
    ]


def test_an_environment_whose_place_is_unknown_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PRODUCTION, "aws:region")
    assert told(source(tmp_path, {**SHARED, "shop:github": GIVEN}, stack="shared")) == [
        f"{FILE}: needs to know where the environment production is; "
        "set account and aws:region in Pulumi.production.yaml"
    ]


def test_the_issuer_is_githubs_own_unless_said() -> None:
    assert GITHUB["issuer"].default == ISSUER


@pytest.mark.parametrize("name", ["staging-preview", "staging-rollback", "staging-approval"])
def test_a_stack_that_is_called_as_an_environment_on_github_is_told(tmp_path: Path, name: str) -> None:
    found = source(tmp_path, {**SHARED, "shop:github": GIVEN}, stack="shared")
    stacks = {**found.stacks, name: found.stacks["staging"]}
    assert told(replace(found, stacks=stacks)) == [
        f"{FILE}: needs the name {name} for an environment of staging on GitHub; "
        f"call the stack of Pulumi.{name}.yaml otherwise"
    ]
