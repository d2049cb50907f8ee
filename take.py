"""What an environment runs next: something built here, or a release that is already written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pulumi
from botocore.exceptions import BotoCoreError, ClientError

from delivery.aws import error_code, explained
from delivery.errors import DeliveryError, NoSuchRelease
from delivery.records import Pointer, Record, bucket_name
from delivery.store import Store
from delivery.tags import Image, Tags
from settings import Cargo, Environment, Origin

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_s3 import S3Client

#: The source of a release that was asked for by name.
PIN = "pin"


class Clients(Protocol):
    """Hands out clients of S3 and ECR."""

    def s3(self, region: str) -> S3Client:
        """Return a client of S3 in a region."""

    def ecr(self, region: str) -> ECRClient:
        """Return a client of ECR in a region."""


def take(env: Environment, clients: Clients) -> Cargo:
    """Find what `env` runs next; previews find the same.

    Named by `release`: that one, out of the own records or else those of its source. With `source: build`:
    what is built here. Else what serves already, so that an update never brings a surprise.
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
    try:
        found = own.resolve(env.release)
        if found.result == "succeeded":
            return _cargo(found, PIN)
        if env.origin is None:
            raise _stop(
                f"release {env.release} never succeeded in '{env.names.stack}' ({found.result}: {found.cause}).",
                f"`./slipway history -s {env.names.stack}` shows those that did; or `pulumi config rm release "
                f"-s {env.names.stack}`, and build it again.",
            )
    except NoSuchRelease:
        if env.origin is None:
            raise _unknown(env, env.names.stack) from None
    try:
        record = _origin_store(env, env.origin, clients).resolve(env.release)
    except NoSuchRelease:
        raise _unknown(env, env.origin.stack) from None
    if record.result != "succeeded":
        raise _stop(
            f"release {env.release} did not succeed in '{env.origin.stack}' ({record.result}: {record.cause}).",
            f"`./slipway history -s {env.origin.stack}` shows those that did.",
        )
    return _cargo(record, env.origin.stack)


def _serving(env: Environment, clients: Clients) -> Cargo:
    """Find what serves in the environment now."""
    pointer = _own_store(env, clients).pointer()
    if pointer is not None:
        return _cargo(pointer, env.source)
    assert env.origin is not None, "an environment that builds has nothing to follow"  # noqa: S101
    proved = [record for record in _origin_store(env, env.origin, clients).latest() if record.result == "succeeded"]
    if proved:
        fix = f"`pulumi config set release {proved[0].version} -s {env.names.stack}`: the newest that succeeded there."
    else:
        fix = f"none has succeeded there yet: `pulumi up -s {env.origin.stack}`."
    raise _stop(f"nothing serves in '{env.names.stack}' yet, and it takes its releases from '{env.origin.stack}'.", fix)


def _cargo(found: Record | Pointer, source: str) -> Cargo:
    """Return what was found, as something to release."""
    return Cargo(
        version=found.version,
        commit=found.commit,
        source=source,
        images={name: served.image for name, served in found.services.items()},
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
