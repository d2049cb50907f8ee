"""Looking before acting: the plan of an update, and whether it is the one that was approved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from delivery.errors import DeliveryError, Refused
from delivery.redact import shown
from ops import engine
from ops.page import differences, known, lines, page
from ops.planned import SHOWN, Plan, equal, errors, read

#: What `--keep` writes: for programs; for a page; for the page that asks again, where the plan is not the approved one.
DOCUMENT, PAGE, ASKS_AGAIN = "plan.json", "plan.md", "again.md"
#: What `promote --json` says, beside it.
OUTCOME = "outcome.json"
#: How somebody who waits for an approval gets to another one.
AGAIN = (
    "approve again: run the job that shows the plan once more (what waits for it runs again too); on a laptop, give "
    "the hash that `--dry-run` prints now"
)
#: Lines of a page that say what differs: with the plan below they stay within what GitHub takes.
_MOST_TOLD = 60


@dataclass(frozen=True, slots=True)
class Approved:
    """What was approved. hash: of the plan, empty where there was nothing to do; file: its document, if it is here."""

    hash: str
    file: Path | None = None

    def document(self) -> Mapping[str, Any] | None:
        """The document of the plan; None where it is not here, or is another one's."""
        try:
            found = json.loads(self.file.read_text()) if self.file else None
        except (OSError, ValueError):
            return None
        return known(found, self.hash.strip().lower()[:SHOWN])


def look(stack: str, environment: Mapping[str, str] | None = None) -> Plan:
    """Return what an update of `stack` would do under the settings as they are. Raises `DeliveryError`."""
    code, written = engine.preview(stack, environment)
    try:
        found = json.loads(written[written.find("{") :]) if "{" in written else {}
    except ValueError:
        found = {}
    if code != 0:
        said = "; ".join(errors(found)) or "its last lines say why"
        raise DeliveryError(f"the preview of {stack} failed (exit code {code}): {said}", "mend it; nothing was touched")
    if not isinstance(found, dict) or ("steps" not in found and "changeSummary" not in found):
        raise DeliveryError(
            f"the preview of {stack} is not in the form that is known", "use the version of Pulumi in requirements.txt"
        )
    return read(found, stack)


def keep(folder: Path | None, plan: Plan) -> None:
    """Write a plan to a folder, where one was asked for."""
    write(folder, DOCUMENT, json.dumps(plan.document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    write(folder, PAGE, page(plan))


def write(folder: Path | None, name: str, text: str) -> None:
    """Write a file to a folder, where one was asked for."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def compare(plan: Plan, approved: Approved, folder: Path | None = None) -> None:
    """Refuse where the plan is another one than what was approved: say what differs, and keep the new one."""
    if equal(approved.hash, plan.hash):
        return
    given = approved.hash.strip() or "none: there was nothing to do"
    document = approved.document()
    found = differences(document, plan) if document is not None else []
    told = found or [*lines(plan), f"(the approved plan itself is not at hand: only its hash, {given})"]
    above = [
        f"### Not released: the plan is not the one that was approved ({given})",
        "",
        "```",
        *(shown(line.replace("```", "'''")) for line in told[:_MOST_TOLD]),
        "```",
        "",
        f"Nothing was touched. To go on, {AGAIN}. The plan by now:",
    ]
    write(folder, ASKS_AGAIN, page(plan, above))
    click.echo("\n".join(["What differs from what was approved:", *(f"  {line}" for line in told)]), err=True)
    raise Refused(
        f"the plan for {plan.environment} is {plan.hash} by now, and {given} was approved: nothing was touched", AGAIN
    )
