"""`./slipway plan` as a person types it: asked twice, refused by a hash that nobody approved, searched for secrets."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from rehearsal.command import Finished
from rehearsal.errors import RehearsalError
from rehearsal.report import leaks
from rehearsal.story.play import Play

#: Where the plan is written down.
_FOLDER = "plan"


def one_change(play: Play, stack: str, name: str) -> None:
    """See that the plan has one change, of the resource `name`, and no secret; that it stays itself, and is guarded."""
    first, second = _plan(play, stack), _plan(play, stack)
    if first != second or [one["urn"].rpartition("::")[2] for one in first["changes"]] != [name]:
        raise RehearsalError(f"a plan should have {name} alone, and stay the same.", f"see {_place(play)}.")
    refused = _typed(play, stack, "--plan", "0" * 12)
    if refused.code == 0 or "nothing was touched" not in refused.output:
        raise RehearsalError("a plan that nobody approved should be refused.", f"its log: {refused.log}.")
    search = leaks.search(play.stage.planted.named(), [_place(play)], play.stage.home.root)
    if search.leaks or not search.control_found:
        raise RehearsalError("secrets stand in the plan in plain text.", f"see {_place(play)}.")
    told = f"the plan {first['hash']} has one change and no secret, is the same a second time, and guards an approval"
    play.console.good(told)
    play.notes.findings.append(told)


def _plan(play: Play, stack: str) -> dict[str, Any]:
    place = _place(play)
    done = _typed(play, stack, "--keep", str(place)).needed("the plan could not be made")
    told = re.search(r"^Plan ([0-9a-f]+) for ", done.output, re.MULTILINE)
    found: dict[str, Any] = json.loads((place / "plan.json").read_text())
    return {**found, "hash": told[1] if told else ""}


def _place(play: Play) -> Path:
    return play.stage.home.root / _FOLDER


def _typed(play: Play, stack: str, *words: str) -> Finished:
    shown = f"./slipway plan -s {stack} {words[0]} {Path(words[1]).name}"
    play.console.command(shown)
    return play.hand.run([sys.executable, "-m", "ops", "plan", "-s", stack, *words], name="plan", shown=shown)
