"""A plan as people read it: danger first, all of it folded, never too long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.page import MOST, differences, known, lines, page
from ops.planned import Change, Plan, read
from ops.traffic import DELETED, REPLACED, meaning
from tests.ops.previews import ALARM, TASK, preview, release, step, task, urn

SERVICE = "aws:ecs/service:Service"
ROLE = "aws:iam/role:Role"
SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"


def plan(*steps: object, **more: object) -> Plan:
    return read(preview(*steps, **more), "production")  # type: ignore[arg-type]


def everything() -> Plan:
    service = {"a": 1}, {"a": 2}
    return plan(
        release(),
        *task(),
        step("create", ALARM, "errors", None, {"threshold": 2}),
        step("create-replacement", SERVICE, "web", *service, forced=["a"]),
        step("delete", "aws:s3/bucket:Bucket", "old", {"a": 1}),
        step("update", ALARM, "slow", {"threshold": 1}, {"threshold": 2}),
        diagnostics=[{"severity": "warning", "message": "@ada: production is *held*"}],
    )


def test_what_matters_is_seen_at_once() -> None:
    found = everything()
    shown = page(found)
    assert shown.startswith(
        f"**1.8.0** for `production`, plan `{found.hash}`: 1 to delete, 2 to replace, 2 to change, 1 to create\n"
    )
    assert f"- api: `sha256:{'b' * 64}`" in shown
    titles = [
        line for line in shown.splitlines() if line.startswith(("> [!", "**Del", "**Rep", "**Cha", "**Cre", "<det"))
    ]
    assert titles == [
        "> [!CAUTION]",
        "> [!WARNING]",
        "**Deleted**",
        "**Replaced**",
        "**Changed**",
        "**Created**",
        "<details><summary>All of it: 6 resources, 7 properties</summary>",
    ]
    caution = shown.partition("> [!WARNING]")[0]
    assert "- Bucket old" in caution
    assert "+- Service web" in caution
    assert "TaskDefinition" not in caution


def test_the_replacement_that_comes_with_every_release_is_harmless_and_says_so() -> None:
    assert (
        "- `+- TaskDefinition api` harmless: a new revision is registered and the old one stays; "
        "traffic moves with the release, and only then (because of `memory`)"
    ) in page(everything())


def test_all_of_it_is_folded_with_old_and_new() -> None:
    _, _, folded = page(everything()).partition("<details>")
    assert "!     " not in folded
    assert f"! +- {TASK} api\n-     memory: 512\n+     memory: 1024\n" in folded
    assert "- - aws:s3/bucket:Bucket old\n" in folded
    assert f"+ + {ALARM} errors\n+     threshold: 2\n" in folded
    # Danger first there, too.
    assert folded.index("Bucket old") < folded.index("Service web") < folded.index("Alarm slow")


def test_nobody_is_called_and_nothing_is_formatted() -> None:
    assert "> @\u200bada: production is \\*held\\*" in page(everything())


def test_nothing_to_do_is_said() -> None:
    assert page(plan()).strip().endswith("nothing to do")
    assert "details" not in page(plan())


def test_lines_for_a_terminal() -> None:
    found = everything()
    shown = lines(found)
    assert shown[0] == (f"Plan {found.hash} for production, 1.8.0: 1 to delete, 2 to replace, 2 to change, 1 to create")
    assert shown[1] == "  warning: @ada: production is *held*"
    assert shown[2] == "  - Bucket old: danger: what is in it is lost: the records of releases"
    assert len(shown) == 8


@given(st.integers(0, 150), st.integers(0, 1500), st.text(alphabet="ab`\n", max_size=9))
def test_it_is_never_longer_than_asked_and_always_closed(number: int, length: int, text: str) -> None:
    steps = [step("create", ROLE, f"role-{at}", None, {"policy": f"{text}{'x' * length}"}) for at in range(number)]
    shown = page(plan(*steps))
    assert len(shown) <= MOST
    assert shown.count("<details>") == shown.count("</details>")
    assert len(re.findall(r"^`{3,}", shown, re.MULTILINE)) % 2 == 0


class TestDifferences:
    def test_each_is_told_in_words(self) -> None:
        approved = everything().document
        now = plan(
            release(version="1.8.1"),
            *task(new="2048"),
            step("create", ALARM, "errors", None, {"threshold": 2}),
            *reversed(
                [
                    step("create-replacement", SERVICE, "web", {"a": 1}, {"a": 2}),
                    step("delete-replaced", SERVICE, "web"),
                ]
            ),
            step("update", "aws:s3/bucket:Bucket", "old", {"a": 1}, {"a": 2}),
            step("delete", ROLE, "task", {}),
        )
        assert sorted(differences(approved, now)) == sorted(
            [
                "version: 1.8.0 → 1.8.1",
                "Release shop-release: version: approved 1.7.4 → 1.8.0, now 1.7.4 → 1.8.1",
                "update MetricAlarm slow: was approved, and is not to be done any more",
                "Service web: is replaced in another way, or for another reason",
                "TaskDefinition api: memory: approved 512 → 1024, now 512 → 2048",
                "delete Role task: was not approved",
                "Bucket old: delete → update",
                "Bucket old: a: approved no change, now 1 → 2",
            ]
        )

    def test_of_the_same_plan_there_are_none(self) -> None:
        assert differences(everything().document, everything()) == []

    def test_a_document_counts_where_it_has_the_hash_that_was_approved(self) -> None:
        found = everything()
        assert known(found.document, found.hash) == found.document
        assert known({**found.document, "version": "9"}, found.hash) is None
        assert known("x", found.hash) is None


class TestTraffic:
    def test_everything_that_is_declared_has_a_meaning_when_it_is_replaced(self) -> None:
        text = "".join(file.read_text() for file in SNAPSHOTS.glob("urns.*.txt"))
        declared = set(
            re.findall(r"(?:^|\$)(aws:(?:ecs|lb|ec2|vpc|ecr|iam|codedeploy|lambda)/\w+:\w+)::", text, re.MULTILINE)
        )
        assert len(declared) > 20
        optional = {"aws:iam/openIdConnectProvider:OpenIdConnectProvider", "aws:iam/policy:Policy"}
        assert declared - set(REPLACED) - optional == set()

    @pytest.mark.parametrize(
        ("change", "level"),
        [
            (Change(urn(TASK, "x"), "replace"), "harmless"),
            (Change(urn(SERVICE, "x"), "replace"), "danger"),
            (Change(urn("aws:lb/listener:Listener", "x"), "replace"), "danger"),
            (Change(urn("aws:x/y:Z", "x"), "replace"), "care"),
            (Change(urn("aws:x/y:Z", "x"), "replace", deleted_first=True), "danger"),
            (Change(urn("aws:x/y:Z", "x"), "delete"), "danger"),
            (Change(urn("slipway:aws:Service", "x"), "delete"), "harmless"),
            (Change(urn("aws:x/y:Z", "x"), "update"), "harmless"),
            (Change(urn("slipway:index:Release", "x"), "update"), "care"),
            (Change(urn(SERVICE, "x"), "create"), "harmless"),
        ],
    )
    def test_how_dangerous_a_change_is(self, change: Change, level: str) -> None:
        assert meaning(change).level == level

    def test_whatever_is_dangerous_says_why(self) -> None:
        for said in [*REPLACED.values(), *DELETED.values()]:
            assert said.words
