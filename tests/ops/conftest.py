"""A project in a folder, its bucket in memory, and a `pulumi` that only notes how it was called."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from delivery.aws import Clients
from delivery.records import Pointer, Record, Served
from delivery.schema import Schema
from delivery.store import Store
from ops import abort, engine, hold, place, promote, rollback, skip_bake, unlock
from ops.place import Place
from ops.reach import Reach, assemble
from tests.delivery.fake_clients import FakeClients
from tests.delivery.fakes import FakeAws
from tests.ops.environment import Environment

ACCOUNT = "111122223333"
REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/shop"


class Bucket:
    """As much of S3 as a store needs."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.calls: list[str] = []

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.objects[Key] = Body

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.calls.append("get_object")
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no such key"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def delete_object(self, *, Key: str, **_: Any) -> None:  # noqa: N803
        self.objects.pop(Key, None)

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> Iterator[dict[str, Any]]:  # noqa: N803
        keys = [key for key in sorted(self.objects) if key.startswith(Prefix)]
        for start in range(0, max(len(keys), 1), 1000):
            self.calls.append("list_objects_v2")
            yield {"Contents": [{"Key": key} for key in keys[start : start + 1000]]}


class Registry:
    """ECR with every image but those in `gone`."""

    def __init__(self) -> None:
        self.gone: set[str] = set()

    def describe_images(self, *, imageIds: list[dict[str, str]], **_: Any) -> None:  # noqa: N803
        if imageIds[0]["imageDigest"] in self.gone:
            raise ClientError({"Error": {"Code": "ImageNotFoundException", "Message": "gone"}}, "DescribeImages")


class World:
    """One environment and everything a verb can see or do."""

    def __init__(self) -> None:
        self.bucket = Bucket()
        self.registry = Registry()
        self.aws = FakeAws()
        self.store = Store(self.bucket, "bucket")  # type: ignore[arg-type]
        self.aws.objects = self.bucket.objects
        self.called: list[list[str]] = []
        self.environment: dict[str, str] = {}
        self.exit_code = 0
        self.on_update: Callable[[], None] = lambda: None

    def reach(self, place: Place) -> Reach:
        """What the verbs act with."""
        return assemble(place, self.aws.clock, cast(Clients, FakeClients(self.aws)))

    def released(
        self,
        number: int,
        result: str = "succeeded",
        version: str = "",
        cause: str = "",
        schema: Schema | None = None,
    ) -> Record:
        """Write a release down; its image's digest is its number."""
        served = Served(
            image=f"{REGISTRY}/api@sha256:{str(number) * 64}", task_definition=f"arn:aws:ecs:td/api:{number}"
        )
        record = Record(
            id=f"{number:08x}",
            environment="staging",
            version=version or f"1.{number}.0",
            commit=f"c{number}",
            source="build",
            services={"api": served},
            before={},
            result=result,  # type: ignore[arg-type]
            cause=cause,
            who="arn:aws:sts::111122223333:assumed-role/deploy/ada",
            why="",
            started=f"2026-01-{number:02d}T10:00:00Z",
            finished=f"2026-01-{number:02d}T10:01:05Z",
            seconds={"total": 65.0},
            deployments={},
            settings_hash="abc",
            schemas={"api": schema} if schema else {},
        )
        self.store.write(record)
        return record

    def run(
        self, words: list[str], environment: dict[str, str] | None = None, *, check: bool = True, quiet: bool = False
    ) -> int:
        """Pulumi: it keeps the setting, and an update that goes well lets the release serve that it names."""
        self.called.append(list(words))
        self.environment |= environment or {}
        if words[0] == "config":
            file = Path(f"Pulumi.{words[-1]}.yaml")
            lines = [line for line in file.read_text().splitlines() if "release:" not in line]
            file.write_text("\n".join([*lines, f"  shop:release: {words[3]}", ""]))
            return 0
        self.on_update()
        if self.exit_code == 0:
            self.serves(self.store.resolve(self.called[-2][3]))
        return self.exit_code

    def serves(self, record: Record) -> None:
        """Let a release serve."""
        self.store.point(
            Pointer(
                release=record.id,
                record=record.key,
                version=record.version,
                commit=record.commit,
                services=record.services,
                since=record.finished,
            )
        )


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nconfig:\n  source: {default: build}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(f'config:\n  aws:region: eu-central-1\n  shop:account: "{ACCOUNT}"\n')
    monkeypatch.setattr(place.Place, "store", lambda _: made.store)
    monkeypatch.setattr(place.Place, "registry", lambda _: made.registry)
    monkeypatch.setattr(place.Place, "client", lambda _, name: getattr(FakeClients(made.aws), name))
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file://state")

    for verb in (promote, rollback, hold):
        monkeypatch.setattr(verb, "reach", made.reach)
    monkeypatch.setattr(engine, "run", made.run)
    return made


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Run a verb with words and, where asked, a typed answer."""

    def call(verb: Any, *words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(verb, words, input=typed)

    return call


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    made = Environment()
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTOR", "SUDO_USER", "LOGNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("USER", "bob")
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nbackend: {url: 'file://state'}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(f'config:\n  aws:region: eu-central-1\n  shop:account: "{ACCOUNT}"\n')
    for verb in (abort, hold, rollback, skip_bake, unlock):
        monkeypatch.setattr(verb, "reach", made.reach)
    monkeypatch.setattr(engine, "run", made.pulumi)
    monkeypatch.setattr(place.Place, "registry", lambda _: Registry())
    return made
