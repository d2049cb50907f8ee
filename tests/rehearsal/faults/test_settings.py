"""Settings of the rehearsed environment: changed in the stack's file, and nothing else in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rehearsal.faults.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "Pulumi.staging.yaml"
    config = {"aws:region": "eu-central-1", "shop:account": "111122223333", "shop:x": {"secure": "v1:abc"}}
    file.write_text(yaml.safe_dump({"encryptionsalt": "v1:salt", "config": config}))
    return Settings(file, "shop")


def read(settings: Settings) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load(settings._file.read_text())
    return found


def test_a_release_is_another_version_and_variable(settings: Settings) -> None:
    settings.set(env={"GREETING": "hello"})
    settings.release("cell.1")
    settings.release("cell.2")
    assert settings.get("version") == "cell.2"
    assert settings.get("env") == {"GREETING": "hello", "RELEASE": "cell.2"}


def test_what_else_stands_there_stays(settings: Settings) -> None:
    before = read(settings)
    settings.set(scale={"api": "2-3"})
    settings.set(scale=None)
    assert read(settings) == before


def test_digits_in_quotes_stay_text(settings: Settings) -> None:
    settings.release("1")
    assert settings.get("account") == "111122223333"
