"""The classes of the program: what they send to the engine, and the outputs they give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from plugin import Check, Provider, ProviderArgs, Release, ReleaseArgs, ServiceRelease, Strategy
from tests.components.runtime import own_loop

ARGS = ReleaseArgs(
    environment="staging",
    records_bucket="records",
    version="1.8.0",
    strategy=Strategy(kind="canary", percent=10, interval_minutes=5, bake_minutes=10),
    services=[
        ServiceRelease(
            name="api",
            cluster="shop",
            service="api",
            task_definition="arn:2",
            image="repo@sha256:b",
            container="api",
            port=8000,
            checks=[Check("/health", json={"db.status": "ok"})],
        )
    ],
    settings={"some_key": {"inner_key": 1}},
)
OUTPUTS = {"releaseId": "3f9c1e2a", "result": "succeeded", "recordKey": "releases/x.json", "serving": {"api": "arn:2"}}


class Engine(pulumi.runtime.Mocks):
    """Notes what is registered, and answers with outputs."""

    def __init__(self) -> None:
        self.seen: dict[str, pulumi.runtime.MockResourceArgs] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.seen[args.typ] = args
        return "staging", {**args.inputs, **(OUTPUTS if args.typ == Release.TOKEN else {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def engine() -> Iterator[Engine]:
    mocks = Engine()
    with own_loop():
        pulumi.runtime.set_mocks(mocks, project="shop", stack="staging")
        yield mocks


def test_a_release_is_registered_and_gives_outputs(engine: Engine) -> None:
    told: dict[str, Any] = {}

    def program() -> pulumi.Output[None]:
        place = ProviderArgs(region="eu-central-1", account="111122223333")
        provider = Provider("here", place)
        release = Release("release", ARGS, pulumi.ResourceOptions(provider=provider))
        names = ("release_id", "result", "version", "serving", "record_key")
        everything = pulumi.Output.all(**{name: getattr(release, name) for name in names})
        return everything.apply(told.update)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    assert told == {
        "release_id": "3f9c1e2a",
        "result": "succeeded",
        "version": "1.8.0",
        "serving": {"api": "arn:2"},
        "record_key": "releases/x.json",
    }
    assert engine.seen["pulumi:providers:slipway"].inputs == {"region": "eu-central-1", "account": "111122223333"}
    sent = engine.seen[Release.TOKEN].inputs
    assert sent["recordsBucket"] == "records"
    assert sent["strategy"] == {
        "kind": "canary",
        "percent": 10,
        "intervalMinutes": 5,
        "bakeMinutes": 10,
        "warmMinutes": 60,
    }
    assert sent["settings"] == {"some_key": {"inner_key": 1}}
    (service,) = sent["services"]
    assert (service["taskDefinition"], service["port"]) == ("arn:2", 8000)
    assert service["checks"] == [{"path": "/health", "status": 200, "json": {"db.status": "ok"}}]
    assert "application" not in service
