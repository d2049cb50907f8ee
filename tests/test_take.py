"""What an environment runs next: what it builds, what is asked for by name, or what serves."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from delivery.records import POINTER, Pointer, Record, Result, Served
from settings import Cargo, Environment, Origin, Ran
from take import take
from tests.components.support import app, environment, worker

REPOSITORY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop"
STAGING = "shop-staging-releases-111122223333"
PRODUCTION = "shop-production-releases-444455556666"


class S3:
    """The part of S3 that reading records needs, over objects by bucket and key."""

    def __init__(self, objects: Mapping[tuple[str, str], str], error: Exception | None) -> None:
        self._objects = objects
        self._error = error

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if self._error:
            raise self._error
        if (Bucket, Key) not in self._objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "gone"}}, "GetObject")
        return {"Body": io.BytesIO(self._objects[Bucket, Key].encode())}

    def get_paginator(self, _operation: str) -> S3:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803 - AWS's names
        if self._error:
            raise self._error
        keys = sorted(key for bucket, key in self._objects if bucket == Bucket and key.startswith(Prefix))
        return [{"Contents": [{"Key": key} for key in keys]}]


class World:
    """Records of environments; hands out clients that see them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.objects: dict[tuple[str, str], str] = {}
        self.regions: list[str] = []
        self.error = error
        self.gone: set[str] = set()
        self.ecr_error: Exception | None = None
        self.registries: list[str] = []

    def s3(self, region: str) -> Any:
        self.regions.append(region)
        return S3(self.objects, self.error)

    def ecr(self, region: str) -> Any:
        self.registries.append(region)
        return self

    def batch_get_image(self, *, imageIds: list[dict[str, str]], **_: Any) -> dict[str, Any]:  # noqa: N803 - AWS's names
        if self.ecr_error:
            raise self.ecr_error
        there = imageIds[0]["imageDigest"] not in self.gone
        return {"images": [{"imageManifest": "{}"}] if there else []}

    def ecs(self, region: str) -> Any:
        return self

    def describe_task_definition(self, *, taskDefinition: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        return {"taskDefinition": {"status": "INACTIVE" if taskDefinition in self.gone else "ACTIVE"}}

    def wrote(
        self,
        bucket: str,
        version: str,
        *,
        result: Result = "succeeded",
        minute: int = 0,
        asked: str = "",
        definition: str = "",
    ) -> Record:
        """Write down a release, and point at it where it succeeded."""
        services = {"api": Served(image=image(version), task_definition=definition or f"arn:{version}")}
        record = Record(
            id=f"{minute:08x}",
            environment=bucket.split("-")[1],
            version=version,
            commit=f"c{version}",
            source="build",
            services=services,
            before={},
            result=result,
            cause="" if result == "succeeded" else "a check failed",
            who="someone",
            why="",
            started=f"2026-01-02T03:{minute:02d}:00Z",
            finished=f"2026-01-02T03:{minute:02d}:30Z",
            seconds={},
            deployments={},
            settings_hash=f"h{version}",
            settings={"env": {"V": version}},
            secrets={"KEY": f"arn:{version}"},
            declared={"api": f"d{minute}"},
            asked=asked,
        )
        self.objects[bucket, record.key] = record.to_json()
        if result == "succeeded":
            pointer = Pointer(
                release=record.id,
                record=record.key,
                version=version,
                commit=record.commit,
                services=services,
                since=record.finished,
            )
            self.objects[bucket, POINTER] = pointer.to_json()
        return record


def image(version: str) -> str:
    return f"{REPOSITORY}/api@sha256:{version.replace('.', '').ljust(64, '0')}"


def production(**changes: Any) -> Environment:
    names = type(environment().names)(project="shop", stack="production")
    origin = Origin(stack="staging", account="111122223333", region="eu-west-1")
    fields: dict[str, Any] = {"names": names, "account": "444455556666", "origin": origin, "version": "", "commit": ""}
    return environment(**(fields | changes))


def told(env: Environment, world: World) -> str:
    with pytest.raises(pulumi.RunError) as caught:
        take(env, world)
    return str(caught.value)


def test_what_is_built_here_needs_no_records() -> None:
    world = World()
    assert take(environment(), world) == Cargo(version="1.8.0", commit="3f9c1e2", source="build")
    assert world.regions == []


def test_without_a_name_what_serves_stays() -> None:
    """A newer release of the source is no reason to move: somebody has to ask for it."""
    world = World()
    world.wrote(PRODUCTION, "1.7.4")
    world.wrote(STAGING, "1.8.0", minute=5)
    assert replace(take(production(), world), ran=None) == Cargo(
        version="1.7.4", commit="c1.7.4", source="staging", images={"api": image("1.7.4")}
    )


@pytest.mark.parametrize("named", ["1.8.0", "sha256:" + "180".ljust(64, "0"), "00000005"])
def test_a_release_of_the_source_is_taken_by_name(named: str) -> None:
    world = World()
    world.wrote(STAGING, "1.7.4")
    world.wrote(STAGING, "1.8.0", minute=5)
    cargo = take(production(release=named), world)
    assert (cargo.version, cargo.source, cargo.images) == ("1.8.0", "staging", {"api": image("1.8.0")})
    assert world.regions == ["eu-central-1", "eu-west-1"], "its own records first, then those where the source is"


def test_a_release_that_served_here_is_a_pin() -> None:
    world = World()
    world.wrote(STAGING, "1.7.4")
    world.wrote(STAGING, "1.8.0", minute=5)
    cargo = take(environment(release="1.7.4"), world)
    assert (cargo.version, cargo.source, cargo.images) == ("1.7.4", "pin", {"api": image("1.7.4")})


def test_a_release_that_failed_in_the_source_is_refused() -> None:
    world = World()
    world.wrote(STAGING, "1.8.0", result="refused")
    assert told(production(release="1.8.0"), world) == (
        "release 1.8.0 did not succeed in 'staging' (refused: a check failed).\n"
        "Fix:   `./slipway history -s staging` shows those that did."
    )


def test_a_release_that_nobody_wrote_down() -> None:
    world = World()
    world.wrote(STAGING, "1.7.4")
    assert told(production(release="2.0.0"), world) == (
        "release 2.0.0: there is none with this version, digest or id in 'staging'.\n"
        "Fix:   `./slipway history -s staging` lists them; then `pulumi config set release VERSION -s production`."
    )
    assert told(environment(release="2.0.0"), world) == (
        "release 2.0.0: there is none with this version, digest or id in 'staging'.\n"
        "Fix:   `./slipway history -s staging` lists them; then `pulumi config set release VERSION -s staging`."
    )


def test_a_release_that_failed_here_is_taken_from_the_source_again() -> None:
    world = World()
    world.wrote(STAGING, "1.8.0")
    world.wrote(PRODUCTION, "1.8.0", result="failed", minute=5)
    assert take(production(release="1.8.0"), world).source == "staging"
    world.wrote(PRODUCTION, "1.8.0", minute=7)
    assert take(production(release="1.8.0"), world).source == "pin"


def test_a_release_that_failed_here_is_none_where_images_are_built() -> None:
    world = World()
    world.wrote(STAGING, "1.8.0", result="failed")
    assert told(environment(release="1.8.0"), world) == (
        "release 1.8.0 never succeeded in 'staging' (failed: a check failed).\n"
        "Fix:   `./slipway history -s staging` shows those that did; or `pulumi config rm release -s staging`, "
        "and build it again."
    )


@pytest.mark.parametrize("error", [None, "RepositoryNotFoundException"])
def test_a_release_whose_image_is_gone_is_refused_before_anything_moves(error: str | None) -> None:
    world = World()
    world.wrote(STAGING, "1.8.0")
    world.gone.add(image("1.8.0").rpartition("@")[2])
    if error:
        world.ecr_error = ClientError({"Error": {"Code": error, "Message": "gone"}}, "BatchGetImage")
    assert told(production(release="1.8.0"), world) == (
        f"release 1.8.0: the image of api is gone from the registry: {image('1.8.0')}.\n"
        "Fix:   choose a newer release (`./slipway history -s production`), "
        "or build that version again from commit c1.8.0."
    )
    assert world.registries == ["eu-central-1"]


def test_a_registry_that_cannot_be_asked() -> None:
    world = World()
    world.wrote(STAGING, "1.8.0")
    world.ecr_error = NoCredentialsError()
    assert told(production(release="1.8.0"), world).startswith("images of releases could not be looked for: NoCred")


def test_what_serves_is_not_looked_for() -> None:
    """A change of the infrastructure needs no image that is there already."""
    world = World()
    world.wrote(PRODUCTION, "1.7.4")
    take(production(), world)
    assert world.registries == []


def test_nothing_serves_yet() -> None:
    world = World()
    assert told(production(), world) == (
        "nothing serves in 'production' yet, and it takes its releases from 'staging'.\n"
        "Fix:   none has succeeded there yet: `pulumi up -s staging`."
    )
    world.wrote(STAGING, "1.7.4")
    world.wrote(STAGING, "1.8.0", minute=5)
    world.wrote(STAGING, "1.9.0", minute=9, result="failed")
    assert told(production(), world) == (
        "nothing serves in 'production' yet, and it takes its releases from 'staging'.\n"
        "Fix:   `pulumi config set release 1.8.0 -s production`: the newest that succeeded there."
    )


def test_a_release_that_is_older_than_a_service() -> None:
    world = World()
    world.wrote(STAGING, "1.7.4")
    env = environment(release="1.7.4", services=(app(), worker()))
    assert told(env, world) == (
        "release 1.7.4 has no image of worker: it is older than that service.\n"
        "Fix:   choose a newer release, or build one."
    )


def test_records_that_cannot_be_read() -> None:
    assert told(production(), World(NoCredentialsError())) == (
        "records of releases could not be read: NoCredentialsError: Unable to locate credentials\n"
        "Fix:   no AWS credentials were found: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or log in (`aws sso login`)"
    )
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")
    assert told(production(), World(denied)).startswith(
        "records of releases could not be read: GetObject: AccessDenied: no\nFix:   the identity that runs this needs "
    )


def test_a_record_that_was_damaged_is_named() -> None:
    world = World()
    world.objects[PRODUCTION, POINTER] = "{}"
    assert told(production(), world).startswith(f"s3://{PRODUCTION}/{POINTER}: ")


def test_a_release_that_ran_here_is_taken_as_it_ran() -> None:
    world = World()
    world.wrote(STAGING, "1.7.4")
    world.wrote(STAGING, "1.8.0", minute=5)
    assert take(environment(release="1.7.4"), world).ran == Ran(
        definitions={"api": "arn:1.7.4"},
        declared=None,
        settings={"env": {"V": "1.7.4"}},
        settings_hash="h1.7.4",
        secrets={"KEY": "arn:1.7.4"},
    )


@pytest.mark.parametrize("release", ["1.7.4", "00000000", ""])
def test_what_serves_stays_as_it_runs_until_something_else_is_declared(release: str) -> None:
    """Asked for by version, by the id of the release that was gone back to, or followed."""
    world = World()
    world.wrote(PRODUCTION, "1.7.4")
    world.wrote(PRODUCTION, "1.8.0", minute=5)
    world.wrote(PRODUCTION, "1.7.4", minute=9, asked=release)
    ran = take(production(release=release), world).ran
    assert ran is not None
    assert (ran.definitions, ran.declared) == ({"api": "arn:1.7.4"}, {"api": "d9"})


def test_what_was_changed_under_a_name_stays_changed() -> None:
    """Gone back to by its id, and then a variable changed: the next update does not take that away again."""
    world = World()
    world.wrote(STAGING, "1.7.4")
    world.wrote(STAGING, "1.8.0", minute=5)
    changed = world.wrote(STAGING, "1.7.4", minute=9, asked="00000000", definition="arn:changed")
    ran = take(environment(release="00000000"), world).ran
    assert ran is not None
    assert (ran.definitions, ran.declared) == ({"api": "arn:changed"}, changed.declared)


def test_a_record_from_before_says_nothing_about_how_it_ran() -> None:
    world = World()
    world.wrote(STAGING, "1.7.4")
    record = json.loads(next(text for (_, key), text in world.objects.items() if key != POINTER))
    del record["declared"]
    world.objects = {
        place: text if place[1] == POINTER else json.dumps(record) for place, text in world.objects.items()
    }
    assert take(environment(release="1.7.4"), world).ran is None


def test_a_release_of_the_source_runs_under_the_settings_of_this_place() -> None:
    world = World()
    world.wrote(STAGING, "1.8.0")
    assert take(production(release="1.8.0"), world).ran is None


def test_where_its_task_definition_is_gone_its_images_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(pulumi, "warn", warned.append)
    world = World()
    world.wrote(STAGING, "1.7.4")
    world.wrote(STAGING, "1.8.0", minute=5)
    world.gone.add("arn:1.7.4")
    cargo = take(environment(release="1.7.4"), world)
    assert (cargo.images, cargo.ran) == ({"api": image("1.7.4")}, None)
    assert warned == [
        "release 1.7.4: the task definition of api is not registered any more; "
        "its images are taken, with the settings and secrets of now."
    ]
