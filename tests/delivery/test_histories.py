"""Finding the Pulumi update that ran a release, in the history of a state that Pulumi does not host."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from delivery.histories import BucketHistory, Entry, FolderHistory, entry_of, folder_of
from tests.delivery.fake_clients import FakeClients
from tests.delivery.fakes import FakeAws

FINISHED = "2026-01-02T03:20:05Z"
AT = int(datetime(2026, 1, 2, 3, 20, 5, tzinfo=UTC).timestamp())


def update(after: int, release: str, message: str = "", packed: str = "") -> dict[str, bytes]:
    """The two files of an update that ended so many seconds after the release."""
    stem = f"staging-{(AT + after) * 10**9}"
    resources = [
        {"type": "pulumi:pulumi:Stack", "outputs": {"releaseId": "other"}},
        {"type": "slipway:index:Release", "outputs": {"releaseId": release}},
    ]
    told = {"message": message, "startTime": AT - 900, "endTime": AT + after, "result": "succeeded"}
    content = {"history": told, "checkpoint": {"version": 3, "checkpoint": {"latest": {"resources": resources}}}}
    files = {f"{stem}.{kind}.json{packed}": json.dumps(found).encode() for kind, found in content.items()}
    return {name: gzip.compress(found) if packed else found for name, found in files.items()}


class Files(dict[str, bytes]):
    """A history that counts what is read."""

    def __init__(self, *updates: dict[str, bytes]) -> None:
        super().__init__({name: content for files in updates for name, content in files.items()})
        self.reads: list[str] = []

    def names(self) -> list[str]:
        return list(self)

    def read(self, name: str) -> bytes:
        self.reads.append(name)
        if name not in self:
            raise FileNotFoundError(name)
        return self[name]


def test_the_update_is_the_first_whose_state_names_the_release() -> None:
    files = Files(update(-500, "1"), update(2, "2", "ship it"), update(40, "2", "nothing moved"), update(900, "3"))
    name = f"staging-{(AT + 2) * 10**9}"
    expected = Entry(name=name, message="ship it", started=AT - 900, ended=AT + 2, result="succeeded")
    assert entry_of(files, "2", FINISHED) == expected


def test_a_machine_whose_clock_is_wrong_hinders_nothing() -> None:
    files = Files(update(-9000, "1"), update(-4000, "2", "ship it"), update(-100, "2"), update(500, "3"))
    found = entry_of(files, "2", FINISHED)
    assert found is not None
    assert found.message == "ship it"


def test_a_killed_update_left_none_and_few_states_are_read() -> None:
    files = Files(*(update(at, "other") for at in range(0, 40_000, 100)))
    assert entry_of(files, "2", FINISHED) is None
    assert len(files.reads) <= 6


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b'{"checkpoint": {"latest": 7}}', b"\xff"])
def test_a_state_that_cannot_be_read_names_nothing(content: bytes) -> None:
    files = Files(update(2, "2"))
    files[f"staging-{(AT + 2) * 10**9}.checkpoint.json"] = content
    assert entry_of(files, "2", FINISHED) is None


def test_a_message_shows_no_credentials() -> None:
    found = entry_of(Files(update(2, "2", "set DB_PASSWORD=hunter2")), "2", FINISHED)
    assert found is not None
    assert found.message == "set DB_PASSWORD=***"


def test_files_may_be_packed() -> None:
    found = entry_of(Files(update(2, "2", "ship it", ".gz")), "2", FINISHED)
    assert found is not None
    assert found.message == "ship it"


def test_a_history_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / folder_of("shop", "staging")
    folder.mkdir(parents=True)
    for name, content in update(2, "2", "ship it").items():
        (folder / name).write_bytes(content)
    found = entry_of(FolderHistory(tmp_path, "shop", "staging"), "2", FINISHED)
    assert found is not None
    assert entry_of(FolderHistory(tmp_path, "shop", "production"), "2", FINISHED) is None


def test_a_history_in_a_bucket() -> None:
    aws = FakeAws()
    aws.objects = {f"team/{folder_of('shop', 'staging')}/{name}": content for name, content in update(2, "2").items()}
    history = BucketHistory(cast(Any, FakeClients(aws)).s3, "state", "/team/", "shop", "staging")
    assert entry_of(history, "2", FINISHED) is not None
    aws.objects = {name: content for name, content in aws.objects.items() if "checkpoint" not in name}
    assert entry_of(history, "2", FINISHED) is None
