"""What an environment runs next: something built here, or a release that is already written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pulumi
from botocore.exceptions import BotoCoreError, ClientError

from delivery.aws import error_code, explained
from delivery.definitions import Definitions
from delivery.errors import DeliveryError, NoSuchRelease
from delivery.records import Pointer, Record, bucket_name
from delivery.store import Store
from delivery.tags import Image, Tags
from settings import Cargo, Environment, Origin, Ran

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_s3 import S3Client

#: The source of a release that was asked for by name.
PIN = "pin"


class Clients(Protocol):
    """Hands out clients of S3, ECR and ECS."""

    def s3(self, region: str) -> S3Client:
        """Return a client of S3 in a region."""

    def ecr(self, region: str) -> ECRClient:
        """Return a client of ECR in a region."""

    def ecs(self, region: str) -> ECSClient:
        """Return a client of ECS in a region."""


def take(env: Environment, clients: Clients) -> Cargo:
    """Find what `env` runs next; previews find the same.

    Named by `release`: that one, out of the own records or else those of its source. With `source: build`:
    what is built here. Else what serves already, so that an update never brings a surprise. A release that ran here is
    taken as it ran, with its variables and the versions of its secrets, until something else is declared.
    Raises `pulumi.RunError` where there is nothing to take, with the way out.
    """
    if not env.release and env.origin is None:
        return Cargo(version=env.version, commit=env.commit, source=env.source)
    try:
        cargo = _named(env, clients) if env.release else _serving(env, clients)
    except DeliveryError as error:
        raise _stop(error.message, error.fix) from None
    except (BotoCoreError, ClientError) as error:
        told = explained(error)
        raise _stop(f"records of releases could not be read: {told.message}", told.fix) from None
    missing = [app.name for app in env.services if app.name not in cargo.images]
    if missing:
        raise _stop(
            f"release {cargo.version} has no image of {', '.join(missing)}: it is older than that service.",
            "choose a newer release, or build one.",
        )
    if env.release:
        _exist(env, cargo, clients)
    return cargo


def _exist(env: Environment, cargo: Cargo, clients: Clients) -> None:
    """Refuse a release whose images the registry has no more: nothing has been touched yet."""
    for name, reference in cargo.images.items():
        image = Image.read(reference)
        if image is None:
            continue
        try:
            there = Tags(clients.ecr(image.region)).exists(image)
        except (BotoCoreError, ClientError) as error:
            if error_code(error) != "RepositoryNotFoundException":
                told = explained(error)
                raise _stop(f"images of releases could not be looked for: {told.message}", told.fix) from None
            there = False
        if not there:
            raise _stop(
                f"release {cargo.version}: the image of {name} is gone from the registry: {reference}.",
                f"choose a newer release (`./slipway history -s {env.names.stack}`), or build that version again"
                + (f" from commit {cargo.commit}." if cargo.commit else "."),
            )


def _named(env: Environment, clients: Clients) -> Cargo:
    """Find the release that is asked for by name: in the own records, else in those of the source.

    One that never succeeded here counts for nothing: what the source proved is taken from there, again.
    """
    own = _own_store(env, clients)
    serving = _serving_record(own)
    if serving is not None and serving.asked == env.release:
        return replace(_cargo(serving, PIN), ran=_ran(serving, env, clients, declared=serving.declared))
    try:
        record = own.resolve(env.release)
    except NoSuchRelease:
        if env.origin is None:
            raise _unknown(env, env.names.stack) from None
        return _from_origin(env, env.origin, clients)
    if record.result != "succeeded":
        if env.origin is None:
            raise _stop(
                f"release {env.release} never succeeded in '{env.names.stack}' ({record.result}: {record.cause}).",
                f"`./slipway history -s {env.names.stack}` shows those that did; or `pulumi config rm release "
                f"-s {env.names.stack}`, and build it again.",
            )
        return _from_origin(env, env.origin, clients)
    serves = serving is not None and dict(serving.services) == dict(record.services)
    declared = serving.declared if serving is not None and serves else None
    return replace(_cargo(record, PIN), ran=_ran(record, env, clients, declared=declared))


def _from_origin(env: Environment, origin: Origin, clients: Clients) -> Cargo:
    """Find the release that is asked for by name where releases are taken from: its images, nothing else."""
    try:
        record = _origin_store(env, origin, clients).resolve(env.release)
    except NoSuchRelease:
        raise _unknown(env, origin.stack) from None
    if record.result != "succeeded":
        raise _stop(
            f"release {env.release} did not succeed in '{origin.stack}' ({record.result}: {record.cause}).",
            f"`./slipway history -s {origin.stack}` shows those that did.",
        )
    return _cargo(record, origin.stack)


def _serving(env: Environment, clients: Clients) -> Cargo:
    """Find what serves in the environment now."""
    own = _own_store(env, clients)
    pointer = own.pointer()
    if pointer is not None:
        record = own.find(pointer.record)
        ran = _ran(record, env, clients, declared=record.declared) if record and not pointer.versions else None
        return replace(_cargo(pointer, env.source), ran=ran)
    assert env.origin is not None, "an environment that builds has nothing to follow"  # noqa: S101
    proved = [record for record in _origin_store(env, env.origin, clients).latest() if record.result == "succeeded"]
    if proved:
        fix = f"`pulumi config set release {proved[0].version} -s {env.names.stack}`: the newest that succeeded there."
    else:
        fix = f"none has succeeded there yet: `pulumi up -s {env.origin.stack}`."
    raise _stop(f"nothing serves in '{env.names.stack}' yet, and it takes its releases from '{env.origin.stack}'.", fix)


def _serving_record(own: Store) -> Record | None:
    """Return the record of what serves, where one release serves as a whole."""
    pointer = own.pointer()
    return own.find(pointer.record) if pointer is not None and not pointer.versions else None


def _cargo(found: Record | Pointer, source: str) -> Cargo:
    """Return what was found, as something to release."""
    return Cargo(
        version=found.version,
        commit=found.commit,
        source=source,
        images={name: served.image for name, served in found.services.items()},
    )


def _ran(record: Record, env: Environment, clients: Clients, *, declared: Mapping[str, str] | None) -> Ran | None:
    """Return how a release ran here; None where that cannot be had any more, and what is declared now counts.

    declared: what the program declared when it came to serve, for one that serves: a change of that is a release. None
    for one that is gone back to, whatever is declared meanwhile.
    """
    if record.result != "succeeded" or not (record.declared or declared is None):
        return None
    definitions = {
        app.name: record.services[app.name].task_definition for app in env.services if app.name in record.services
    }
    known = Definitions(clients.ecs(env.region))
    gone = [name for name, definition in definitions.items() if not known.startable(definition)]
    if gone:
        pulumi.warn(
            f"release {record.version}: the task definition of {', '.join(gone)} is not registered any more; "
            "its images are taken, with the settings and secrets of now."
        )
        return None
    return Ran(
        definitions=definitions,
        declared=declared,
        settings=record.settings,
        settings_hash=record.settings_hash,
        secrets=record.secrets,
    )


def _own_store(env: Environment, clients: Clients) -> Store:
    """Return the environment's own records."""
    return Store(clients.s3(env.region), bucket_name(env.names.project, env.names.stack, env.account))


def _origin_store(env: Environment, origin: Origin, clients: Clients) -> Store:
    """Return the records of the environment that releases are taken from."""
    return Store(clients.s3(origin.region), bucket_name(env.names.project, origin.stack, origin.account))


def _unknown(env: Environment, where: str) -> pulumi.RunError:
    """Return the error about a release that nobody wrote down."""
    return _stop(
        f"release {env.release}: there is none with this version, digest or id in '{where}'.",
        f"`./slipway history -s {where}` lists them; then `pulumi config set release VERSION -s {env.names.stack}`.",
    )


def _stop(message: str, fix: str) -> pulumi.RunError:
    """Return an error that the engine prints without a traceback."""
    return pulumi.RunError(f"{message}\nFix:   {fix}")
