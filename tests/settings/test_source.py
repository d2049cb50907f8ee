"""Settings are gathered from the engine and the project's files."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi
import pytest

from settings.source import from_files, gather, read_yaml, stack_files


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose stack `staging` the engine runs."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nconfig:\n  zones: {default: 2}\n  nat: {default: one}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(
        "config:\n  aws:region: eu-central-1\n  shop:nat: none\n  tags: {a: b}\n"
    )
    (tmp_path / "Pulumi.production.yaml").write_text("config:\n  shop:account: '111122223333'\n")
    configured = {"shop:zones": "2", "shop:nat": "none", "shop:tags": '{"a": "b"}', "aws:region": "eu-central-1"}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(configured))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(["shop:token"]))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.setattr(pulumi, "get_project", lambda: "shop")
    monkeypatch.setattr(pulumi, "get_stack", lambda: "staging")
    return tmp_path


def test_what_the_engine_and_the_files_say_is_gathered(project: Path) -> None:
    found = gather()
    assert (found.root, found.project, found.stack) == (project, "shop", "staging")
    assert found.values == {"zones": "2", "nat": "none", "tags": {"a": "b"}}
    assert found.defaults == {"zones": 2, "nat": "one"}
    assert found.given == {"aws:region", "nat", "tags"}
    assert found.secret == {"token"}
    assert found.aws == {"region": "eu-central-1"}
    assert found.stacks["production"] == {"account": "111122223333"}
    assert found.variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"


def test_a_problem_names_the_file_that_says_it(project: Path) -> None:
    found = gather()
    assert (found.file("nat"), found.file("zones")) == ("Pulumi.staging.yaml", "Pulumi.yaml")
    assert found.file("unheard_of") == "Pulumi.staging.yaml"
    assert found.file("services") == "Pulumi.yaml"


def test_a_file_that_only_the_engine_understands_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.odd.yaml"
    path.write_text("config: [unclosed")
    assert read_yaml(path) == {}
    path.write_text("- a list")
    assert read_yaml(path) == {}
    assert read_yaml(tmp_path / "missing.yaml") == {}
    assert stack_files(tmp_path) == [path]


def test_without_the_engine_the_files_say_the_same(project: Path) -> None:
    (project / "Pulumi.staging.yaml").write_text(
        "config:\n  aws:region: eu-central-1\n  shop:nat: none\n  tags: {a: b}\n  shop:token: {secure: AAAB}\n"
    )
    found, engine = from_files(project, "staging", {}), gather()
    assert found.values == {**engine.values, "token": '{"secure": "AAAB"}'}
    assert found.secret == {"token"}
    assert (found.aws, found.stacks["production"]) == (engine.aws, engine.stacks["production"])
    assert from_files(project, "missing", {}).values == {"zones": "2", "nat": "one"}
