"""The environment of the emulated AWS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws import environment
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.containers import label_of
from rehearsal.aws.world import World


@pytest.fixture
def world(tmp_path: Path) -> Any:
    return World(
        clock=ManualClock(),
        account="111122223333",
        region="eu-central-1",
        port=4600,
        proxy_port=4601,
        home=tmp_path,
        label=label_of(tmp_path),
    )


def test_nothing_of_the_persons_own_gets_in(world: Any) -> None:
    outer = {"PATH": "/bin", "AWS_PROFILE": "me", "GITHUB_TOKEN": "secret", "AWS_CA_BUNDLE": "/x", "HTTPS_PROXY": "p"}
    built = environment.build(world, outer)
    assert built["PATH"] == "/bin"
    assert not {"AWS_PROFILE", "GITHUB_TOKEN", "AWS_CA_BUNDLE", "HTTPS_PROXY"} & built.keys()


def test_functions_reach_the_emulated_aws_and_its_names(world: Any) -> None:
    built = environment.build(world, {})
    assert built["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4600"
    assert built["HTTP_PROXY"] == "http://127.0.0.1:4601"
    assert built["AWS_REGION"] == "eu-central-1"


def test_policies_count_where_that_was_asked_for(world: Any) -> None:
    assert environment.build(world, {})["AUTH"] == "false"
    assert environment.build(replace(world, iam=True), {})["AUTH"] == "true"


def test_each_home_has_a_label_of_its_own(tmp_path: Path) -> None:
    assert label_of(tmp_path / "a") != label_of(tmp_path / "b")
    assert label_of(tmp_path / "a") == label_of(tmp_path / "b" / ".." / "a")
    assert label_of(tmp_path).startswith("slipway.rehearsal=")
