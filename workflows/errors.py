"""What goes wrong with workflow files, in words."""

from __future__ import annotations


class WorkflowError(Exception):
    """Something is wrong, and there is a way out. message: what and where; fix: what to do next."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
