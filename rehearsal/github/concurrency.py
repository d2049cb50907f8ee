"""Concurrency groups: of a group one runs and one waits; a third takes the place of the one that waits.

Whole runs and single jobs share the names, which are compared without case.
https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.github.expressions import Context, filled, truthy
from rehearsal.github.expressions import evaluate as evaluated

Member = tuple[int, int | None]
"""A run by its id, or a job of it."""


@dataclass(frozen=True)
class Wish:
    """What a workflow or a job says of concurrency."""

    group: str
    cancels: bool

    @classmethod
    def of(cls, content: Any, context: Context) -> Wish | None:
        """Read `concurrency:`, a name or a mapping, with the values of `context`; None where there is none."""
        if not content:
            return None
        if not isinstance(content, Mapping):
            return cls(filled(content, context), False)
        cancels = content.get("cancel-in-progress", False)
        if isinstance(cancels, str):
            cancels = truthy(evaluated(cancels.strip().removeprefix("${{").removesuffix("}}"), context))
        return cls(filled(content.get("group", ""), context), bool(cancels))


@dataclass
class Group:
    """Who holds one group, and who waits for it."""

    holder: Member | None = None
    waiting: Member | None = None


@dataclass
class Groups:
    """The groups of one repository, by name."""

    by_name: dict[str, Group] = field(default_factory=dict)

    def enter(self, wish: Wish, who: Member) -> list[Member]:
        """Hold the group, or wait for it; return who has to be cancelled for it."""
        group = self.by_name.setdefault(wish.group.lower(), Group())
        if group.holder is None:
            group.holder = who
            return []
        out = [group.waiting] if group.waiting is not None else []
        if wish.cancels:
            out.append(group.holder)
        group.waiting = who
        return out

    def holds(self, name: str, who: Member) -> bool:
        """Whether somebody has the group."""
        found = self.by_name.get(name.lower())
        return found is not None and found.holder == who

    def leave(self, name: str, who: Member) -> Member | None:
        """Have and want it no more; return who has it now instead."""
        group = self.by_name.get(name.lower(), Group())
        if group.waiting == who:
            group.waiting = None
        if group.holder != who:
            return None
        group.holder, group.waiting = group.waiting, None
        return group.holder
