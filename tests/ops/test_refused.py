"""Going back to what cannot be gone back to: the reason, the way out, and nothing half done, on both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from delivery.errors import DeliveryError
from delivery.schema import Schema
from delivery.store import Store
from ops import place
from ops.rollback import rollback
from tests.delivery.fakes import BUCKET, image, release_plan, service_plan
from tests.delivery.scene import run
from tests.ops.conftest import Registry
from tests.ops.environment import Environment

Prepare = Callable[[Environment, pytest.MonkeyPatch], None]
#: What only looks, at AWS.
LOOKS = ("get_", "list_", "describe_", "head_", "batch_get_")


@pytest.fixture
def released(environment: Environment) -> Environment:
    """1.7.4 served, 1.7.5 was refused, 1.8.0 serves; nothing is warm any more."""
    aws, bad = environment.aws, environment.aws.define(3, image("c"))
    run(aws, release_plan(service_plan(environment.old, image("a")), version="1.7.4"))
    aws.answer = lambda definition, request: {"status": 500 if definition == bad else 200}
    assert not run(aws, release_plan(service_plan(bad, image("c")), version="1.7.5")).succeeded
    assert run(aws, environment.plan).succeeded
    aws.sleep(10_000)
    return environment


def nothing(released: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """All is as it is."""


def no_image(released: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has deleted the image of 1.7.4."""
    registry = Registry()
    registry.gone.add(f"sha256:{'a' * 64}")
    monkeypatch.setattr(place.Place, "registry", lambda _: registry)


def ahead(released: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """1.8.0 has brought a schema that 1.7.4 does not know, and the settings refuse that."""
    store = Store(released.aws.tools().aws.s3, BUCKET)
    for version, known in (("1.7.4", ("0001",)), ("1.8.0", ("0001", "0002"))):
        record = store.resolve(version)
        store.write(replace(record, schemas={"api": Schema(revision=known[-1], known=known)}))
    file = Path("Pulumi.staging.yaml")
    file.write_text(file.read_text() + "  shop:schema_ahead: refuse\n")


@pytest.mark.parametrize("now", [(), ("--now",)])
@pytest.mark.parametrize(
    ("prepare", "to", "reason", "way_out"),
    [
        (no_image, "1.7.4", "the image of api is gone from the registry", "build that version again from its commit"),
        (nothing, "1.7.5", "never succeeded: refused: api: GET /api/health", "`./slipway history` shows them"),
        (nothing, "9.9.9", "9.9.9: no release in", "`./slipway history` lists the releases"),
        (nothing, "1.8.0", "1.8.0 is what serves already", "`./slipway history` shows them"),
        (ahead, "1.7.4", "the database is at schema 0002, and 1.7.4 knows no later one than 0001", ""),
    ],
)
def test_the_reason_the_way_out_and_nothing_half_done(
    released: Environment,
    monkeypatch: pytest.MonkeyPatch,
    now: tuple[str, ...],
    prepare: Prepare,
    to: str,
    reason: str,
    way_out: str,
) -> None:
    prepare(released, monkeypatch)
    aws, file = released.aws, Path("Pulumi.staging.yaml")
    before, settings, calls = dict(aws.objects), file.read_bytes(), len(aws.calls)
    error = released.type(rollback, "--reason", "slow", "--yes", "--to", to, *now).exception
    assert isinstance(error, DeliveryError)
    assert reason in error.message
    assert error.fix
    assert way_out in error.fix
    assert (aws.objects, file.read_bytes(), released.engine) == (before, settings, [])
    assert [call for call in aws.calls[calls:] if not call.startswith(LOOKS)] == []


@pytest.mark.parametrize("now", [(), ("--now",)])
@pytest.mark.parametrize("reason", [(), ("--reason", " ")])
def test_without_a_reason_it_is_called_wrongly(
    released: Environment, now: tuple[str, ...], reason: tuple[str, ...]
) -> None:
    before, calls = dict(released.aws.objects), len(released.aws.calls)
    shown = released.type(rollback, "--yes", *reason, *now)
    assert shown.exit_code == 2
    assert "--reason" in shown.output
    assert (released.aws.objects, released.engine, len(released.aws.calls)) == (before, [], calls)
