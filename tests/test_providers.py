"""The providers: in the stack's account and region only; endpoints enter here."""

from __future__ import annotations

import pytest

from providers import Clients
from tests.components.support import build, environment, repository, shared


def test_aws_is_reached_in_the_stacks_account_only_and_tags_everything() -> None:
    built = build(lambda _: None)
    assert built.of("pulumi:providers:aws")["aws"].inputs == {
        "region": "eu-central-1",
        "allowedAccountIds": '["111122223333"]',
        "defaultTags": '{"tags": {"project": "shop", "stack": "staging"}}',
        "skipCredentialsValidation": "false",
        "skipRegionValidation": "true",
    }
    assert built.of("pulumi:providers:slipway")["slipway"].inputs == {
        "region": "eu-central-1",
        "account": "111122223333",
    }


def test_an_endpoint_stands_in_for_every_service_that_the_program_uses() -> None:
    env = environment(endpoint="http://127.0.0.1:4566")
    built = build(lambda _: None, env)
    aws = built.of("pulumi:providers:aws")["aws"].inputs
    assert aws["s3UsePathStyle"] == "true"
    assert '"codedeploy": "http://127.0.0.1:4566"' in aws["endpoints"]
    assert '"events": "http://127.0.0.1:4566"' in aws["endpoints"]
    assert '"lambda": "http://127.0.0.1:4566"' in aws["endpoints"]
    assert aws["endpoints"].count("http://127.0.0.1:4566") == 14
    assert built.of("pulumi:providers:slipway")["slipway"].inputs["endpoint"] == "http://127.0.0.1:4566"


def test_clients_go_to_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    client = Clients("http://127.0.0.1:4566").s3("eu-west-1")
    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.region_name == "eu-west-1"


def test_github_is_reached_only_where_a_repository_is_declared() -> None:
    assert not build(lambda _: None, shared()).of("pulumi:providers:github")
    github = build(lambda _: None, shared(github=repository())).of("pulumi:providers:github")["github"]
    assert github.inputs == {"owner": "acme", "baseUrl": "https://api.github.com/"}


def test_github_may_be_a_server_of_ones_own() -> None:
    own = repository(endpoint="https://github.acme.dev/")
    github = build(lambda _: None, shared(github=own)).of("pulumi:providers:github")["github"]
    assert github.inputs == {"owner": "acme", "baseUrl": "https://github.acme.dev/", "writeDelayMs": "1"}
