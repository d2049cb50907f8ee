"""What a machine and a checkout must have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from delivery.examining import Finding, Level, ask
from ops import machine
from ops.machine import ThisMachine, pinned

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"pulumi": "3.272.0", "pulumi-aws": "7.51.1", "boto3": "1.43.106"}


def checkout(root: Path) -> Path:
    (root / "plugin").mkdir()
    file = root / "plugin" / "pulumi-resource-slipway"
    file.touch(mode=0o755)
    (root / "requirements.txt").write_text("pulumi==3.272.0  # SDK\npulumi-aws==7.51.1\n# a word\nboto3==1.43.106\n")
    (root / "constraints.txt").write_text("boto3==1.43.106\nsix==1.17.0\n")
    return file


def this(root: Path, **changes: Any) -> ThisMachine:
    """A machine on which all is well."""
    said = {"/bin/pulumi": "v3.272.0", "/bin/docker": "27.1.0"}

    def say(words: Sequence[str]) -> str | None:
        return said.get(words[0])

    given: dict[str, Any] = {
        "folder": root,
        "root": root,
        "environ": {"PULUMI_HOME": str(root / "home")},
        "python": (3, 11, 7),
        "which": lambda name: f"/bin/{name}",
        "say": say,
        "installed": PACKAGES.get,
    }
    return ThisMachine(**{**given, **changes})


def asked(found: ThisMachine) -> list[Finding]:
    return [one for check, question in found.questions() for one in ask(check, question)]


def test_all_is_well(tmp_path: Path) -> None:
    checkout(tmp_path)
    (tmp_path / "home" / "plugins" / "resource-aws-v7.51.1").mkdir(parents=True)
    found = asked(this(tmp_path))
    assert [one.what for one in found if one.level == Level.OK] == [
        "Python 3.11.7",
        "packages are as pinned (3 of ours, and what they bring)",
        "Pulumi's engine 3.272.0, SDK 3.272.0",
        "the provider `slipway` is that of this checkout",
        "providers: aws 7.51.1",
        "git",
        "Docker 27.1.0",
    ]
    assert len(found) == 7


@pytest.mark.parametrize(
    ("changes", "level", "what"),
    [
        ({"python": (3, 10, 2)}, Level.PROBLEM, "Python 3.10.2 is too old"),
        ({"installed": {**PACKAGES, "boto3": "1.2.3"}.get}, Level.WARNING, "boto3 1.2.3 instead of 1.43.106"),
        ({"installed": {"pulumi": "3.272.0", "boto3": "1.43.106"}.get}, Level.PROBLEM, "not installed: pulumi-aws"),
        ({"which": lambda _: None}, Level.PROBLEM, "there is no `pulumi` on PATH"),
        ({"say": lambda _: "v3.100.0"}, Level.WARNING, "Pulumi's engine 3.100.0, SDK 3.272.0: the engine is older"),
        ({"say": lambda _: "v4.0.0"}, Level.PROBLEM, "they do not understand each other"),
        ({"say": lambda _: None}, Level.PROBLEM, "/bin/pulumi does not say its version"),
        ({"say": lambda _: None}, Level.PROBLEM, "Docker does not answer: no image can be built here"),
        ({"say": lambda _: None, "builds": False}, Level.OK, "no Docker, and none is needed"),
        ({"environ": {"BUILDX_CONFIG": "x"}, "which": lambda _: None}, Level.OK, "where BUILDX_CONFIG says"),
        ({"which": lambda _: None}, Level.WARNING, "there is no `git`: releases are named by their content"),
        ({}, Level.OK, "providers that the next update downloads: aws 7.51.1"),
        (
            {"environ": {"PULUMI_HOME": "/no", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}},
            Level.PROBLEM,
            "providers that are not there and not downloaded: aws 7.51.1",
        ),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, changes: dict[str, Any], level: Level, what: str) -> None:
    checkout(tmp_path)
    found = [one for one in asked(this(tmp_path, **changes)) if what in one.what]
    assert [one.level for one in found] == [level], [one.what for one in found]
    assert bool(found[0].fix) == (level != Level.OK)


def test_a_plugin_that_cannot_start(tmp_path: Path) -> None:
    file = checkout(tmp_path)
    file.chmod(0o644)
    assert [one.fix for one in asked(this(tmp_path)) if "cannot be executed" in one.what] == [f"`chmod +x {file}`"]
    file.unlink()
    assert [one for one in asked(this(tmp_path)) if "finds no provider `slipway`" in one.what]


def test_a_checkout_without_its_lists_hides_nothing_else(tmp_path: Path) -> None:
    found = asked(this(tmp_path))
    assert [one.level for one in found if one.what.startswith("could not be asked: FileNotFoundError")] == [
        Level.WARNING
    ]
    assert "Pulumi's engine 3.272.0, SDK 3.272.0" in [one.what for one in found]


def test_the_shipped_lists_are_read_and_installed_here() -> None:
    wanted = pinned(ROOT / "requirements.txt")
    assert {"pulumi", "pulumi-aws", "boto3", "click"} <= wanted.keys()
    assert all(version[0].isdigit() for version in {**wanted, **pinned(ROOT / "constraints.txt")}.values())
    assert machine._installed("boto3") == wanted["boto3"]
    assert machine._installed("no-such-package") is None
