"""The report says what was seen, and the page shows it in words as well as colours."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.faults.matrix import CELLS, FAULTS, chosen
from rehearsal.faults.page import page
from rehearsal.faults.report import HTML, JSON, Report
from rehearsal.faults.run import Run, verdict
from rehearsal.faults.stages import STAGES
from rehearsal.stage.bring_up import Wish
from tests.rehearsal.faults.made_up import delivered, interrupted


class Cells(HTMLParser):
    """The words of every cell of the tables, with its class."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._class: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self._class = dict(attrs).get("class") or ""
            self.found.append((self._class, ""))

    def handle_endtag(self, tag: str) -> None:
        self._class = None if tag == "td" else self._class

    def handle_data(self, data: str) -> None:
        if self._class is not None:
            self.found[-1] = (self.found[-1][0], self.found[-1][1] + data)


def cells(html: str) -> list[tuple[str, str]]:
    reader = Cells()
    reader.feed(html)
    return reader.found


@pytest.fixture
def report(tmp_path: Path) -> Report:
    found = Report(tmp_path, 30, 30)
    good, bad, broken = chosen(["kill-update-at-shift", "ctrl-c-at-bake", "failing-check"])
    found.add(good, interrupted(), [], 41.27)
    found.add(bad, delivered(notes=["a <note>"]), ["left over: a lock & more"], 30.0)
    found.add(broken, None, ["the cell could not be played: no docker"], 2.0)
    return found


def test_the_report_holds_what_was_seen(report: Report) -> None:
    told = json.loads((report.folder / JSON).read_text())
    assert (told["played"], told["failed"], told["cells_in_all"]) == (3, 2, len(CELLS))
    assert told["requests"] == 1800
    first = told["cells"][0]
    assert (first["cell"], first["result"], first["end"], first["seconds"]) == (
        "kill-update-at-shift",
        "ok",
        "interrupted",
        41.3,
    )
    assert first["seen"]["records"][0]["id"] == "0a1b2c3d"
    killed = next(fault for fault in told["faults"] if fault["name"] == "blue-task-killed")
    assert "502" in killed["may_force"]
    assert next(fault for fault in told["faults"] if fault["name"] == "ctrl-c")["may_force"] == "nothing"


def test_the_page_shows_every_cell_in_words(report: Report) -> None:
    html = (report.folder / HTML).read_text()
    found = [(kind, words) for kind, words in cells(html) if kind.startswith("cell")]
    assert len(found) == len(FAULTS) * len(STAGES) + len({cell.name for cell in CELLS if cell.alone})
    assert ("cell ok", "okinterrupted · 41 s") in found
    assert ("cell failed", "faileddelivered · 30 s") in found
    assert ("cell failed", "failednot reached · 2 s") in found
    assert ("cell none", "–") in found
    assert ("cell none", "not played") in found
    assert "left over: a lock &amp; more" in html
    assert "a &lt;note&gt;" in html


def test_a_page_without_cells_can_be_read_too(tmp_path: Path) -> None:
    html = page(Report(tmp_path, 30, 30).told())
    assert "0 of" in html
    assert "None." in html


def test_a_run_is_gone_on_with(report: Report) -> None:
    again = Report(report.folder, 30, 30)
    again.resume()
    assert set(again.cells) == {"kill-update-at-shift", "ctrl-c-at-bake", "failing-check"}
    assert again.told()["failed"] == 2


def test_there_may_be_nothing_to_go_on_with(tmp_path: Path) -> None:
    new = Report(tmp_path, 30, 30)
    new.resume()
    assert new.cells == {}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": 99, "blind": "", "cells": []}'])
def test_another_file_is_not_gone_on_with(tmp_path: Path, text: str) -> None:
    (tmp_path / JSON).write_text(text)
    with pytest.raises(RehearsalError, match="cannot be gone on with") as told:
        Report(tmp_path, 30, 30).resume()
    assert "--resume" in told.value.fix


def test_a_run_with_a_guard_is_not_gone_on_with_without(report: Report) -> None:
    with pytest.raises(RehearsalError, match="cannot be gone on with"):
        Report(report.folder, 30, 30, blind="journal").resume()


def test_the_verdict_names_the_cells_that_failed(report: Report) -> None:
    assert verdict(report.told(), "") == [
        "ctrl-c-at-bake: left over: a lock & more",
        "failing-check: the cell could not be played: no docker",
    ]


def test_with_a_guard_taken_away_cells_must_fail_for_that_reason(tmp_path: Path) -> None:
    report = Report(tmp_path, 30, 30, "journal")
    seeing, blind, other = chosen(["kill-update-at-gates", "kill-update-at-shift", "kill-plugin-at-record"])
    report.add(seeing, interrupted(), ["the record should be of the interrupted release 0a, but is of 1b"], 1)
    report.add(blind, interrupted(), [], 1)
    report.add(other, interrupted(), ["left over: a lock"], 1)
    wrong = verdict(report.told(), "journal")
    assert [line.split()[0] for line in wrong] == ["kill-update-at-shift", "kill-plugin-at-record"]
    assert "all is well" in wrong[0]


def test_a_run_with_a_guard_taken_away_plays_the_cells_that_see_it(tmp_path: Path) -> None:
    run = Run(names=[], wish=Wish(), rate=30, keep=False, folder=tmp_path, blind="adoption")
    assert {cell.name for cell in run.cells()} == {
        "kill-update-at-provision",
        "kill-update-at-checks",
    }
