"""What the records say about databases, whatever became of the releases that changed them."""

from __future__ import annotations

from dataclasses import replace

from delivery.migrated import author, current, known_to
from delivery.records import Record, Served
from delivery.schema import UNKNOWN, Schema
from tests.delivery.test_records import RECORD


def schema(revision: str, *known: str) -> Schema:
    return Schema(revision=revision, known=known)


def record(digit: str, **schemas: Schema) -> Record:
    served = Served(image=f"repo@sha256:{digit * 64}", task_definition=f"arn:{digit}")
    return replace(RECORD, services={"api": served}, schemas=schemas)


def test_the_newest_record_says_what_a_database_is_at_whatever_its_result() -> None:
    failed = replace(record("b", api=schema("0003", "0001", "0003")), result="failed")
    records = [record("c"), failed, record("a", api=schema("0001", "0001"))]
    assert current(records, "api") == schema("0003", "0001", "0003")
    assert current(records, "web") is None
    assert known_to(records, "api", "sha256:" + "a" * 64) == ("0001",)
    assert known_to(records, "api", "sha256:" + "c" * 64) == ()
    assert author(records, "api", "0003") == failed
    assert author(records, "api", "0009") is None


def test_a_migration_that_told_nothing_hides_nothing_that_was_told_before() -> None:
    records = [record("a", api=schema(UNKNOWN)), record("a", api=schema("0001", "0001"))]
    assert current(records, "api") == schema(UNKNOWN)
    assert known_to(records, "api", "sha256:" + "a" * 64) == ("0001",)
