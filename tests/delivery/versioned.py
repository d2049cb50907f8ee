"""A bucket that keeps versions, as much of it as states and locks need; its clock goes a second at each write."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.delivery.fake_clients import AwsError

BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """One version; no content: a delete marker."""

    id: str
    at: datetime
    content: bytes | None


@dataclass
class VersionedBucket:
    """Objects by key, each its versions, the oldest first."""

    kept: dict[str, list[Kept]] = field(default_factory=dict)
    copied: list[Mapping[str, Any]] = field(default_factory=list)
    page: int = 1000

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def write(self, key: str, content: bytes | None) -> str:
        """Write a version, or delete the object; return the version's id."""
        number = next(self._numbers)
        made = Kept(f"v{number:03}", BEGAN + timedelta(seconds=number), content)
        self.kept.setdefault(key, []).append(made)
        return made.id

    def content(self, key: str) -> bytes | None:
        """What a key holds now."""
        return self.kept[key][-1].content

    def get_object(self, *, Bucket: str, Key: str, VersionId: str = "") -> dict[str, Any]:  # noqa: N803
        found = [one for one in self.kept.get(Key, []) if VersionId in ("", one.id)]
        if not found or found[-1].content is None:
            raise AwsError("NoSuchKey")
        return {"Body": io.BytesIO(found[-1].content)}

    def copy_object(self, *, Bucket: str, Key: str, CopySource: Mapping[str, Any]) -> None:  # noqa: N803
        self.copied.append(CopySource)
        body = self.get_object(Bucket=Bucket, Key=CopySource["Key"], VersionId=CopySource["VersionId"])["Body"].read()
        self.write(Key, body)

    def get_paginator(self, operation: str) -> _Pages:
        return _Pages(self, operation)

    def entries(self, operation: str, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """What a listing says, in S3's order: by key, the newest first."""
        for key in sorted(key for key in self.kept if key.startswith(prefix)):
            for place, one in enumerate(reversed(self.kept[key])):
                entry = {"Key": key, "VersionId": one.id, "LastModified": one.at, "IsLatest": place == 0}
                if operation == "list_object_versions":
                    kind = "DeleteMarkers" if one.content is None else "Versions"
                    yield kind, {**entry, **({} if one.content is None else {"Size": len(one.content)})}
                elif place == 0 and one.content is not None:
                    yield "Contents", {"Key": key, "LastModified": one.at, "Size": len(one.content)}


@dataclass(frozen=True)
class _Pages:
    bucket: VersionedBucket
    operation: str

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Sequence[Any]]]:  # noqa: N803
        entries = list(self.bucket.entries(self.operation, Prefix))
        for start in range(0, max(len(entries), 1), self.bucket.page):
            found: dict[str, list[Any]] = {}
            for kind, entry in entries[start : start + self.bucket.page]:
                found.setdefault(kind, []).append(entry)
            yield dict(found)
