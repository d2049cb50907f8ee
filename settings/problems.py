"""What is wrong with the settings: collected, then told all at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

import pulumi

#: What a message shows for a value that is missing or empty.
NOTHING = "nothing"
#: More words than this to choose from are no help.
_MOST_WORDS = 16


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong setting: where it stands, what it says, the rule it breaks, and what would do."""

    file: str
    """The file to open, such as `Pulumi.staging.yaml`."""
    key: str
    """The setting, with the way to the part that is wrong: `services.api.port`."""
    rule: str
    """What is allowed, as the end of a sentence that begins with the key: `must be …`."""
    got: str = ""
    """The value as written; empty where there is none to show."""
    hint: str = ""
    """What to write instead, or where to find it."""
    at: tuple[int, int] | None = None
    """Where in a longer text the wrong word stands: its first character and its length."""

    def __str__(self) -> str:
        """Return the problem as a person reads it: one line, and a second that points where `at` is known."""
        pointed = self.at is not None and self.got != NOTHING
        line = f"{self.file}: {self.key}: {self.rule}"
        line += f", got {self.got}" if self.got and not pointed else ""
        line += f"; {self.hint}" if self.hint else ""
        if self.at is None or not pointed:
            return line
        start, length = self.at
        return f"{line}\n    {self.got}\n    {' ' * start}{'^' * max(1, length)}"


class SettingsError(pulumi.RunError):
    """The settings of a stack are wrong. The engine prints the message without a traceback and nothing is touched."""

    def __init__(self, stack: str, problems: Iterable[Problem]) -> None:
        """Tell every one of `problems`, in the order in which they were found."""
        self.problems = tuple(problems)
        count = len(self.problems)
        wrong = f"{count} settings of stack '{stack}' are" if count > 1 else f"A setting of stack '{stack}' is"
        lines = "\n".join(f"  {line}" for problem in self.problems for line in str(problem).splitlines())
        super().__init__(
            f"{wrong} wrong; nothing was touched.\n{lines}\nFix:   docs/settings.md describes every setting."
        )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean x?` for the known word nearest to `word`; all words where none is near and they are few."""
    candidates = sorted(known)
    # A missing or added underscore is the commonest slip, so compare without any.
    plain = {candidate.replace("_", ""): candidate for candidate in candidates}
    near = difflib.get_close_matches(word.lower().replace("_", "").replace("-", ""), plain, 1)
    if near:
        return f"did you mean {plain[near[0]]}?"
    return f"there is {' · '.join(candidates)}" if 0 < len(candidates) <= _MOST_WORDS else ""
