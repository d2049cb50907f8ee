"""Pulumi's state: whether its bucket survives a mistake, and whether a killed update left its lock on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from delivery.aws import error_code
from delivery.errors import Refused
from delivery.examining import Finding, ok, problem, warning
from delivery.founding.bucket import ENCRYPTED, VERSIONED, StateBucket
from delivery.locks import Locks
from delivery.owners import Life, Machine, judge

STATE, LOCK = "state", "lock"


def state_bucket(s3: Any, name: str, *, account: str, region: str) -> Iterator[Finding]:
    """Whether the bucket is there, versioned and encrypted; also whether it is closed, and refuses plain HTTP."""
    what = f"bucket {name}"
    try:
        look = StateBucket(s3, name, account=account, region=region).look()
    except Refused:
        yield warning(
            STATE,
            f"{what} is of another account than {account}, or may not be looked at",
            f"`aws s3api get-bucket-versioning --bucket {name}`, as who may, says whether it keeps earlier states",
        )
        return
    except Exception as error:
        if "AccessDenied" not in error_code(error):
            raise
        yield warning(STATE, f"{what} may not be looked at", "ask as an administrator of its account")
        return
    if not look.exists:
        yield problem(STATE, f"{what} does not exist", "`./slipway init` makes it, or correct the state's URL")
        return
    bad = [lack for lack in look.lacks if lack in (VERSIONED, ENCRYPTED)]
    if bad:
        yield problem(
            STATE, f"{what} has no {' and no '.join(bad)}", "`./slipway init` mends it, and changes nothing else"
        )
    rest = [lack for lack in look.lacks if lack not in bad]
    if rest:
        yield warning(STATE, f"{what} lacks: {', '.join(rest)}", "`./slipway init` mends it, and changes nothing else")
    if not look.lacks:
        yield ok(STATE, f"{what}: versions, encryption, closed, TLS only")


def locks(found: Locks, machine: Machine, stack: str, now: datetime, session: timedelta) -> Iterator[Finding]:
    """Whether the stack is locked, and by whom. session: so long AWS lets an update act at most."""
    all_ = found.all()
    if not all_:
        yield ok(LOCK, "nobody holds one")
    for lock in all_:
        owner = judge(lock, machine)
        what = f"{lock.user}@{lock.host}, process {lock.pid}, since {lock.at:%Y-%m-%d %H:%M %Z}: {owner.why}"
        unlock = f"./slipway unlock -s {stack}"
        if owner.life == Life.GONE:
            yield problem(LOCK, what, f"`{unlock}` removes it")
        elif owner.life == Life.ALIVE:
            yield ok(LOCK, what)
        elif now - lock.at > session:
            yield problem(LOCK, f"{what}; no session lasts so long", f"`{unlock} --owner-is-gone` removes it")
        else:
            yield warning(LOCK, what, f"look there whether its update has ended; then `{unlock} --owner-is-gone`")
