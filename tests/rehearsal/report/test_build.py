"""The report says what was noted and counted, and the page shows it. Nothing in it is made up."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from rehearsal.bench.counters import Count
from rehearsal.bench.request import Seen
from rehearsal.report import build, page, picture
from rehearsal.report.leaks import Search
from rehearsal.story.notes import Notes, ReleaseNote, SceneNote, WayNote
from rehearsal.story.pulumi import Moment

START = 1_000_000.0
RATE = 10


def recorded() -> Count:
    """Sixty seconds: the old version, a canary that answers one request with an error, a dropped request."""
    seen = []
    for place in range(60 * RATE):
        at = START + place / RATE
        canary = 20 <= at - START < 40 and place % 10 == 0
        version, problem, status = ("1.3.0", "", 200) if canary else ("1.1.0", "", 200)
        if at - START == 30:
            problem, status = "http-503", 503
        if at - START == 44:
            version, problem, status = "", "reset", 0
        phase = "release 5" if at - START < 40 else "after release 5"
        seen.append(Seen(at, phase, status, version, problem, 12.0))
    return Count(seen, len(seen))


def notes() -> Notes:
    first = ReleaseNote(
        1, "1.1.0", "a good change", "release 2", START - 60, START - 10, "succeeded", "", "sha256:" + "a" * 64
    )
    first.seconds = {"build": {"wall": 2.5}, "shift": {"emulated": 300.0}, "update": {"wall": 50.0}}
    slow = ReleaseNote(5, "1.3.0", "slow under <real> traffic", "release 5", START + 5, START + 42, "failed")
    slow.cause = "api: alarm shop-staging-api-blue-latency rang: 1.4 > 1 & rising"
    slow.moments = [
        Moment(START + 8, "0% 0/1 tasks"),
        Moment(START + 12, "0% ready"),
        Moment(START + 14, "0% 3/3 checks"),
        Moment(START + 20, "10% 0/5m canary"),
        Moment(START + 24, "10% 1/5m canary"),
        Moment(START + 40, "0% shifting"),
    ]
    return Notes(
        releases=[first, slow],
        scenes=[SceneNote("slow", "Release 5", 41.24)],
        resources={"shared": 4, "staging": 50},
        rollback_seconds=31.5,
        last_preview_changes=0,
        toolchain=[{"part": "engine", "version": "3.255.0", "origin": "Go module"}],
        ignored={"listener": {"defaultActions": "CodeDeploy moves traffic"}},
    )


@pytest.fixture
def report() -> dict[str, Any]:
    return build.build(
        notes(), recorded(), Search(6, 40, (), 1), speed=30.0, rate=10.0, application="backend", seconds=321.5
    )


def test_what_the_report_holds(report: dict[str, Any]) -> None:
    assert (report["clock_speed"], report["requests"], report["lost"], report["rate"]) == (30.0, 600, 0, 10.0)
    assert report["failures"] == {"http-503": 1, "reset": 1}
    # What release 5 itself answered is counted apart; the dropped request is not its own.
    assert (report["failed_requests"], report["failed_by_release_5"]) == (1, 1)
    assert report["served"]["release 5"] == {"1.1.0": 380, "1.3.0": 20}
    assert report["served"]["after release 5"] == {"1.1.0": 199, "none": 1}
    assert report["rates"] == {"release 5": 10.0, "after release 5": 10.0}
    assert report["resources"] == {"shared": 4, "staging": 50, "total": 54}
    assert report["plaintext_secrets"]["found"] == 0
    assert report["scenes"] == [{"name": "slow", "title": "Release 5", "seconds": 41.2}]
    assert json.loads(json.dumps(report)) == report


def test_what_the_report_says_about_a_release(report: dict[str, Any]) -> None:
    good, slow = report["releases"]
    assert good["seconds"] == {"build": {"wall": 2.5}, "shift": {"emulated": 300.0}, "update": {"wall": 50.0}}
    assert (slow["version"], slow["result"], slow["requests_served_by_it"]) == ("1.3.0", "failed", 20)
    assert (slow["requests_during"], slow["failed_during"]) == (370, 1)


def test_a_failure_counts_for_nobody_where_release_5_was_not_played() -> None:
    short = notes()
    short.releases = short.releases[:1]
    told = build.build(short, recorded(), Search(6, 40, (), 1), speed=1, rate=10, application="x", seconds=1)
    assert (told["failed_requests"], told["failed_by_release_5"]) == (2, 0)


def test_the_closing_table(report: dict[str, Any]) -> None:
    columns, rows = build.table(report)
    assert len(columns) == len(rows[0])
    assert rows[0] == ["1.1.0", "a good change", "succeeded", "2 s", "·", "300 s*", "·", "50 s", "579", "0"]


WAYS = ("promote_seconds", "rollback_cold_seconds", "rollback_warm_seconds", "rollback_now_seconds", "same_digest")


def test_what_was_not_played_is_not_told(report: dict[str, Any]) -> None:
    assert [report[name] for name in WAYS] == [None] * 5
    assert report["ways"] == {}
    assert "How long it took" not in page.render(report, recorded())


def test_how_long_people_waited_in_production() -> None:
    played = notes()
    played.ways = [
        WayNote("promote", 31.2, 25.0, 16.3),
        WayNote("cold", 28.0, 21.0, 15.5),
        WayNote("warm", 9.4, 1.9),
        WayNote("now", 3.1, 1.2),
    ]
    played.rollback_warm_seconds, played.same_digest = 1.9, True
    told = build.build(played, recorded(), Search(6, 40, (), 1), speed=1, rate=10, application="x", seconds=1)
    assert [told[name] for name in WAYS] == [31.2, 28.0, 1.9, 3.1, True]
    assert told["ways"]["cold"] == {"command": 28.0, "release": 21.0, "container": 15.5, "ours": 12.5}
    columns, rows = build.ways(told)
    assert rows[3] == ["rollback --now", "3.1 s", "1.2 s", "0.0 s", "3.1 s"]
    assert {len(row) for row in rows} == {len(columns)}
    html = page.render(told, recorded())
    assert read(html).open == []
    assert "<h2>How long it took" in html
    assert "<td>rollback, tasks start</td><td>28.0 s</td>" in html


def test_a_release_that_users_were_elsewhere_for_has_no_requests() -> None:
    elsewhere = notes().releases[1]
    elsewhere.stack, elsewhere.seen = "production", False
    told = build.release(elsewhere, recorded())
    assert (told["stack"], told["requests_during"], told["failed_during"]) == ("production", 0, 0)


class Reader(HTMLParser):
    """Follows what is open, so that a page that does not close what it opens is found."""

    VOID = frozenset({"meta", "line", "rect", "polygon"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID or (tag in ("rect", "polygon")):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def read(html: str) -> Reader:
    return Reader(re.sub(r"<meta[^>]*>|<!doctype html>", "", html))


def test_the_page_is_whole_and_says_what_the_report_says(report: dict[str, Any]) -> None:
    html = page.render(report, recorded())
    reader = read(html)
    assert reader.open == []
    assert reader.tags.count("svg") == 2
    text = " ".join(reader.words)
    for wanted in (
        "600",
        "32 s",
        "0 of 6",
        "slow under <real> traffic",
        "rang: 1.4 > 1 & rising",
        "CodeDeploy moves traffic",
    ):
        assert wanted in text
    assert "script" not in reader.tags
    assert "http" not in re.sub(r"http-\d+", "", html), "one file, nothing from elsewhere"


def test_the_page_says_what_was_proved_beside_releases(report: dict[str, Any]) -> None:
    assert "What was proved" not in page.render(report, recorded())
    told = page.render({**report, "findings": ["a preview finds <nothing>"]}, recorded())
    assert "<h2>What was proved</h2><ul><li>a preview finds &lt;nothing&gt;</li></ul>" in told


def test_the_page_says_that_a_story_was_not_played_to_its_end(report: dict[str, Any]) -> None:
    assert "Not played" not in page.render(report, recorded())
    report["problem"] = "release 2 should have succeeded"
    assert "release 2 should have succeeded" in page.render(report, recorded())


def test_the_picture_has_an_area_per_version_and_a_mark_per_failure(report: dict[str, Any]) -> None:
    svg = picture.release(report["releases"][1], "1.1.0", recorded())
    assert len(re.findall(r'<polygon class="green"', svg)) == 1
    assert len(re.findall(r'<polygon class="blue"', svg)) == 1
    # The one that release 5 answered, and the dropped one just after: the picture goes a little beyond the update.
    assert re.findall(r"<title>(1 failed request)</title>", svg) == ["1 failed request"] * 2
    assert re.findall(r'class="label"[^>]*>([^<]+)<', svg) == ["failed", "10%", "tasks start", "ready", "checks"]
    assert read(svg).open == []


def test_the_picture_is_true_to_the_numbers() -> None:
    drawn = picture.bins(recorded(), START + 20, START + 40, 20)
    assert len(drawn) == 20
    assert [one.answered["1.3.0"] + one.failed for one in drawn] == [1] * 20
    assert sum(one.answered.total() + one.failed for one in drawn) == 200
    assert [place for place, one in enumerate(drawn) if one.failed] == [10]


def test_a_release_without_traffic_is_drawn_too(tmp_path: Path) -> None:
    entry = {"number": 1, "version": "1", "result": "succeeded", "started": 5.0, "ended": 9.0, "moments": []}
    assert "<svg" in picture.release(entry, "0", Count())
