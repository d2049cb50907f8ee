"""The whole story, as a person starts it, and what its report must say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rehearsal.home import Home
from rehearsal.processes import strays
from rehearsal.stage.emulator import remove_containers

CHECKOUT = Path(__file__).resolve().parents[2]
PORT = 4800
PATIENCE = 45 * 60


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("story")
    words = [sys.executable, str(CHECKOUT / "slipway"), "rehearse", "--port", str(PORT), "--report", str(folder)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads((folder / "rehearsal-report.json").read_text())
    assert (folder / "rehearsal-report.html").read_text().count("<svg") == 6
    return found


pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(PATIENCE + 60)]


def releases(report: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {entry["number"]: entry for entry in report["releases"]}


def test_users_noticed_nothing(report: dict[str, Any]) -> None:
    assert report["failed_requests"] == 0, report["failures"]
    assert report["lost"] == 0
    assert report["requests"] == sum(sum(phase.values()) for phase in report["served"].values())
    assert report["requests"] > 5000
    for phase, rate in report["rates"].items():
        assert rate >= 50, phase


def test_each_release_ended_as_it_should(report: dict[str, Any]) -> None:
    ended = {number: (entry["version"], entry["result"]) for number, entry in releases(report).items()}
    assert ended == {
        1: ("1.0.0", "succeeded"),
        2: ("1.1.0", "succeeded"),
        3: ("1.2.0", "refused"),
        4: ("1.2.1", "refused"),
        5: ("1.3.0", "failed"),
        6: ("1.0.0", "succeeded"),
    }
    for number, word in ((3, "answered 500, expected 200"), (4, "does not come up"), (5, "latency rang")):
        assert word in releases(report)[number]["cause"]
    assert all(entry["digest"].startswith("sha256:") for entry in report["releases"])


def test_refused_releases_got_no_user(report: dict[str, Any]) -> None:
    answered = {version for phase in report["served"].values() for version in phase}
    assert answered == {"1.0.0", "1.1.0", "1.3.0"}
    assert set(report["served"]["after release 5"]) == {"1.1.0"}


def test_a_canary_met_about_a_tenth(report: dict[str, Any]) -> None:
    canary = releases(report)[5]
    assert 0 < canary["requests_served_by_it"] < 0.25 * canary["requests_during"]


def test_seconds_are_told_for_each_phase(report: dict[str, Any]) -> None:
    second = releases(report)[2]["seconds"]
    assert {"build", "provision", "checks", "shift", "bake", "total", "update"} <= set(second)
    # The canary waits five minutes and is watched for ten, by AWS's clock, however fast that runs.
    assert second["shift"]["emulated"] >= 300
    assert second["bake"]["emulated"] >= 590
    assert second["update"]["wall"] < second["total"]["emulated"]


def test_the_way_back_runs_the_same_image(report: dict[str, Any]) -> None:
    assert releases(report)[6]["digest"] == releases(report)[1]["digest"]
    assert "build" not in releases(report)[6]["seconds"]
    assert 0 < report["rollback_seconds"] < 180


def test_the_state_is_true_at_the_end(report: dict[str, Any]) -> None:
    assert report["last_preview_changes"] == 0
    assert report["problem"] == ""
    assert report["resources"]["total"] > 50
    assert all(why for names in report["ignored_properties"].values() for why in names.values())


def test_no_secret_stands_in_plain_text(report: dict[str, Any]) -> None:
    secrets = report["plaintext_secrets"]
    assert (secrets["found"], secrets["where"]) == (0, [])
    assert secrets["planted"] >= 5
    assert secrets["leak_control"] == {"planted": 1, "found": 1}


def test_where_the_toolchain_came_from(report: dict[str, Any]) -> None:
    assert {part["part"] for part in report["toolchain"]} == {"engine", "docker-build", "buildkit", "aws", "github"}
    assert all(part["version"] and part["origin"] for part in report["toolchain"])


def test_nothing_is_left(report: dict[str, Any]) -> None:
    assert report["scenes"][-1]["name"] == "tear-down"
    home = Home.of(str(PORT))
    assert list(strays(home)) == []
    assert str(home.root) not in Path("/proc/self/mountinfo").read_text()
    assert remove_containers(home) == 0
