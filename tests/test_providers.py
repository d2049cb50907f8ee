"""The providers: in the stack's account and region only; endpoints enter here."""

from __future__ import annotations

import pytest

from providers import Clients
from tests.components.support import build, environment


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
