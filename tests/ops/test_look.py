"""The plan of an update: asked of the engine, kept, and compared with what was approved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from delivery.errors import DeliveryError, Refused
from ops import engine
from ops.look import AGAIN, Approved, compare, keep, look
from ops.page import MOST
from ops.plan import plan as verb
from ops.planned import read
from tests.ops.previews import ALARM, preview, release, step, task

Says = Callable[[int, str], None]


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Says:
    """What the engine answers."""

    def answer(code: int, text: str) -> None:
        def asked(stack: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
            return code, text

        monkeypatch.setattr(engine, "preview", asked)

    return answer


def test_the_engine_is_asked(says: Says) -> None:
    says(0, f"a line of a plugin\n{json.dumps(preview(release()))}\n")
    assert look("production") == read(preview(release()), "production")


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        (
            255,
            json.dumps(preview(diagnostics=[{"severity": "error", "message": "access denied"}])),
            "the preview of production failed (exit code 255): access denied",
        ),
        (1, "", "the preview of production failed (exit code 1): its last lines say why"),
        (0, "", "the preview of production is not in the form that is known"),
        (0, "{broken", "the preview of production is not in the form that is known"),
        (0, '{"type": "prelude"}\n{"type": "summary"}', "the preview of production is not in the form that is known"),
    ],
)
def test_a_preview_that_cannot_be_used_is_no_plan(says: Says, code: int, text: str, said: str) -> None:
    says(code, text)
    with pytest.raises(DeliveryError) as error:
        look("production")
    assert error.value.message == said


def test_what_was_approved_may_go_on(tmp_path: Path) -> None:
    found = read(preview(release()), "production")
    compare(found, Approved(found.hash), tmp_path / "plan")
    assert not (tmp_path / "plan").exists()


def test_anything_else_is_refused_with_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    approved, now = read(preview(release()), "production"), read(preview(release(), *task()), "production")
    keep(tmp_path / "approved", approved)
    with pytest.raises(Refused) as error:
        compare(now, Approved(approved.hash, tmp_path / "approved" / "plan.json"), tmp_path / "plan")
    assert error.value.message == (
        f"the plan for production is {now.hash} by now, and {approved.hash} was approved: nothing was touched"
    )
    assert error.value.fix == AGAIN
    assert capsys.readouterr().err == (
        "What differs from what was approved:\n  replace TaskDefinition api: was not approved\n"
    )
    shown = (tmp_path / "plan" / "again.md").read_text()
    assert shown.startswith(f"### Not released: the plan is not the one that was approved ({approved.hash})\n")
    assert "replace TaskDefinition api: was not approved\n" in shown
    assert f"plan `{now.hash}`" in shown


def test_however_much_differs_the_page_stays_one(tmp_path: Path) -> None:
    many = [step("create", ALARM, f"alarm-{at}", None, {"text": "x" * 900}) for at in range(300)]
    approved, now = read(preview(), "production"), read(preview(*many), "production")
    keep(tmp_path, approved)
    with pytest.raises(Refused):
        compare(now, Approved(approved.hash, tmp_path / "plan.json"), tmp_path)
    page = (tmp_path / "again.md").read_text()
    assert len(page) <= MOST
    assert page.count("\n```") % 2 == 0
    assert page.count("<details>") == page.count("</details>") == 1


@pytest.mark.parametrize("file", [None, "missing", "other", "broken"])
def test_without_the_approved_plan_itself_its_hash_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str | None
) -> None:
    now = read(preview(release(), *task()), "production")
    keep(tmp_path / "other", now)
    (tmp_path / "other" / "plan.json").rename(tmp_path / "other.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(Refused, match="and 000000000000 was approved"):
        compare(now, Approved("0" * 12, tmp_path / f"{file}.json" if file else None))
    assert "(the approved plan itself is not at hand: only its hash, 000000000000)" in capsys.readouterr().err


def test_an_empty_hash_is_an_approval_of_nothing() -> None:
    with pytest.raises(Refused, match="none: there was nothing to do was approved"):
        compare(read(preview(release()), "production"), Approved(""))


class TestVerb:
    @pytest.fixture(autouse=True)
    def project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: Says) -> None:
        monkeypatch.chdir(tmp_path)
        Path("Pulumi.yaml").write_text("name: shop\n")
        Path("Pulumi.production.yaml").write_text('config:\n  aws:region: x\n  shop:account: "111122223333"\n')
        says(0, json.dumps(preview(release())))

    def type(self, *words: str) -> Any:
        return CliRunner().invoke(verb, ["-s", "production", *words])

    def test_says_what_would_be_done(self) -> None:
        shown = self.type("--keep", "kept")
        assert shown.exit_code == 0, shown.exception
        found = read(preview(release()), "production")
        assert shown.stdout.splitlines()[0] == f"Plan {found.hash} for production, 1.8.0: 1 to change"
        assert json.loads(Path("kept/plan.json").read_text()) == found.document
        assert Path("kept/plan.md").read_text().startswith("**1.8.0** for `production`")

    def test_for_programs(self) -> None:
        found = json.loads(self.type("--json").stdout)
        assert (found["version"], len(found["hash"]), found["warnings"]) == ("1.8.0", 12, [])

    def test_refuses_another_plan(self) -> None:
        found = read(preview(release()), "production")
        assert self.type("--plan", found.hash).exit_code == 0
        assert isinstance(self.type("--plan", "0" * 12, "--keep", "kept").exception, Refused)
        assert Path("kept/again.md").is_file()


@pytest.mark.process
def test_the_command_is_called_so_that_it_answers_in_one_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command = tmp_path / "pulumi"
    command.write_text('#!/bin/sh\necho "$PULUMI_ENABLE_STREAMING_JSON_PREVIEW $WHY $*"; echo beside >&2; exit 3\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("PULUMI_ENABLE_STREAMING_JSON_PREVIEW", "true")
    code, text = engine.preview("production", {"WHY": "because"})
    assert (code, text) == (3, "false because preview --json --non-interactive --color never -s production\n")
    assert capfd.readouterr() == ("", "beside\n")
