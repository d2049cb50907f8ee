"""What differs between two releases: images, names of settings, and versions of secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from delivery.pins import pins
from delivery.records import Record, good


def differences(before: Record, after: Record) -> list[str]:
    """Say in words which settings and which secrets another release runs with; nothing where they are the same.

    Values of settings are left out: they may be long, and the records hold them.
    """
    one, other = dict(_leaves(before.settings)), dict(_leaves(after.settings))
    changed = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    words = [f"settings: {', '.join(changed)}"] if changed else []
    for variable in sorted({*before.secrets, *after.secrets}):
        then, now = before.secrets.get(variable), after.secrets.get(variable)
        if then != now:
            words.append(f"secret {variable}: {_version(variable, then)} → {_version(variable, now)}")
    return words


def changed(record: Record, records: Sequence[Record]) -> list[str]:
    """Say in words what a release was to change; nothing where it is the first, or changed nothing that is known.

    records: newest first; the release before it is looked for among them.
    """
    before = _before(record, records)
    if before is None:
        return []
    images = [
        name
        for name, served in record.services.items()
        if name not in before.services or before.services[name].digest != served.digest
    ]
    words = [f"image: {', '.join(images)}"] if images else []
    return words + differences(before, record)


def _before(record: Record, records: Sequence[Record]) -> Record | None:
    """Return the release that served when another one began; without its word for it, the newest good one before."""
    earlier = list(good(one for one in records if one.started < record.started))
    served = (one for one in earlier if record.before and record.before.items() <= one.services.items())
    return next(served, earlier[0] if earlier else None)


def _leaves(settings: Mapping[str, Any], way: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{way}{name}.")
        else:
            yield f"{way}{name}", value


def _version(variable: str, reference: str | None) -> str:
    """Name the secret and the version that a reference stands for."""
    if reference is None:
        return "none"
    found = pins([{"secrets": [{"name": variable, "valueFrom": reference}]}])
    return f"{found[0].name} {found[0].version or 'latest'}" if found else reference
