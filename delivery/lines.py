"""The lines of a release's progress. Pure functions.

The first number is the share of users that have the new release. A narrow terminal shows six characters of a line, and
without a terminal each line stays: so the number stands first, and minutes are whole.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from delivery.before import Before
from delivery.clock import moment
from delivery.meaning import Phase
from delivery.plan import ReleasePlan
from delivery.records import Pointer, Record
from delivery.shift import Shift
from delivery.strategy import Strategy


def starting(shift: Shift) -> str:
    """Green comes up."""
    if shift.view.phase > Phase.READY:
        return f"{shift.view.green_percent}% taken up"
    if shift.view.phase == Phase.READY:
        return "0% ready"
    return f"0% {shift.view.running}/{shift.view.desired} tasks" if shift.view.desired else "0% starting"


def settling(shift: Shift) -> str:
    """The target serves, and not all its tasks run yet."""
    running, desired = (shift.serving.running, shift.serving.desired) if shift.serving else (0, 0)
    return f"100% {running}/{desired} tasks"


def shifting(shift: Shift, strategy: Strategy, minutes: int) -> str:
    """Traffic moves; `minutes` since it has the share it has."""
    share = shift.view.green_percent
    if strategy.kind == "all_at_once" or share in (0, 100):
        return f"{share}% shifting"
    return f"{share}% {min(minutes, strategy.interval_minutes)}/{strategy.interval_minutes}m {strategy.kind}"


def baking(minutes: int, bake_minutes: int) -> str:
    """Green has all traffic and is watched."""
    return f"100% {min(minutes, bake_minutes)}/{bake_minutes}m bake"


def migrating(minutes: int, allowed: int) -> str:
    """The database is migrated; nothing has moved. minutes: so far; allowed: at most."""
    return f"0% {min(minutes, allowed)}/{allowed}m migration"


def named(line: str, shift: Shift, shifts: Sequence[Shift]) -> str:
    """A line of one service among several."""
    return f"{line} · {shift.name}" if len(shifts) > 1 else line


class Way(enum.Enum):
    """How a release came to serve."""

    SHIFT = "shift"
    AT_ONCE = "all at once, since it served before"
    REROUTE = "re-routed to the tasks that were kept warm"
    NOTHING = "nothing had to move"


def taken_back(record: Record, serves: Pointer | None) -> str:
    """A release that CodeDeploy took back when no update ran, and what serves since."""
    cause = "; ".join(record.cause.splitlines())
    when = f"{moment(record.finished):%Y-%m-%d %H:%M} UTC"
    now = f"; {serves.version} serves" if serves and serves.release != record.id else ""
    return f"{record.version} was taken back by CodeDeploy at {when}: {cause}{now}"


def succeeded(plan: ReleasePlan, record: Record, before: Before, way: Way, checks: int) -> list[str]:
    """What is said at the end of a release that serves. before: what served when it began."""
    commit = f" ({record.commit[:7]})" if record.commit else ""
    parts = [f"checks {checks}/{checks}"] if checks else []
    parts += [plan.strategy.describe() if way == Way.SHIFT else way.value]
    lines = [f"{record.version}{commit} serves 100%: {', '.join(parts)}"]
    if before.past:
        lines.append(f"Before it, {before.past}")
    came = before.past or before.version not in ("", record.version)
    if way in (Way.SHIFT, Way.AT_ONCE) and came and plan.strategy.warm_minutes:
        # The verb's own choice is the release before: where something else served, it has to be named.
        named = before.release if before.past or plan.source == "pin" else ""
        back = way_back(record, named, plan.services[0].listener or "") if before.past else _verb(record, named)
        if back:
            lines.append(f"{before.told} stays warm for {plan.strategy.warm_minutes} minutes. Back: {back}")
    lines.append(f"Record: {record_of(record)}")
    return lines


def way_back(record: Record, to: str, listener: str = "") -> str:
    """How to go back to what a release keeps warm; empty where it keeps nothing.

    to: the id of the release that served; empty where none of ours did: then AWS alone can take traffic back.
    listener: an ARN; its region is AWS's.
    """
    if to:
        return _verb(record, to)
    at = "".join(f" --region {region}" for region in listener.split(":")[3:4])
    stops = [one for one in record.deployments.values() if one]
    return " && ".join(f"aws deploy stop-deployment{at} --deployment-id {one} --auto-rollback-enabled" for one in stops)


def _verb(record: Record, to: str) -> str:
    return f"./slipway rollback -s {record.environment}{f' --to {to}' if to else ''} --reason …"


def record_of(record: Record) -> str:
    """How to read what was written down of a release: the line by which Pulumi's output names it."""
    return f"./slipway history -s {record.environment} --of {record.id}"
