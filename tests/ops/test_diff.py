from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from click.testing import Result

from delivery.errors import DeliveryError
from delivery.records import Record
from delivery.schema import Schema
from ops import place
from ops.diff import diff
from tests.ops.conftest import ACCOUNT, World


@pytest.fixture
def production(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Another environment of the project."""
    made = World()
    Path("Pulumi.production.yaml").write_text(f'config:\n  aws:region: eu-central-1\n  shop:account: "{ACCOUNT}"\n')
    stores = {"staging": world, "production": made}
    monkeypatch.setattr(place.Place, "store", lambda self: stores[self.stack].store)
    return made


def serve(world: World, record: Record, **changes: object) -> None:
    record = replace(record, **changes)  # type: ignore[arg-type]
    world.store.write(record)
    world.serves(record)


def test_says_what_differs_between_what_serves(world: World, production: World, invoke: Callable[..., Result]) -> None:
    serve(world, world.released(3, schema=Schema(revision="0003")), settings={"scale": {"api": 1}, "nat": "none"})
    world.released(4, result="failed")
    serve(production, production.released(2, schema=Schema(revision="0002")), settings={"scale": {"api": "2-6"}})
    shown = invoke(diff, "staging", "production")
    assert shown.exit_code == 0
    assert [line.split() for line in shown.output.splitlines()] == [
        ["staging", "production"],
        ["version", "1.3.0", "1.2.0"],
        ["commit", "c3", "c2"],
        ["image.api", f"sha256:{'3' * 12}", f"sha256:{'2' * 12}"],
        ["schema.api", "0003", "0002"],
        ["settings.scale.api", "1", "2-6"],
        ["settings.nat", "none", "(not", "there)"],
    ]
    found = json.loads(invoke(diff, "staging", "production", "--json").stdout)
    assert found["before"] == {"environment": "staging", "version": "1.3.0", "release": "00000003"}
    assert found["same"] is False
    assert {"what": "version", "before": "1.3.0", "after": "1.2.0"} in found["differences"]


def test_the_same_release_in_both_differs_in_nothing(
    world: World, production: World, invoke: Callable[..., Result]
) -> None:
    serve(world, world.released(2))
    serve(production, production.released(2), watched={"api": ("production-errors",)})
    shown = invoke(diff, "staging", "production", "--expect-same")
    assert shown.exit_code == 0
    assert shown.output == "Nothing differs between staging and production: both serve 1.2.0.\n"


def test_it_fails_where_they_should_be_the_same_and_are_not(
    world: World, production: World, invoke: Callable[..., Result]
) -> None:
    serve(world, world.released(2))
    serve(production, production.released(1))
    error = invoke(diff, "staging", "production", "--expect-same").exception
    assert isinstance(error, DeliveryError)
    assert error.message == "staging and production differ in 3"
    assert error.fix == "`./slipway diff staging production`"


def test_services_that_are_ahead_are_named(world: World, production: World, invoke: Callable[..., Result]) -> None:
    record = world.released(2)
    serve(world, record)
    serve(production, production.released(2))
    pointer = production.store.pointer()
    assert pointer is not None
    production.store.point(replace(pointer, versions={"api": "1.3.0"}))
    assert "version.api" in invoke(diff, "staging", "production").output


def test_where_nothing_serves_there_is_nothing_to_compare(
    world: World, production: World, invoke: Callable[..., Result]
) -> None:
    serve(world, world.released(2))
    error = invoke(diff, "staging", "production").exception
    assert isinstance(error, DeliveryError)
    assert (error.message, error.fix) == (
        "nothing serves in production yet",
        "the first release: `pulumi up -s production`",
    )


def test_without_the_record_the_rest_is_compared(
    world: World, production: World, invoke: Callable[..., Result]
) -> None:
    serve(world, world.released(2))
    record = production.released(1)
    production.serves(record)
    production.bucket.objects[record.key] = b"{"
    found = invoke(diff, "staging", "production")
    assert found.exit_code == 0
    assert f"Warning: s3://bucket/{record.key}: not JSON" in found.stderr
    assert "its settings are not compared" in found.stderr
    assert found.stdout.splitlines()[1].split() == ["version", "1.2.0", "1.1.0"]


def test_a_refusal_of_aws_names_the_environment(
    world: World, production: World, invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(world, world.released(2))

    def refuse() -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")

    monkeypatch.setattr(production.store, "pointer", refuse)
    error = invoke(diff, "staging", "production").exception
    assert isinstance(error, DeliveryError)
    assert error.message == "production: GetObject: AccessDenied: no"


def test_two_environments_are_needed(world: World, invoke: Callable[..., Result]) -> None:
    assert invoke(diff, "staging").exit_code == 2
    assert "Example: ./slipway diff staging production" in invoke(diff, "--help").output
