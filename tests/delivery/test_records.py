"""Documents in the bucket: as they are stored, read back, and refused; and how releases are found by name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from delivery.errors import NoSuchRelease, RecordError
from delivery.records import Journal, Pointer, Record, Served, bucket_name
from delivery.schema import Schema
from delivery.store import Store
from tests.delivery.fake_clients import AwsError, FakeClients
from tests.delivery.fakes import FakeAws

DIGEST = "sha256:" + "a" * 64
RECORD = Record(
    id="3f9c1e2a",
    environment="staging",
    version="1.8.0",
    commit="abc1234",
    source="build",
    services={"api": Served(image=f"repo@{DIGEST}", task_definition="arn:2")},
    before={"api": Served(image="repo@sha256:old", task_definition="arn:1")},
    result="succeeded",
    cause="",
    who="ada",
    why="",
    started="2026-01-02T03:04:05Z",
    finished="2026-01-02T03:20:05Z",
    seconds={"total": 960.0},
    deployments={"api": "d-1"},
    settings_hash="beef",
    settings={"scale": {"api": 2}},
    overrides=("an alarm rang",),
)
POINTER = Pointer(
    release=RECORD.id,
    record=RECORD.key,
    version="1.8.0",
    commit="abc1234",
    services=RECORD.services,
    since=RECORD.finished,
)


@pytest.fixture
def store() -> Store:
    return Store(cast(Any, FakeClients(FakeAws())).s3, "shop-staging-releases-111122223333")


def another(**changes: Any) -> Record:
    return replace(RECORD, **changes)


def test_the_bucket_is_a_convention() -> None:
    assert bucket_name("shop", "staging", "111122223333") == "shop-staging-releases-111122223333"
    assert bucket_name("My_Shop", "pr.7", "111122223333") == "my-shop-pr-7-releases-111122223333"


def test_long_names_are_cut_and_stay_two() -> None:
    names = {bucket_name("shop" * 20, stack, "111122223333") for stack in ("one", "two")}
    assert len(names) == 2
    assert {len(name) for name in names} == {63}


def test_a_record_is_stored_as_agreed() -> None:
    assert RECORD.key == "releases/20260102T030405Z-3f9c1e2a.json"
    stored = json.loads(RECORD.to_json())
    assert list(stored)[:3] == ["schema", "id", "environment"]
    assert stored["schema"] == 1
    assert stored["from"] == {"api": {"image": "repo@sha256:old", "task_definition": "arn:1"}}
    assert "before" not in stored


def test_documents_are_read_back() -> None:
    assert Record.from_json(RECORD.to_json(), "here") == RECORD
    assert Pointer.from_json(POINTER.to_json(), "here") == POINTER
    journal = Journal(step="shift", record=RECORD, held=("service/a/b",))
    assert Journal.from_json(journal.to_json(), "here") == journal


def test_the_pointer_says_digests_by_service() -> None:
    assert json.loads(POINTER.to_json())["digests"] == {"api": DIGEST}


def test_fields_of_a_newer_checkout_pass() -> None:
    stored = {**json.loads(RECORD.to_json()), "site": "abc"}
    assert Record.from_json(json.dumps(stored), "here") == RECORD


def test_schemas_are_read_back_and_a_record_from_before_them_has_none() -> None:
    migrated = another(schemas={"api": Schema(revision="0002", known=("0001", "0002"))})
    stored = json.loads(migrated.to_json())
    assert stored["schemas"] == {"api": {"revision": "0002", "known": ["0001", "0002"]}}
    assert Record.from_json(migrated.to_json(), "here") == migrated
    journal = Journal(step="migrate api", record=migrated)
    assert Journal.from_json(journal.to_json(), "here") == journal
    del stored["schemas"]
    assert Record.from_json(json.dumps(stored), "here") == RECORD


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "here: written in schema 2, this checkout reads 1"),
        ({"id": None}, "here: id should be a string, is None"),
        (
            {"result": "won"},
            "here: result should be one of succeeded, refused, failed, cancelled, taken back, is 'won'",
        ),
        ({"services": ["api"]}, "here: services should be an object, is ['api']"),
        ({"services": {"api": {"image": "x"}}}, "here: services.api: task_definition is missing"),
        ({"seconds": {"total": True}}, "here: seconds.total should be a number, is True"),
        ({"deployments": {"api": 1}}, "here: deployments.api should be a string, is 1"),
        ({"schemas": {"api": {"revision": "1"}}}, "here: schemas.api: known is missing"),
        ({"schemas": []}, "here: schemas should be an object, is []"),
        ({"overrides": [1]}, "here: overrides[0] should be a string, is 1"),
    ],
)
def test_a_wrong_document_is_refused_with_its_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError) as refused:
        Record.from_json(json.dumps({**json.loads(RECORD.to_json()), **change}), "here")
    assert refused.value.message == message
    assert refused.value.fix


@pytest.mark.parametrize("text", ["{", "[]", "7"])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="here: not"):
        Record.from_json(text, "here")


def test_a_missing_field_is_named() -> None:
    stored = json.loads(RECORD.to_json())
    del stored["who"]
    with pytest.raises(RecordError, match="here: who is missing"):
        Record.from_json(json.dumps(stored), "here")


def test_an_empty_bucket_has_nothing(store: Store) -> None:
    assert (store.latest(), store.pointer(), store.journal()) == ([], None, None)


def test_a_bucket_that_does_not_exist_yet_has_nothing() -> None:
    class NoBucket:
        def get_paginator(self, name: str) -> Any:
            raise AwsError("NoSuchBucket")

    assert Store(cast(Any, NoBucket()), "bucket").latest() == []


def test_the_newest_come_first(store: Store) -> None:
    for day in ("05", "03", "04"):
        store.write(another(id=day * 4, started=f"2026-01-{day}T00:00:00Z"))
    assert [record.id for record in store.latest(2)] == ["05050505", "04040404"]


def test_pointer_and_journal_come_and_go(store: Store) -> None:
    store.point(POINTER)
    store.note(Journal(step="bake", record=RECORD))
    assert store.pointer() == POINTER
    assert store.journal() == Journal(step="bake", record=RECORD)
    store.close_journal()
    assert store.journal() is None


@pytest.mark.parametrize("name", ["3f9c1e2a", "1.8.0", "v1.8.0", "abc1234", DIGEST, f"repo@{DIGEST}"])
def test_a_release_is_found_by_any_of_its_names(store: Store, name: str) -> None:
    store.write(RECORD)
    assert store.resolve(name) == RECORD


def test_of_several_the_newest_that_succeeded_is_meant(store: Store) -> None:
    store.write(another(id="0" * 8, started="2026-01-01T00:00:00Z"))
    store.write(another(id="1" * 8, started="2026-01-02T00:00:00Z"))
    store.write(another(id="2" * 8, started="2026-01-03T00:00:00Z", result="failed"))
    assert store.resolve("1.8.0").id == "1" * 8
    assert store.resolve("2" * 8).result == "failed"


def test_one_that_only_failed_is_found_too(store: Store) -> None:
    store.write(another(result="failed"))
    assert store.resolve("1.8.0").result == "failed"


def test_an_unknown_name_is_refused_with_the_way_out(store: Store) -> None:
    store.write(RECORD)
    with pytest.raises(NoSuchRelease) as refused:
        store.resolve("9.9.9")
    assert refused.value.message == (
        "9.9.9: no release in s3://shop-staging-releases-111122223333 has this id, version or digest"
    )
    assert "./slipway history" in refused.value.fix


def test_a_record_that_went_away_meanwhile_is_refused(store: Store) -> None:
    store.write(RECORD)
    objects = store._s3._aws.objects  # type: ignore[attr-defined]
    key = next(iter(objects))
    original = store._keys
    store._keys = lambda: (original(), objects.pop(key, None))[0]  # type: ignore[method-assign]
    with pytest.raises(NoSuchRelease, match="gone"):
        store.resolve("3f9c1e2a")


def test_what_succeeded_before_is_known(store: Store) -> None:
    """Images alone are not a release: other settings, or other versions of secrets, are other task definitions."""
    equal = {("arn:same", RECORD.services["api"].task_definition)}

    def same(one: str, other: str) -> bool:
        return one == other or (one, other) in equal or (other, one) in equal

    store.write(another(result="failed"))
    assert not store.succeeded_before(RECORD.services, same)
    store.write(another(id="1" * 8))
    assert store.succeeded_before(RECORD.services, same)
    services = RECORD.services
    registered_again = {**services, "api": replace(services["api"], task_definition="arn:same")}
    assert store.succeeded_before(registered_again, same)
    for change in ({"task_definition": "arn:other"}, {"image": "registry/api@sha256:other"}):
        assert not store.succeeded_before({**services, "api": replace(services["api"], **change)}, same)
    assert not store.succeeded_before({}, same)
