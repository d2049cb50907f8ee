"""One release, told whole. Pure functions but for the look into Pulumi's history."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from delivery.aws import explained
from delivery.errors import DeliveryError
from delivery.histories import Entry, entry_of
from delivery.records import Pointer, Record
from ops import backend
from ops.differences import flat
from ops.place import Place
from ops.telling import duration, phases, serves

_COLUMN = 13


def entry(place: Place, record: Record) -> tuple[Entry | None, str]:
    """Find the update in Pulumi's history that ran a release; else say why it is not known."""
    try:
        found = entry_of(backend.history(place, backend.url()), record.id, record.finished or record.started)
    except DeliveryError as error:
        return None, f"{error.message}: {error.fix}" if error.fix else error.message
    except (BotoCoreError, ClientError, OSError) as error:
        return None, explained(error).message
    return found, "" if found else "no update there names it: it was killed, or the state was moved or is another's"


def told(record: Record, pointer: Pointer | None, bucket: str) -> list[str]:
    """Return everything that is written down of a release, in lines."""
    lines = [f"{record.version} (release {record.id}) in {record.environment}: {record.result}"]
    if serves(record, pointer):
        lines[0] += "; it serves"
    for name, text in _rows(record):
        first, *others = text.splitlines() or [""]
        lines.append(f"  {name:<{_COLUMN}}{first}".rstrip())
        lines += [f"  {'':<{_COLUMN}}{line}" for line in others]
    lines += _services(record)
    settings = flat("", record.settings)
    if settings:
        lines.append(f"  settings (hash {record.settings_hash})")
        lines += [f"    {name.removeprefix('.')}: {_plain(value)}" for name, value in sorted(settings.items())]
    lines.append(f"  {'record':<{_COLUMN}}s3://{bucket}/{record.key}")
    return lines


def update_line(found: Entry | None, why: str) -> str:
    """Return what Pulumi's history has of it."""
    if found is None:
        return f"  {'pulumi':<{_COLUMN}}{why}"
    message = f'"{found.message}"' if found.message else "without a message"
    times = f"{_second(found.started)} to {_second(found.ended)} UTC, by its machine's clock"
    return f"  {'pulumi':<{_COLUMN}}update {found.name}: {message}, {found.result}, {times}"


def _rows(record: Record) -> Iterator[tuple[str, str]]:
    commit = f", commit {record.commit}" if record.commit else ""
    yield "came from", f"{record.source}{commit}"
    yield "who", record.who
    if record.why:
        yield "why", record.why
    if record.before_version:
        yield "before it", f"{record.before_version} (release {record.before_release})"
    if record.finished:
        total = duration(record.seconds.get("total", 0))
        yield "when", f"{_at(record.started)} to {_at(record.finished)} UTC, {total} by AWS's clock"
    else:
        yield "when", f"since {_at(record.started)} UTC; not finished"
    spent = [f"{label:<10}{duration(took)}" for label, took in phases(record.seconds)]
    if spent:
        yield "phases", "\n".join(spent)
    if record.cause:
        yield "cause", record.cause
    if record.overrides:
        yield "overridden", "\n".join(record.overrides)
    if record.results:
        yield "by service", "\n".join(f"{name}: {result}" for name, result in record.results.items())
    if record.warm_until:
        yield "warm until", f"{_at(record.warm_until)} UTC, as planned when it ended"
    if record.calls:
        yield "AWS calls", str(record.calls)
    ran = [part for part in (record.update.run, record.update.host and f"on {record.update.host}") if part]
    if ran:
        yield "ran", "\n".join(ran)


def _services(record: Record) -> Iterator[str]:
    for name in dict.fromkeys([*record.services, *record.before]):
        yield f"  {name}"
        for label, side in (("image", record.services), ("before", record.before)):
            if name in side:
                yield f"    {label:<{_COLUMN - 2}}{side[name].image}"
                yield f"    {'':<{_COLUMN - 2}}{side[name].task_definition}"
        if record.deployments.get(name):
            yield f"    {'deployment':<{_COLUMN - 2}}{record.deployments[name]}"
        if name in record.schemas:
            schema = record.schemas[name]
            knows = f", knows {', '.join(schema.known)}" if schema.known else ""
            yield f"    {'schema':<{_COLUMN - 2}}{schema.revision if schema.told else 'not told'}{knows}"
        if name in record.watched:
            yield f"    {'watched by':<{_COLUMN - 2}}{', '.join(record.watched[name])}"


def stored(record: Record, pointer: Pointer | None, bucket: str, found: Entry | None) -> Mapping[str, Any]:
    """Return the same for programs: the record as stored, and what is known beside it."""
    update = None
    if found is not None:
        update = {
            "name": found.name,
            "message": found.message,
            "result": found.result,
            "started": _second(found.started, iso=True),
            "ended": _second(found.ended, iso=True),
        }
    where = f"s3://{bucket}/{record.key}"
    return {**record.stored(), "serves": serves(record, pointer), "record": where, "pulumi": update}


def _at(stamp: str) -> str:
    return datetime.fromisoformat(stamp).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _second(since_1970: int, *, iso: bool = False) -> str:
    return datetime.fromtimestamp(since_1970, UTC).strftime("%Y-%m-%dT%H:%M:%SZ" if iso else "%Y-%m-%d %H:%M:%S")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
