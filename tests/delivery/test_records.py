"""Documents in the bucket: as they are stored, read back, and refused; and how releases are found by name."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as some

from delivery.errors import NoSuchRelease, RecordError
from delivery.records import Journal, Pointer, Record, Served, bucket_name
from delivery.schema import Schema
from delivery.store import AT_ONCE, Store
from delivery.update import Update
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
    before_release="00000001",
    before_version="1.7.4",
    update=Update(project="shop", stack="staging", host="runner-3", run="https://github.com/acme/shop/actions/runs/7"),
    watched={"api": ("api-errors", "api-latency")},
    warm_until="2026-01-02T04:20:05Z",
)
ROOT = Path(__file__).resolve().parents[2]
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
    assert (stored["from_release"], stored["from_version"]) == ("00000001", "1.7.4")
    assert not [name for name in stored if name.startswith("before")]


def test_a_record_of_earlier_days_is_read_and_lacks_what_came_later() -> None:
    text = (Path(__file__).parent / "record_of_earlier_days.json").read_text()
    record = Record.from_json(text, "here")
    assert (record.id, record.version, record.why) == ("f5a4ede7", "1.0.0", "customers miss the old greeting")
    assert record.seconds["total"] == 114.0
    assert (record.before_version, record.update, record.watched, record.warm_until) == ("", Update(), {}, "")
    assert Record.from_json(record.to_json(), "here") == record


def test_an_older_checkout_reads_what_this_one_writes() -> None:
    # It knew fewer fields, none of which may be missing now.
    needed = json.loads((Path(__file__).parent / "record_of_earlier_days.json").read_text())
    stored = json.loads(RECORD.to_json())
    assert needed.keys() <= stored.keys()
    assert stored["schema"] == needed["schema"]


def test_the_page_about_records_names_every_field_and_its_example_is_one() -> None:
    page = (ROOT / "docs" / "records.md").read_text()
    example = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert example
    record = Record.from_json(example[1], "docs/records.md")
    assert json.loads(example[1]).keys() == {"schema", *record.stored()}
    cells = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    assert {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)} == {"schema", *record.stored()}
    assert {part.name for part in fields(Update)} <= set(re.findall(r"`([a-z]+)`", page))


ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(name=some.sampled_from(sorted(json.loads(RECORD.to_json()))), value=ANYTHING)
def test_whatever_a_field_holds_a_record_is_read_or_refused_with_what_to_do(name: str, value: Any) -> None:
    text = json.dumps({**json.loads(RECORD.to_json()), name: value})
    refused: RecordError | None = None
    try:
        record = Record.from_json(text, "s3://bucket/key")
    except RecordError as error:
        refused = error
    if refused is not None:
        assert refused.message.startswith("s3://bucket/key: ")
        assert refused.fix
    else:
        assert Record.from_json(record.to_json(), "here").id == record.id


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
        ({"started": "yesterday"}, "here: started should be a time in ISO 8601 with its zone, is 'yesterday'"),
        ({"finished": "2026-01-02"}, "here: finished should be a time in ISO 8601 with its zone, is '2026-01-02'"),
        ({"seconds": {"bake": float("nan")}}, "here: seconds.bake should be a finite number, is nan"),
        ({"update": {"run": 7}}, "here: update.run should be a string, is 7"),
        ({"watched": {"api": "x"}}, "here: watched: api should be a list, is 'x'"),
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


def test_what_served_before_is_known_by_its_images(store: Store) -> None:
    declared = RECORD.settings_hash, RECORD.secrets
    assert not store.served_before(RECORD.digests)
    store.write(replace(RECORD, result="succeeded"))
    assert store.served_before(RECORD.digests)
    assert store.served_before(RECORD.digests, declared)
    assert not store.served_before(RECORD.digests, ("other", RECORD.secrets))
    assert not store.served_before(RECORD.digests, (RECORD.settings_hash, {"DB": "arn:other"}))
    assert not store.served_before(frozenset(), None)


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


def test_one_that_cannot_be_read_hides_no_other(store: Store) -> None:
    for day in ("03", "04", "05"):
        store.write(another(id=day * 4, started=f"2026-01-{day}T00:00:00Z", version=f"1.{int(day)}.0"))
    objects = store._s3._aws.objects  # type: ignore[attr-defined]
    broken, newer = "releases/20260104T000000Z-04040404.json", "releases/20260105T000000Z-05050505.json"
    objects[broken] = b'{"schema": 1'
    objects[newer] = json.dumps({**json.loads(objects[newer]), "schema": 2}).encode()
    found = store.look()
    assert [record.id for record in found.records] == ["03030303"]
    assert [error.message for error in found.unreadable] == [
        f"s3://{store.bucket}/{newer}: written in schema 2, this checkout reads 1",
        f"s3://{store.bucket}/{broken}: not JSON (Expecting ',' delimiter: line 1 column 13 (char 12))",
    ]
    assert found.unreadable[0].fix == "use the version of Slipway that wrote it, or a newer one"
    assert found.unreadable[1].fix.startswith("the bucket keeps earlier versions of every document")
    assert store.resolve("1.3.0").id == "03030303"
    with pytest.raises(NoSuchRelease, match=r"9\.9\.9: .*; 2 could not be read, the first is s3://.*schema 2"):
        store.resolve("9.9.9")
    with pytest.raises(RecordError, match="not JSON"):
        store.resolve("04040404")


def test_a_name_is_looked_for_no_further_than_it_is_found(store: Store) -> None:
    for number in range(200):
        store.write(another(id=f"{number:08x}", started=f"2026-01-01T{number // 60:02d}:{number % 60:02d}:00Z"))
    aws = store._s3._aws  # type: ignore[attr-defined]
    aws.calls.clear()
    assert store.resolve("1.8.0").id == f"{199:08x}"
    assert len(aws.calls) <= 1 + AT_ONCE
    aws.calls.clear()
    assert store.resolve(f"{7:08x}").id == f"{7:08x}"
    assert aws.calls == ["list_objects_v2", "get_object"]
