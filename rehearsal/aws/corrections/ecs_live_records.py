"""Answers about services and tasks are written from records that stand still.

AWS answers while its scheduler works.

MiniStack 1.5.33 writes an answer while it goes through the live record. Where a thread adds a member just then (a task
set gets its count as soon as its service is there), Python ends the walk, and a call that was carried out is answered
with an internal error: whoever tries again, as the SDKs do, finds that the service exists.
"""

from __future__ import annotations

from typing import Any

from ministack.services import ecs

from rehearsal.aws.corrections.binding import Binding


def apply(binding: Binding) -> None:
    """Take a copy of each record, and of each inside of it, before going through it."""
    sanitize = ecs._sanitize

    def sanitized(live: Any) -> Any:
        # Copying is one step of the interpreter: no other thread runs meanwhile. What is inside comes here again.
        return sanitize(live.copy() if isinstance(live, dict | list) else live)

    binding.replace(ecs, "_sanitize", sanitized)
