"""Telling the team what a verb did, where the setting `tell` names anybody. Nothing that fails here fails the verb."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from delivery.notices import Notice, Notices, Tell
from ops.place import Place
from ops.reach import Reach


def notify(place: Place, near: Reach, notice: Notice) -> list[str]:
    """Tell everybody that the settings name; return who heard of it. Who could not be told is warned of."""
    told = Notices(tell_of(place.tell), place.client, os.environ).tell(notice)
    for problem in told.problems:
        near.tools.teller.warn(f"not everybody was told (setting tell): {problem}. What was done stands")
    for where in told.where:
        near.tools.teller.note(f"Told: {where}")
    return told.where


def tell_of(raw: Mapping[str, Any]) -> Tell:
    """The setting as the stack's file has it. What is wrong with it, the update says: here it is left out."""
    known = {name: str(raw[name]) for name in ("webhook", "topic", "issues") if isinstance(raw.get(name), str)}
    return Tell(**known)
