"""What can keep a rehearsal from going on, told so that the reader knows what to do next."""

from __future__ import annotations


class RehearsalError(Exception):
    """Say what went wrong and the way out.

    `what` names the part, the place and the cause; `fix` is the reader's next step. The command line prints both and
    exits with 1.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        return f"Error: {self.what}\nFix:   {self.fix}"
