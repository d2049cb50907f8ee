"""The `pulumi` command as a person uses it, shown as typed, its output condensed to one row that moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.command import Finished, Hand, Line
from rehearsal.console import Console, Work
from rehearsal.story import rows
from rehearsal.story.rows import Row


@dataclass(frozen=True)
class Moment:
    """Something that happened during a release, at a time of the wall (seconds since the epoch)."""

    at: float
    text: str


@dataclass(frozen=True)
class Update:
    """What an update has done."""

    done: Finished

    @property
    def succeeded(self) -> bool:
        """Whether the command ended with 0."""
        return self.done.code == 0

    @property
    def moments(self) -> list[Moment]:
        """What the release's row said, each thing once."""
        said, found = "", list[Moment]()
        for row in rows.rows(self.done.lines):
            if row.progress and row.progress != said:
                said = row.progress
                found.append(Moment(row.at, said))
        return found

    @property
    def build_seconds(self) -> float | None:
        """How long the images took to build and push; None where none was built."""
        return rows.build_seconds(self.done.lines)

    @property
    def told(self) -> list[str]:
        """What the release said that stays: its result, or the cause of its failure and the way out."""
        return rows.diagnostics(self.done.lines)

    @property
    def summary(self) -> str:
        """The engine's own sums."""
        return rows.summary(self.done.lines)


class Pulumi:
    """Runs `pulumi` in the project's folder."""

    def __init__(self, hand: Hand, console: Console) -> None:
        self._hand = hand
        self._console = console

    def up(self, stack: str, message: str, *, what: str, on_row: Callable[[Row], None] | None = None) -> Update:
        """Update a stack. `what` names the work for the row that is shown meanwhile; `on_row` hears every row."""
        words = ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack, "--message", message]
        return self.watched(words, f'pulumi up -s {stack} -m "{message}"', f"up-{stack}", what, on_row)

    def destroy(self, stack: str) -> Update:
        """Remove everything that a stack has."""
        words = ["pulumi", "destroy", "--yes", "--skip-preview", "--stack", stack]
        return self.watched(words, f"pulumi destroy -s {stack}", f"destroy-{stack}", f"Removing {stack}", None)

    def watched(
        self,
        words: Sequence[str],
        shown: str,
        name: str,
        what: str,
        on_row: Callable[[Row], None] | None,
    ) -> Update:
        """Run a command that prints the engine's rows, and show where it stands."""
        self._console.command(shown)
        with self._console.working(what) as work:
            seen = _Seen(work)

            def hear(line: Line) -> None:
                if row := Row.parse(line):
                    seen.add(row)
                    if on_row:
                        on_row(row)

            return Update(self._hand.run(words, name=name, on_line=hear, shown=shown))

    def preview(self, stack: str, *words: str, what: str = "Comparing") -> Finished:
        """Preview an update; further words are options."""
        shown = " ".join(["pulumi preview", *words, f"-s {stack}"])
        self._console.command(shown)
        with self._console.working(what):
            return self._hand.run(["pulumi", "preview", *words, "--stack", stack], name=f"preview-{stack}", shown=shown)

    def set(self, stack: str, key: str, value: str, *, path: bool = False, secret: bool = False) -> None:
        """Set one setting, as a person would; told openly, except for a secret's value."""
        # Said openly that it is none: the name of a secret, as a value, looks like one to the engine.
        options = [*(["--path"] if path else []), "--secret" if secret else "--plaintext"]
        shown = "…" if secret else f'"{value}"' if " " in value else value
        self._console.command(" ".join(["pulumi config set", *options, key, shown, f"-s {stack}"]))
        words = ["pulumi", "config", "set", *options, "--stack", stack, key, value]
        self._hand.run(words, name="config-set").needed(f"the setting {key} could not be set")

    def remove(self, stack: str, key: str, *, path: bool = False) -> None:
        """Remove one setting, as a person would."""
        options = ["--path"] if path else []
        shown = " ".join(["pulumi config rm", *options, key, f"-s {stack}"])
        self._console.command(shown)
        words = ["pulumi", "config", "rm", *options, "--stack", stack, key]
        done = self._hand.run(words, name="config-rm", shown=shown)
        done.needed(f"the setting {key} could not be removed")

    def begin(self, stack: str) -> None:
        """Make a stack; it takes its settings from the file of its name."""
        done = self._hand.run(["pulumi", "stack", "init", stack], name=f"init-{stack}")
        done.needed(f"the stack {stack} could not be made")

    def outputs(self, stack: str) -> dict[str, Any]:
        """Return what a stack exports."""
        words = ["pulumi", "stack", "output", "--json", "--stack", stack]
        asked = self._hand.run(words, name=f"output-{stack}", apart=True)
        found: dict[str, Any] = json.loads(asked.needed(f"the outputs of {stack} could not be read").output)
        return found

    def resources(self, stack: str) -> int:
        """Return how many resources a stack has, its own entry and providers not counted."""
        words = ["pulumi", "stack", "export", "--stack", stack]
        asked = self._hand.run(words, name=f"export-{stack}", apart=True)
        state = json.loads(asked.needed(f"the state of {stack} could not be read").output)
        listed = (state.get("deployment") or {}).get("resources") or []
        return sum(1 for entry in listed if not entry["type"].startswith("pulumi:"))

    def history(self, stack: str) -> Finished:
        """Return the stack's history, as `pulumi stack history` shows it."""
        shown = f"pulumi stack history -s {stack}"
        self._console.command(shown)
        words = ["pulumi", "stack", "history", "--stack", stack]
        return self._hand.run(words, name="history", shown=shown).needed("the history could not be read")


class _Seen:
    """Condenses rows: how many resources are done, and what is under way; a release's own words come first."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._done: set[tuple[str, str]] = set()

    def add(self, row: Row) -> None:
        """Take in a row and show where the update stands."""
        if row.finished:
            self._done.add((row.kind, row.name))
        if row.progress:
            self._work.update(row.progress)
        elif row.kind != rows.RELEASE:
            self._work.update(f"{len(self._done)} done · {row.kind.rpartition(':')[2]} {row.name} {row.status}")
