"""Compares what was seen of a cell with what should be; every difference is one sentence. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from rehearsal.faults.expected import End, Expectation
from rehearsal.faults.seen import Ended, Seen, Serving


def judge(expected: Expectation, seen: Seen) -> list[str]:
    """Return everything that is not as it should be; nothing where all is well."""
    if not seen.reached:
        return [f"the stage was never reached: the update ended before it with {_ending(seen.first)}"]
    return [
        *_first(expected, seen),
        *_users(expected, seen),
        *_next(seen),
        *_drift(seen),
        *_deployments(expected, seen),
        *_records(expected, seen),
        *(f"left over: {what}" for what in seen.left),
        *seen.wrong,
    ]


def end_of(seen: Seen) -> End:
    """How the release ended that the fault met: as the update says, and where it failed, as the record does."""
    if seen.first.code == 0:
        return End.DELIVERED
    first = seen.records[0]["result"] if seen.records else ""
    if first and first != "succeeded":
        return End.TAKEN_BACK
    # A record that succeeded may be the next update's.
    ended_then = seen.records and not seen.interrupted
    return End.DELIVERED if ended_then and seen.serving and seen.serving.version == seen.version else End.INTERRUPTED


def _first(expected: Expectation, seen: Seen) -> Iterator[str]:
    end = end_of(seen)
    if end not in expected.ends:
        allowed = " or ".join(sorted(one.value for one in expected.ends))
        yield f"the release should have been {allowed}, but was {end.value}: {_ending(seen.first)}"
        return
    if end == End.DELIVERED:
        if seen.first.code != 0 and not expected.any_code:
            yield f"the new version serves, but the update ended with {_ending(seen.first)}"
        if expected.settles:
            yield from _serves(seen.serving, seen.version, "after the update")
    elif end == End.TAKEN_BACK:
        yield from _serves(seen.serving, seen.before, "after the update failed")
        cause = str(seen.records[0].get("cause", ""))
        if expected.cause and not re.search(expected.cause, cause):
            yield f"the record should say why (/{expected.cause}/), but says: {cause or 'nothing'}"
    elif expected.cause and not re.search(expected.cause, "\n".join(seen.first.told)):
        yield f"the update should say why (/{expected.cause}/), but says: {_ending(seen.first)}"


def _users(expected: Expectation, seen: Seen) -> Iterator[str]:
    unforced = [failure for failure in seen.failures if not 0 <= failure.after <= expected.forces]
    if unforced:
        kinds = Counter(failure.problem for failure in unforced)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        moments = [failure.after for failure in unforced]
        span = f"{min(moments):+.1f} s to {max(moments):+.1f} s after the fault"
        yield f"{len(unforced)} of {seen.requests} users' requests failed without need ({told}; {span})"
    if seen.lost:
        yield f"{seen.lost} requests were sent and never counted"
    if not seen.requests:
        yield "no user asked anything: nothing is proved"


def _next(seen: Seen) -> Iterator[str]:
    if seen.next is None:
        yield "there was no next update"
        return
    if seen.next.code != 0:
        yield f"the next update should have ended well, but ended with {_ending(seen.next)}"
    yield from _serves(seen.after, seen.version, "after the next update")
    if seen.pointer != seen.version:
        yield f"the environment says that it serves {seen.pointer or 'nothing'}, not {seen.version}"


def _drift(seen: Seen) -> Iterator[str]:
    if seen.drift:
        yield f"a preview still proposes changes: {'; '.join(seen.drift)}"


def _deployments(expected: Expectation, seen: Seen) -> Iterator[str]:
    own = [one for one in seen.deployments if one.creator != "codeDeployRollback"]
    for release, count in sorted(Counter(one.release for one in own).items()):
        if not release:
            yield f"{count} deployment(s) bear no mark of ours"
        elif count > 1:
            yield f"release {release} has {count} deployments, and should have one"
    if expected.resumed and len(own) > 1:
        yield f"the interrupted release should have been taken up, but there are {len(own)} deployments instead of one"
    if not own and seen.next is not None:
        yield "there is no deployment at all"


def _records(expected: Expectation, seen: Seen) -> Iterator[str]:
    results = [str(record["result"]) for record in seen.records]
    if not results or results[-1] != "succeeded":
        said = ", ".join(results) or "nothing"
        yield f"the last record should say that the release succeeded; the records say: {said}"
    if expected.resumed and end_of(seen) == End.INTERRUPTED:
        ids = {str(record["id"]) for record in seen.records}
        if not seen.interrupted:
            yield "the interrupted update left no journal"
        elif ids != {seen.interrupted}:
            others = ", ".join(sorted(ids))
            yield f"the record should be of the interrupted release {seen.interrupted}, but is of {others}"
    for record in seen.records:
        if record["result"] != "succeeded" and not record.get("cause"):
            yield f"the record of release {record['id']} says {record['result']}, and not why"


def _serves(serving: Serving | None, version: str, when: str) -> Iterator[str]:
    if serving is None:
        yield f"{when}, nothing serves"
    elif serving.version != version:
        yield f"{when}, {version} should serve, but {serving.version or 'something else'} does"
    elif serving.share != 100:
        yield f"{when}, {version} should have all traffic, but has {serving.share}%"
    elif serving.running < serving.desired:
        yield f"{when}, {serving.running} of {serving.desired} tasks run"


def _ending(ended: Ended) -> str:
    said = " ".join(" ".join(ended.told).split())
    return f"{ended.code}{f' ({said[:400]})' if said else ''}"
