"""What is said about two releases, and about the way from one to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from delivery.compare import changed, differences
from delivery.records import Record, Served
from tests.delivery.test_records import RECORD

ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/db-AbCdEf"


def test_nothing_is_said_of_equal_ones() -> None:
    assert differences(RECORD, replace(RECORD, id="0" * 8, version="1.9.0")) == []


def test_settings_are_named_to_the_leaf_and_secrets_with_their_versions() -> None:
    one = replace(
        RECORD,
        settings={"env": {"LEVEL": "info", "SAME": "x"}, "zones": 2, "tags": {}},
        secrets={"DB": f"{ARN}:key::v1", "GONE": f"{ARN}:::v1", "SAME": ARN, "MOVED": ARN},
    )
    other = replace(
        RECORD,
        settings={"env": {"LEVEL": "debug", "SAME": "x", "NEW": "1"}, "zones": 3, "tags": {}},
        secrets={"DB": f"{ARN}:key::v2", "SAME": ARN, "MOVED": "arn:aws:ssm:parameter/db"},
    )
    assert differences(one, other) == [
        "settings: env.LEVEL, env.NEW, zones",
        "secret DB: shop/db-AbCdEf v1 → shop/db-AbCdEf v2",
        "secret GONE: shop/db-AbCdEf v1 → none",
        "secret MOVED: shop/db-AbCdEf latest → arn:aws:ssm:parameter/db",
    ]


def test_a_release_is_compared_with_the_one_that_served_when_it_began() -> None:
    """Not with one that failed or was taken back meanwhile, nor with another release of its image."""

    def at(minute: int, digit: str, **changes: Any) -> Record:
        served = Served(image=f"registry/api@sha256:{digit * 64}", task_definition=f"arn:api:{digit}{minute}")
        started = f"2026-01-02T03:{minute:02d}:05Z"
        return replace(RECORD, **{"started": started, "services": {"api": served}, "settings": {}, **changes})

    first = at(1, "a", before={})
    quiet = at(2, "a", before=first.services, settings={"level": "info"})
    failed = at(3, "b", before=quiet.services, result="failed")
    gone = at(4, "a", before=quiet.services, settings={"level": "debug"})
    back = replace(gone, result="taken back", started="2026-01-02T03:05:05Z")
    newest = at(6, "b", before=quiet.services, settings={"level": "info"})
    refused = at(7, "b", before={}, result="refused", settings={"level": "warn"})
    records = [refused, newest, back, gone, failed, quiet, first]
    assert [changed(record, records) for record in records] == [
        ["settings: level"],
        ["image: api"],
        ["settings: level"],
        ["settings: level"],
        ["image: api", "settings: level"],
        ["settings: level"],
        [],
    ]
