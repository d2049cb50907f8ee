"""The versions of a state in a bucket: which are there, which the engine finds, what each says."""

from __future__ import annotations

import gzip
import json
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from delivery.errors import RecordError
from delivery.states import Change, State, States, worth_showing
from tests.delivery.versioned import VersionedBucket

KEY = "team/.pulumi/stacks/shop/staging.json"
HISTORY = "team/.pulumi/history/shop/staging/staging-"


def written(*resources: tuple[str, str], pending: int = 0) -> bytes:
    """A state as an engine 3.255 writes it, as far as it is read."""
    latest = {
        "manifest": {"time": "2026-11-21T06:59:16Z", "version": "v3.255.0"},
        "secrets_providers": {"type": "cloud", "state": {"url": "awskms://alias/shop"}},
        "resources": [{"urn": urn, "custom": bool(id_), "id": id_, "type": "t"} for urn, id_ in resources],
        "pending_operations": [{"resource": {}, "type": "creating"}] * pending,
    }
    checkpoint = {"stack": "organization/shop/staging", "latest": latest}
    return json.dumps({"version": 3, "checkpoint": checkpoint}).encode()


def ended(bucket: VersionedBucket, number: int, message: str) -> None:
    """Write an update's entry in the history, and the state after it."""
    entry = {"message": message, "result": "succeeded", "startTime": 1, "endTime": 2}
    bucket.write(f"{HISTORY}{number}.history.json", json.dumps(entry).encode())
    bucket.write(f"{HISTORY}{number}.checkpoint.json", b"{}")


def states(bucket: VersionedBucket) -> States:
    return States(cast(Any, bucket), "state", "/team/", "shop", "staging")


def test_what_the_engine_wrote_is_read() -> None:
    assert State.from_json(written(("a", "1"), ("b", ""), pending=2), "here") == State({"a": "1", "b": ""}, 2)
    assert State.from_json(gzip.compress(written(("a", "1"))), "here") == State({"a": "1"})


def test_a_stack_without_an_update_knows_nothing() -> None:
    absent: tuple[dict[str, str] | None, ...] = ({}, None)
    for latest in absent:
        assert State.from_json(json.dumps({"checkpoint": {"latest": latest}}).encode(), "here") == State({})


@settings(derandomize=True, database=None)
@given(length=some.integers(0, 400))
def test_a_part_of_a_state_is_none(length: int) -> None:
    whole = written(("a", "1"), ("b", "2"))
    for content in (whole, gzip.compress(whole)):
        with pytest.raises(RecordError, match="here: is no state that can be read"):
            State.from_json(content[: min(length, len(content) - 1)], "here")


@settings(derandomize=True, database=None)
@given(content=some.one_of(some.binary(), some.recursive(some.integers(), some.lists).map(json.dumps).map(str.encode)))
def test_anything_else_is_none(content: bytes) -> None:
    with pytest.raises(RecordError):
        State.from_json(content, "here")


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_versions_come_newest_first_and_are_the_stacks_alone(page: int) -> None:
    bucket = VersionedBucket(page=page)
    for key in (KEY, f"{KEY}.bak", KEY.replace("staging", "staging2"), KEY):
        bucket.write(key, written())
    bucket.write(KEY, None)
    found = states(bucket).versions()
    assert [(one.id, one.deleted, one.current) for one in found] == [
        ("v005", True, False),
        ("v004", False, False),
        ("v001", False, False),
    ]


def test_the_engine_finds_what_was_written_last_packed_or_not() -> None:
    bucket = VersionedBucket()
    bucket.write(KEY, written())
    bucket.write(f"{KEY}.gz", gzip.compress(written(("a", "1"))))
    (current,) = [one for one in states(bucket).versions() if one.current]
    assert (current.key, states(bucket).read(current)) == (f"{KEY}.gz", State({"a": "1"}))


def test_each_update_is_shown_with_the_state_that_it_ended_with() -> None:
    bucket = VersionedBucket()
    bucket.write(KEY, written())  # v001: `pulumi stack init`
    bucket.write(KEY, written(("a", "1")))  # v002
    ended(bucket, 1, "first, password=hunter2")
    bucket.write(KEY, written(("a", "1"), ("b", "2")))  # v005
    bucket.write(KEY, written(("a", "1"), ("b", "3")))  # v006
    ended(bucket, 2, "second")
    bucket.write(KEY, b"{")  # v009
    bucket.write(KEY, None)  # v010
    found = states(bucket)
    shown = worth_showing(found.versions(), found.ended())
    told = [(version.id, found.told(update) if update else "") for version, update in shown]
    assert told == [
        ("v010", ""),
        ("v009", ""),
        ("v006", "second (succeeded)"),
        ("v002", "first, password=*** (succeeded)"),
    ]


def test_an_update_that_cannot_be_read_says_nothing() -> None:
    bucket = VersionedBucket()
    bucket.write(f"{HISTORY}1.history.json", b"{")
    bucket.write(f"{HISTORY}2.history.json", b"[]")
    bucket.write(f"{HISTORY}3.history.json", b"{}")
    found = states(bucket)
    entries = found.ended()
    del bucket.kept[f"{HISTORY}3.history.json"]
    assert [found.told(one) for one in entries] == ["", "", ""]


def test_a_version_is_restored_by_a_copy_and_nothing_is_lost() -> None:
    bucket = VersionedBucket()
    bucket.write(KEY, written(("a", "1")))
    bucket.write(KEY, b"{")
    found = states(bucket)
    found.restore(found.versions()[1])
    assert bucket.copied == [{"Bucket": "state", "Key": KEY, "VersionId": "v001"}]
    assert bucket.content(KEY) == written(("a", "1"))
    assert [one.id for one in found.versions()] == ["v003", "v002", "v001"]


def test_two_states_are_compared_by_what_they_know() -> None:
    change = Change.between(State({"a": "1", "b": "2", "c": "3"}), State({"a": "1", "b": "9", "d": "4"}))
    assert change == Change(added=("d",), forgotten=("c",), other=("b",))
    assert change
    assert not Change.between(State({"a": "1"}), State({"a": "1"}, pending=1))
