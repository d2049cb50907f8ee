"""`Pulumi.yaml`, the table of settings, the reader and `docs/settings.md` agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import __main__ as command
from settings.docs import render
from settings.node import Fields, Node
from settings.reading import read
from settings.source import project_defaults
from settings.table import OBJECTS, SETTINGS, Form
from tests.settings.support import PROJECT_FILE, ROOT, SHARED, STAGING, source

original = Fields.__init__
DECLARED = {key: entry for key, entry in PROJECT_FILE["config"].items() if ":" not in key}


def test_pulumi_yaml_declares_exactly_the_settings_there_are() -> None:
    assert set(DECLARED) == set(SETTINGS)


@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_has_a_default_of_its_form_and_a_description(key: str) -> None:
    forms = {Form.TEXT: str, Form.INTEGER: int, Form.BOOLEAN: bool, Form.OBJECT: dict, Form.LIST: list}
    assert isinstance(DECLARED[key]["default"], forms[SETTINGS[key].form])
    assert DECLARED[key]["description"].endswith(".")


@pytest.mark.parametrize("key", SETTINGS)
def test_no_setting_is_typed_for_the_engine(key: str) -> None:
    """The engine would stop at the first wrong one, and nobody would hear of the others."""
    assert "type" not in DECLARED[key]


def test_default_providers_are_off() -> None:
    assert PROJECT_FILE["config"]["pulumi:disable-default-providers"] == {
        "value": ["aws", "docker-build", "github", "slipway"]
    }


def test_every_setting_and_every_field_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that stands in the table and that no reader asks for would be accepted and have no effect."""
    made: list[Fields] = []

    def keep(self: Fields, nodes: dict[str, Node]) -> None:
        original(self, nodes)
        made.append(self)

    monkeypatch.setattr(Fields, "__init__", keep)
    api = {
        "build": "example/backend",
        "port": 8000,
        "checks": [{"path": "/", "json": {}, "contains": "x"}],
        "migrate": {"command": "migrate up"},
    }
    given = {**STAGING, "shop:database": {"security_group": "sg-0a1b2c3d"}}
    read(source(tmp_path, given, services={"api": api}))
    assert len(made) == 10, "settings, service, check, migration, CI, alarms, gates, tell, database and subnets"
    assert [fields.unread for fields in made] == [set()] * 10


def test_every_field_of_the_repository_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Fields] = []

    def keep(self: Fields, nodes: dict[str, Node]) -> None:
        original(self, nodes)
        made.append(self)

    monkeypatch.setattr(Fields, "__init__", keep)
    webhook = {"url": "https://hooks.shop.dev", "secret": "shop/webhook"}
    given = {"repository": "acme/shop", "reviewers": ["acme/platform"], "webhooks": {"hooks": webhook}}
    read(source(tmp_path, {**SHARED, "shop:github": given}, stack="shared"))
    assert [fields.unread for fields in made[-2:]] == [set()] * 2


def test_the_page_is_fresh() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == render("shop", PROJECT_FILE)


def test_the_page_names_every_setting_and_field() -> None:
    page = render("shop", PROJECT_FILE)
    for key in [*SETTINGS, *(field for fields in OBJECTS.values() for field in fields)]:
        assert f"| `{key}` |" in page


def test_the_command_says_when_the_page_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "PAGE", tmp_path / "settings.md")
    assert command.main([]) == 1
    assert capsys.readouterr().err == "Error: docs/settings.md is stale\nFix:   python -m settings --write-docs\n"
    assert command.main(["--write-docs"]) == 0
    assert command.main([]) == 0
    assert command.main(["--wirte-docs"]) == 2


def test_the_defaults_of_pulumi_yaml_are_found_with_and_without_prefix() -> None:
    assert project_defaults("shop", {"config": {"shop:zones": {"default": 2}, "nat": {"default": "one"}}}) == {
        "zones": 2,
        "nat": "one",
    }
