"""What `pulumi` prints without a terminal is read row by row. The lines are the engine's own."""

from __future__ import annotations

import pytest

from rehearsal.command import Line
from rehearsal.story import rows
from rehearsal.story.rows import Row

UPDATE = """\
Updating (staging):
@ updating....
 ~  docker-build:index:Image api-image updating (0s) [diff: ~contextHash]; #8 CACHED
 ~  docker-build:index:Image api-image updated (2.5s) [diff: ~contextHash]; #15 DONE 0.0s
 +- aws:ecs:TaskDefinition api-task-definition replaced (0.08s) [diff: ~containerDefinitions]
 ~  slipway:index:Release release-release updating (0s)
 ~  slipway:index:Release release-release updating (4s) 0% ready
 ~  slipway:index:Release release-release updating (7s) 10% 0/5m canary
 ~  slipway:index:Release release-release updating (7s) [diff: ~services]; 10% 0/5m canary
 ~  slipway:index:Release release-release updating (38s) 1.1.0 (6ca8813) serves 100%: checks 3/3, bake 10m
 ~  slipway:index:Release release-release **updating failed** error: 1 error occurred:
Diagnostics:
  slipway:index:Release (release-release):
    error: 1 error occurred:
    \t* 1.2.0 refused: api: GET / on port 8080: answered 500
    Fix: mend what answers so

  pulumi:pulumi:Stack (shop-staging):
    error: update failed

Resources:
    ~ 2 updated
    +-1 replaced
    3 changes. 67 unchanged

Duration: 42s
"""


def lines(text: str = UPDATE) -> list[Line]:
    return [Line(100.0 + place, line) for place, line in enumerate(text.splitlines())]


@pytest.mark.parametrize(
    ("line", "kind", "name", "status", "seconds", "said"),
    [
        (" +  aws:s3:Bucket records creating (0s) ", "aws:s3:Bucket", "records", "creating", 0.0, ""),
        (
            " +  aws:s3/bucket:Bucket records created (1.25s)",
            "aws:s3/bucket:Bucket",
            "records",
            "created",
            1.25,
            "",
        ),
        ("    aws:ecs:Service api  unchanged", "aws:ecs:Service", "api", "unchanged", None, ""),
        (
            " ++ aws:ecs:TaskDefinition api-task create replacement [diff: ~cpu]",
            "aws:ecs:TaskDefinition",
            "api-task",
            "create replacement",
            None,
            "[diff: ~cpu]",
        ),
        (
            " ~  slipway:index:Release release **updating failed** error: no",
            "slipway:index:Release",
            "release",
            "failed",
            None,
            "error: no",
        ),
    ],
)
def test_a_row(line: str, kind: str, name: str, status: str, seconds: float | None, said: str) -> None:
    row = Row.parse(Line(7.0, line))
    assert row == Row(7.0, kind, name, status, seconds, said)


@pytest.mark.parametrize(
    "line", ["", "@ updating....", "Diagnostics:", "    ~ 2 updated", "    error: update failed", "Duration: 42s"]
)
def test_what_is_no_row(line: str) -> None:
    assert Row.parse(Line(7.0, line)) is None


def test_progress_is_the_releases_own() -> None:
    assert [row.progress for row in rows.rows(lines()) if row.progress] == [
        "0% ready",
        "10% 0/5m canary",
        "10% 0/5m canary",
    ]


def test_builds_are_timed_by_the_engine() -> None:
    assert rows.build_seconds(lines()) == 2.5
    assert rows.build_seconds(lines("Updating (staging):\n")) is None


def test_an_image_that_leaves_the_state_is_not_built() -> None:
    assert rows.build_seconds(lines(" -  docker-build:index:Image api-image deleted (0.02s)\n")) is None


def test_the_last_state_of_each_row_counts() -> None:
    assert [(row.name, row.status) for row in rows.last_of_each(lines())] == [
        ("api-image", "updated"),
        ("api-task-definition", "replaced"),
        ("release-release", "failed"),
    ]


def test_what_a_release_says_stays() -> None:
    assert rows.diagnostics(lines()) == [
        "1.2.0 refused: api: GET / on port 8080: answered 500",
        "Fix: mend what answers so",
    ]
    assert rows.diagnostics(lines("Updating:\n")) == []


def test_sums() -> None:
    assert rows.summary(lines()) == "~ 2 updated, +-1 replaced, 3 changes. 67 unchanged"
    assert rows.summary([]) == "nothing to do"
