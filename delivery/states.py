"""The versions of a stack's state in a bucket, and the way back to one of them.

    .pulumi/stacks/<project>/<stack>.json (.gz where PULUMI_DIY_BACKEND_GZIP is set)

The engine writes this object anew at every step of an update, so a versioned bucket holds the state after each of them.
An update is over when its entry in the history is written, by the same bucket's clock: what was written before belongs
to it. https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/state.go
"""

from __future__ import annotations

import gzip
import json
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from delivery.aws import error_code
from delivery.errors import RecordError
from delivery.histories import folder_of as history_of
from delivery.redact import shown

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a state.

    id: S3's; `null` where the bucket kept no versions yet. key: of its object. at: when it was written, by S3's clock.
    size: in bytes. deleted: whether it says that there is no state any more. current: whether the engine finds it.
    """

    id: str
    key: str
    at: datetime
    size: int = 0
    deleted: bool = False
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An update that has ended. at: when, by S3's clock. key: of its entry in the history."""

    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class State:
    """What a state says. resources: URN -> the id that the provider gave; empty for components."""

    resources: Mapping[str, str]
    pending: int = 0
    """Operations that had begun when it was written, and of which nobody knows how they ended."""

    @classmethod
    def from_json(cls, content: bytes, where: str) -> State:
        """Read what the engine wrote. Raises `RecordError` where it cannot be read."""
        try:
            text = gzip.decompress(content) if content.startswith(_GZIP) else content
            latest = json.loads(text)["checkpoint"]["latest"] or {}
            resources = {str(one["urn"]): str(one.get("id") or "") for one in latest.get("resources") or ()}
            return cls(resources, len(latest.get("pending_operations") or ()))
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, zlib.error) as error:
            raise RecordError(
                f"{where}: is no state that can be read ({type(error).__name__}: {shown(str(error), 120)})",
                "take an earlier version of it: `./slipway restore-state`, or docs/state.md by hand",
            ) from None


@dataclass(frozen=True, slots=True)
class Change:
    """What the way from one state to another does to what is known of AWS; URNs."""

    added: tuple[str, ...]
    forgotten: tuple[str, ...]
    other: tuple[str, ...]
    """Known by another id."""

    @classmethod
    def between(cls, before: State, after: State) -> Change:
        """Compare two states."""
        one, two = before.resources, after.resources
        return cls(
            added=tuple(urn for urn in two if urn not in one),
            forgotten=tuple(urn for urn in one if urn not in two),
            other=tuple(urn for urn in two if urn in one and one[urn] != two[urn]),
        )

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.forgotten or self.other)


class States:
    """The versions of one stack's state in `s3://bucket/prefix`."""

    def __init__(self, s3: S3Client, bucket: str, prefix: str, project: str, stack: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        root = prefix.strip("/")
        self._key = "/".join(filter(None, [root, f".pulumi/stacks/{project}/{stack}.json"]))
        self._history = "/".join(filter(None, [root, history_of(project, stack)])) + "/"

    @property
    def where(self) -> str:
        """The address of the state, for people."""
        return f"s3://{self._bucket}/{self._key}"

    def versions(self) -> list[Version]:
        """All of them, the newest first."""
        found = list(self._listed())
        # The engine takes the object that was written last; a deleted one is none.
        there = [(at, one["Key"]) for at, one, deleted in found if one.get("IsLatest") and not deleted]
        current = max(there)[1] if there else ""
        # Of two in one second the one that S3 calls the latest was later; others come in S3's order, the newest first.
        found.sort(key=lambda entry: (entry[0], bool(entry[1].get("IsLatest"))), reverse=True)
        return [
            Version(
                id=str(one["VersionId"]),
                key=one["Key"],
                at=at,
                size=int(one.get("Size") or 0),
                deleted=deleted,
                current=bool(one.get("IsLatest")) and not deleted and one["Key"] == current,
            )
            for at, one, deleted in found
        ]

    def _listed(self) -> Iterator[tuple[datetime, Mapping[str, Any], bool]]:
        keys = {self._key, f"{self._key}.gz"}
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=self._key):
            for kind, deleted in (("Versions", False), ("DeleteMarkers", True)):
                entries: Iterable[Mapping[str, Any]] = page.get(kind, [])  # type: ignore[assignment]
                yield from ((one["LastModified"], one, deleted) for one in entries if one["Key"] in keys)

    def read(self, version: Version) -> State:
        """Return what a version says. Raises `RecordError` where it cannot be read."""
        return State.from_json(self._content(version.key, version.id), f"{self.where}, version {version.id}")

    def ended(self) -> list[Ended]:
        """Return the updates that have ended, the oldest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._history)
        found = [Ended(at=one["LastModified"], key=one["Key"]) for page in pages for one in page.get("Contents", [])]
        # The state after it lies beside each.
        return sorted((one for one in found if ".history.json" in one.key), key=lambda one: one.at)

    def told(self, update: Ended) -> str:
        """Return an update's message and result; what cannot be read says nothing."""
        try:
            content = self._content(update.key)
            found = json.loads(gzip.decompress(content) if content.startswith(_GZIP) else content)
            return f"{shown(str(found.get('message') or ''), 60)} ({found.get('result') or 'unknown'})".strip()
        except (OSError, EOFError, ValueError, AttributeError, zlib.error):
            return ""
        except Exception as error:
            if error_code(error) not in ("NoSuchKey", "404"):
                raise
            return ""

    def restore(self, version: Version) -> None:
        """Make a version the newest one, by a copy inside S3; what is there now stays as an earlier one."""
        source: Any = {"Bucket": self._bucket, "Key": version.key, "VersionId": version.id}
        self._s3.copy_object(Bucket=self._bucket, Key=version.key, CopySource=source)

    def _content(self, key: str, version: str = "") -> bytes:
        named: Any = {"VersionId": version} if version else {}
        return self._s3.get_object(Bucket=self._bucket, Key=key, **named)["Body"].read()


def worth_showing(versions: Sequence[Version], ended: Sequence[Ended]) -> list[tuple[Version, Ended | None]]:
    """Return what each update ended with, beside the update; and all that no update has ended with yet.

    versions: the newest first. ended: the oldest first. The states in the middle of an update are left out.
    """
    moments, found, seen = [one.at for one in ended], list[tuple[Version, Ended | None]](), set[int]()
    for version in versions:
        place = bisect_left(moments, version.at)
        if place == len(ended):
            found.append((version, None))
        elif place not in seen:
            seen.add(place)
            found.append((version, ended[place]))
    return found
