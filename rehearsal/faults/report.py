"""The report of the matrix, written after every cell, so that a stopped run can be gone on with."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.faults import page
from rehearsal.faults.judge import end_of
from rehearsal.faults.matrix import ALONE, CELLS, FAULTS, Cell
from rehearsal.faults.seen import Seen
from rehearsal.faults.stages import STAGES

JSON = "faults-report.json"
HTML = "faults-report.html"
SCHEMA = 1


@dataclass
class Report:
    """What a run has found so far. blind: the guard that was taken away; empty where none was."""

    folder: Path
    speed: float
    rate: float
    blind: str = ""
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, cell: Cell, seen: Seen | None, problems: Sequence[str], seconds: float) -> None:
        """Take in a cell that was played, and write everything. seen: None where it could not be played."""
        self.cells[cell.name] = {
            "cell": cell.name,
            "fault": cell.fault.name,
            "stage": cell.stage,
            "alone": cell.alone,
            "result": "failed" if problems else "ok",
            "problems": list(problems),
            "seconds": round(seconds, 1),
            "end": end_of(seen).value if seen and seen.reached else "",
            "seen": asdict(seen) if seen else None,
        }
        self.write()

    def resume(self) -> None:
        """Take in what an earlier run has written; raises RehearsalError where that is no such report."""
        path = self.folder / JSON
        if not path.exists():
            return
        try:
            found = json.loads(path.read_text())
            cells = {entry["cell"]: entry for entry in found["cells"]}
            schema, blind = found["schema"], found["blind"]
        except (OSError, ValueError, KeyError, TypeError):
            schema, blind, cells = 0, "", {}
        if schema != SCHEMA or blind != self.blind:
            raise RehearsalError(
                f"{path} is not the report of a run like this one, so it cannot be gone on with.",
                "leave --resume out to begin anew, or name another folder: `--report FOLDER`.",
            )
        known = {cell.name for cell in CELLS}
        self.cells = {name: entry for name, entry in cells.items() if name in known}

    def told(self) -> dict[str, Any]:
        """The report."""
        entries = [self.cells[cell.name] for cell in CELLS if cell.name in self.cells]
        return {
            "schema": SCHEMA,
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "clock_speed": self.speed,
            "rate": self.rate,
            "blind": self.blind,
            "cells_in_all": len(CELLS),
            "played": len(entries),
            "failed": sum(entry["result"] == "failed" for entry in entries),
            "requests": sum((entry["seen"] or {}).get("requests", 0) for entry in entries),
            "seconds": round(sum(entry["seconds"] for entry in entries), 1),
            "stages": [{"name": stage.name, "what": stage.what} for stage in STAGES],
            "faults": [_fault(fault.name, fault.title, alone=False) for fault in FAULTS]
            + [_fault(fault.name, fault.title, alone=True) for fault in ALONE],
            "cells": entries,
        }

    def write(self) -> None:
        """Write both files, each whole or not at all."""
        told = self.told()
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in ((JSON, json.dumps(told, indent=2) + "\n"), (HTML, page.page(told))):
            draft = self.folder / f"{name}.new"
            draft.write_text(text)
            draft.replace(self.folder / name)


def _fault(name: str, title: str, *, alone: bool) -> dict[str, Any]:
    """A fault as the report tells of it: where it strikes, and which requests of users it may cost, and why."""
    own = [cell for cell in CELLS if cell.fault.name == name]
    expected = [cell.fault().expect(cell.stage) for cell in own]
    worst = max(expected, key=lambda one: one.forces)
    forces = f"for {worst.forces:g} s: {worst.why}" if worst.forces else "nothing"
    return {"name": name, "title": title, "alone": alone, "stages": [cell.stage for cell in own], "may_force": forces}
