"""Locks as Pulumi's engine writes them, in a folder and in a bucket."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from delivery.errors import RecordError
from delivery.locks import BucketLocks, FolderLocks, Lock, folder_of
from tests.delivery.fake_clients import FakeClients
from tests.delivery.fakes import FakeAws

#: As an engine 3.255 wrote it.
WRITTEN = '{"pid":9544,"username":"ada","hostname":"build-7","timestamp":"2026-11-21T06:59:16.841131996Z"}'
NAME = "25390f34-5b19-4728-84d2-29e931337662.json"
FOLDER = ".pulumi/locks/organization/shop/staging"


def test_it_lies_where_the_engine_puts_it() -> None:
    assert folder_of("shop", "staging") == FOLDER


def test_what_the_engine_wrote_is_read() -> None:
    lock = Lock.from_json(WRITTEN, "here", NAME)
    assert (lock.pid, lock.user, lock.host) == (9544, "ada", "build-7")
    assert lock.at == datetime(2026, 11, 21, 6, 59, 16, 841131, tzinfo=UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"pid": 0},
        {"pid": -1},
        {"pid": True},
        {"pid": "12"},
        {"hostname": ""},
        {"hostname": None},
        {"timestamp": "then"},
    ],
)
def test_what_cannot_be_read_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="here: is no lock that can be read"):
        Lock.from_json(json.dumps({**json.loads(WRITTEN), **changes}), "here", NAME)


@settings(derandomize=True, database=None)
@given(text=some.one_of(some.text(), some.binary(), some.recursive(some.integers(), some.lists).map(json.dumps)))
def test_any_other_text_is_refused(text: str | bytes) -> None:
    with pytest.raises(RecordError):
        Lock.from_json(text, "here", NAME)


def test_in_a_folder_only_the_stacks_own_are_seen_and_one_is_removed_whole(tmp_path: Path) -> None:
    for stack in ("staging", "production"):
        folder = tmp_path / folder_of("shop", stack)
        folder.mkdir(parents=True)
        (folder / NAME).write_text(WRITTEN)
        (folder / f"{NAME}.attrs").write_text("{}")
    locks = FolderLocks(tmp_path, "shop", "staging")
    (lock,) = locks.all()
    assert lock.where == str(tmp_path / FOLDER / NAME)
    locks.remove(lock)
    assert locks.all() == []
    assert list((tmp_path / FOLDER).iterdir()) == []
    assert len(FolderLocks(tmp_path, "shop", "production").all()) == 1


def test_no_folder_is_no_lock(tmp_path: Path) -> None:
    assert FolderLocks(tmp_path, "shop", "staging").all() == []


@pytest.mark.parametrize("prefix", ["", "/team/state", "team/state/"])
def test_in_a_bucket_they_lie_below_the_prefix_of_its_url(prefix: str) -> None:
    aws = FakeAws()
    root = f"{prefix.strip('/')}/" if prefix else ""
    aws.objects = {
        f"{root}{FOLDER}/{NAME}": WRITTEN.encode(),
        f"{root}{FOLDER}-2/{NAME}": WRITTEN.encode(),
        f"elsewhere/{FOLDER}/{NAME}": WRITTEN.encode(),
    }
    locks = BucketLocks(FakeClients(aws).s3, "state", prefix, "shop", "staging")  # type: ignore[attr-defined]
    (lock,) = locks.all()
    assert lock.where == f"s3://state/{root}{FOLDER}/{NAME}"
    locks.remove(lock)
    assert f"{root}{FOLDER}/{NAME}" not in aws.objects
    assert len(aws.objects) == 2
