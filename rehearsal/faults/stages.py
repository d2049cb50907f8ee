"""The stages of a release, and how one waits for the moment at which each has begun.

The journal in the environment's bucket names the step before it is taken. The emulated AWS holds the answer to that
very write, so that a fault strikes at the beginning of a stage and not somewhere in it, however fast the machine is.
The shift is the exception: it has begun when users meet both versions, as the production listener says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A stage. step: what the journal says; empty where the listener tells. new_image: only a new image comes there."""

    name: str
    step: str
    what: str
    new_image: bool = False


STAGES: Sequence[Stage] = (
    Stage("gates", "gates", "nothing has moved"),
    Stage("migrate", "migrate ", "a task of the new image is about to migrate the database", new_image=True),
    Stage("provision", "wait for ", "green's tasks start"),
    Stage("checks", "checks", "green waits behind the test listener"),
    Stage("shift", "", "users meet both versions"),
    Stage("bake", "bake", "green has all traffic and is watched"),
    Stage("record", "record", "all is done but the writing"),
)

NAMES = tuple(stage.name for stage in STAGES)


def stage(name: str) -> Stage:
    """Return the stage of that name."""
    return next(one for one in STAGES if one.name == name)
