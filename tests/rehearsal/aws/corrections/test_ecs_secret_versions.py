"""Versions of secrets, as tasks get them and as they are listed."""

from __future__ import annotations

from typing import Any

import pytest
from ministack.services import ecs

from rehearsal.aws.corrections import ecs_secret_versions

pytestmark = pytest.mark.ministack


@pytest.fixture
def secrets(ministack: Any) -> Any:
    return ministack.client("secretsmanager")


class Rotated:
    """A secret that had the values one, two and three, and the ids of its versions."""

    def __init__(self, secrets: Any) -> None:
        self.client = secrets
        made = secrets.create_secret(Name="shop/db", SecretString='{"key": "one"}')
        self.arn = made["ARN"]
        self.versions = [made["VersionId"]] + [
            secrets.put_secret_value(SecretId="shop/db", SecretString=f'{{"key": "{value}"}}')["VersionId"]
            for value in ("two", "three")
        ]

    def listed(self, *, deprecated: bool) -> list[int]:
        """Which of the three versions are listed."""
        found = self.client.list_secret_version_ids(SecretId=self.arn, IncludeDeprecated=deprecated)["Versions"]
        return sorted(self.versions.index(version["VersionId"]) for version in found)


def given(value_from: str) -> str:
    """The value that a container gets for a reference."""
    resolved = ecs._resolve_container_secrets({"name": "api", "secrets": [{"name": "DB", "valueFrom": value_from}]})
    return str(resolved["DB"])


def test_stock_ministack_hands_over_the_current_version_whatever_is_named(secrets: Any) -> None:
    rotated = Rotated(secrets)
    assert given(f"{rotated.arn}:key::{rotated.versions[1]}") == "three"


def test_stock_ministack_deletes_a_version_with_its_last_label(secrets: Any) -> None:
    rotated = Rotated(secrets)
    assert rotated.listed(deprecated=True) == [1, 2]


@pytest.mark.parametrize(("place", "value"), [(0, "one"), (1, "two"), (2, "three")])
def test_a_task_gets_the_version_that_is_named(secrets: Any, binding: Any, place: int, value: str) -> None:
    ecs_secret_versions.apply(binding)
    rotated = Rotated(secrets)
    assert given(f"{rotated.arn}:key::{rotated.versions[place]}") == value
    assert given(f"{rotated.arn}:::{rotated.versions[place]}") == f'{{"key": "{value}"}}'


def test_stages_and_plain_references_still_work(secrets: Any, binding: Any) -> None:
    ecs_secret_versions.apply(binding)
    rotated = Rotated(secrets)
    assert given(f"{rotated.arn}:key:AWSPREVIOUS:") == "two"
    assert given(f"{rotated.arn}:key::") == "three"
    assert given(rotated.arn) == '{"key": "three"}'


@pytest.mark.parametrize("tail", [":key::no-such-version", ":no-such-key::", ":key:NO_SUCH_STAGE:"])
def test_what_is_not_there_starts_no_task(secrets: Any, binding: Any, tail: str) -> None:
    ecs_secret_versions.apply(binding)
    with pytest.raises(ecs._SecretResolutionError):
        given(Rotated(secrets).arn + tail)


def test_a_key_that_a_version_lacks_starts_no_task(secrets: Any, binding: Any) -> None:
    ecs_secret_versions.apply(binding)
    rotated = Rotated(secrets)
    with pytest.raises(ecs._SecretResolutionError, match="json key 'other'"):
        given(f"{rotated.arn}:other::{rotated.versions[0]}")


def test_deprecated_versions_are_kept_and_listed_on_request(secrets: Any, binding: Any) -> None:
    ecs_secret_versions.apply(binding)
    rotated = Rotated(secrets)
    assert rotated.listed(deprecated=True) == [0, 1, 2]
    assert rotated.listed(deprecated=False) == [1, 2]
    assert set(secrets.describe_secret(SecretId=rotated.arn)["VersionIdsToStages"]) == set(rotated.versions[1:])
    assert rotated.listed(deprecated=True) == [0, 1, 2]
