"""Whose request it is: the account and the region, by its credentials. Accounts are kept apart by access key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ministack.core.responses import _account_from_sts_session

from rehearsal.aws.world import World

_CREDENTIAL = re.compile(rb"Credential=([^/\s]+)/[^/]*/([^/]*)/")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Caller:
    """An account, and the region that a request is for."""

    account: str
    region: str


def caller(world: World, headers: Mapping[bytes, bytes]) -> Caller:
    """Return whose request it is: of the key's account, if it names one or is a session's; else of the world's."""
    found = _CREDENTIAL.search(headers.get(b"authorization", b""))
    if found is None:
        return Caller(world.account, world.region)
    key, region = found[1].decode("latin-1"), found[2].decode("latin-1")
    account = key if _ACCOUNT.fullmatch(key) else _account_from_sts_session(key)
    return Caller(account or world.account, region or world.region)
