"""Plays cells in order, tells how far it is, writes the report after each, and judges the whole."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.console import Console, duration
from rehearsal.errors import RehearsalError
from rehearsal.faults.blind import BLINDS, Blind
from rehearsal.faults.environment import Environment, standing
from rehearsal.faults.judge import judge
from rehearsal.faults.matrix import Cell, chosen
from rehearsal.faults.play import Played, recover
from rehearsal.faults.report import HTML, JSON, Report
from rehearsal.faults.seen import Seen
from rehearsal.home import Home
from rehearsal.stage.bring_up import Wish

#: Seconds that a cell is supposed to take as long as none has been played.
GUESS = 35.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is played, and how. names: of cells or faults; all where none. resume: leave out what the report holds."""

    names: Sequence[str]
    wish: Wish
    rate: float
    keep: bool
    folder: Path
    resume: bool = False
    blind: str = ""

    def cells(self) -> list[Cell]:
        """The cells that were asked for; with a guard taken away, those that must see it."""
        asked = chosen(self.names)
        return [cell for cell in asked if cell.name in BLINDS[self.blind].cells] if self.blind else asked


def run(home: Home, console: Console, wanted: Run) -> tuple[dict[str, Any], list[str]]:
    """Play; return the report, and what is wrong with it: nothing where all is well."""
    report = Report(wanted.folder, wanted.wish.speed, wanted.rate, wanted.blind)
    if wanted.resume:
        report.resume()
    # Who names a cell wants it played, also where it has been.
    cells = [cell for cell in wanted.cells() if cell.name not in report.cells or wanted.names]
    if cells:
        with home.lock(), standing(home, console, wanted.wish, wanted.rate, keep=wanted.keep) as environment:
            console.act("The fault matrix", f"{len(cells)} cells, one after the other, under steady traffic.")
            _play(environment, console, report, cells, BLINDS.get(wanted.blind))
    report.write()
    told = report.told()
    console.say(f"{JSON} and {HTML} are in {wanted.folder}.")
    return told, verdict(told, wanted.blind)


def verdict(told: dict[str, Any], blind: str) -> list[str]:
    """Return what is wrong with a report; of a run with a guard taken away: the cells that did not see it."""
    if not blind:
        return [f"{entry['cell']}: {entry['problems'][0]}" for entry in told["cells"] if entry["result"] == "failed"]
    sees = BLINDS[blind].sees
    return [
        f"{entry['cell']} should see that {blind} is gone ({sees}), but says: {entry['problems'] or 'all is well'}"
        for entry in told["cells"]
        if entry["cell"] in BLINDS[blind].cells and not any(sees in problem for problem in entry["problems"])
    ]


def _play(
    environment: Environment, console: Console, report: Report, cells: Sequence[Cell], blind: Blind | None
) -> None:
    if environment.sight.journal() or environment.sight.locks():
        with console.working("Ending what an earlier run has left under way"):
            _must_recover(environment, "an earlier run")
    took: list[float] = []
    for place, cell in enumerate(cells):
        began = time.monotonic()
        with console.working(f"{place + 1}/{len(cells)} {cell.name}"):
            seen, problems = _one(environment, cell, blind)
        seconds = time.monotonic() - began
        took.append(seconds)
        report.add(cell, seen, problems, seconds)
        left = (len(cells) - place - 1) * (sum(took) / len(took))
        line = f"{place + 1}/{len(cells)} {cell.name}: {duration(seconds)}, about {duration(left)} left"
        (console.bad if problems else console.good)(line)
        console.quote(problems)
        if problems:
            _must_recover(environment, cell.name)
        environment.sight.calm()


def _must_recover(environment: Environment, after: str) -> None:
    if not recover(environment):
        raise RehearsalError(
            f"after {after} the environment could not be brought back to where a cell can begin.",
            f"the logs are in {environment.stage.home.logs}; `./slipway stop`, then `--resume` goes on in a new one.",
        )


def _one(environment: Environment, cell: Cell, blind: Blind | None) -> tuple[Seen | None, list[str]]:
    """Play a cell and judge it. What keeps it from being played counts as its failure, not as the end of the run."""
    try:
        seen = Played(environment, cell, blind).play()
    except (RehearsalError, OSError, LookupError, RuntimeError) as error:
        what = error.what if isinstance(error, RehearsalError) else f"{type(error).__name__}: {error}"
        return None, [f"the cell could not be played: {what}"]
    return seen, judge(cell.fault().expect(cell.stage), seen)
