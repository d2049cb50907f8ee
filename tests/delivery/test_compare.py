"""What is said about two releases that run the same image."""

from __future__ import annotations

from dataclasses import replace

from delivery.compare import differences
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
