"""Choosing the release to go back to, and seeing to it that it can be gone back to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from delivery.aws import error_code
from delivery.errors import DeliveryError, Refused
from delivery.records import Pointer, Record, good
from delivery.store import Store
from delivery.tags import Image

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

#: How far back a release is looked for that was not named.
_WITHIN = 50
_GONE = ("ImageNotFoundException", "RepositoryNotFoundException")


def choose(store: Store, wanted: str | None) -> Record:
    """Return the release to go back to: `wanted` (id, version or digest), else the last good one that does not serve.

    Raises `DeliveryError` where there is none, or where it never succeeded or serves already.
    """
    pointer = store.pointer()
    record = store.resolve(wanted) if wanted else previous(store.latest(_WITHIN), pointer)
    if record is None:
        raise Refused("there is no earlier release that succeeded", "`./slipway history` shows what there was")
    if record.result != "succeeded":
        raise Refused(
            f"release {record.version} ({record.id}) never succeeded: {record.result}: {record.cause}",
            "choose one that did: `./slipway history` shows them",
        )
    if pointer is not None and same(record, pointer):
        raise Refused(f"{record.version} is what serves already", "choose another: `./slipway history` shows them")
    return record


def previous(records: Sequence[Record], pointer: Pointer | None) -> Record | None:
    """Return the newest release that succeeded, was not taken back since, and runs other images than what serves.

    records: newest first. Who has gone back already goes further back, and not forward again to what was gone back
    from: where what serves was brought back, releases count that came before it served first.
    """
    found = list(good(records))
    if pointer is None:
        return next(iter(found), None)
    returned = bool(found) and same(found[0], pointer) and any(same(record, pointer) for record in found[1:])
    if returned:
        first = max(place for place, record in enumerate(found) if same(record, pointer))
        found = found[first + 1 :]
    return _before(records, pointer, found) or next((one for one in found if not same(one, pointer)), None)


def _before(records: Sequence[Record], pointer: Pointer, found: Sequence[Record]) -> Record | None:
    """Return what really served before what serves, where that was a good release: people may have acted past us."""
    serving = next((record for record in records if record.id == pointer.release), None)
    before = serving.before_release if serving is not None else ""
    return next((one for one in found if one.id == before and not same(one, pointer)), None)


def same(record: Record, pointer: Pointer) -> bool:
    """Whether a release ran the very images and task definitions that serve."""
    return dict(record.services) == dict(pointer.services)


def images_exist(record: Record, registry: ECRClient) -> None:
    """Refuse a release whose images are gone from ECR; other registries are not asked."""
    for service, served in record.services.items():
        image = Image.read(served.image)
        if image is None:
            continue
        try:
            registry.describe_images(
                registryId=image.registry, repositoryName=image.repository, imageIds=[{"imageDigest": image.digest}]
            )
        except Exception as error:
            if error_code(error) not in _GONE:
                raise
            raise Refused(
                f"release {record.version}: the image of {service} is gone from the registry: {served.image}",
                "choose a newer release, or build that version again from its commit"
                + (f" ({record.commit})" if record.commit else ""),
            ) from None


def name_of(record: Record, store: Store) -> str:
    """Return what to set `release` to: the version where it names this very release, else its id."""
    try:
        return record.version if store.resolve(record.version).id == record.id else record.id
    except DeliveryError:
        return record.id
