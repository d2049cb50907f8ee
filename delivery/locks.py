"""The locks that Pulumi's engine leaves in a state it keeps itself, in a folder or a bucket.

    .pulumi/locks/organization/<project>/<stack>/<uuid>.json

An update writes its own and removes it at its end; one that was killed leaves it, and every later update is refused.
https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/lock.go
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from delivery.errors import RecordError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One lock.

    where: its address, for people; name: within its place. pid, user, host: whose it is; at: since when.
    """

    where: str
    name: str
    pid: int
    user: str
    host: str
    at: datetime

    @classmethod
    def from_json(cls, text: str | bytes, where: str, name: str) -> Lock:
        """Read what the engine wrote. Raises `RecordError` where it cannot be read: such a lock is never removed."""
        try:
            found = json.loads(text)
            pid, user, host = found["pid"], found["username"], found["hostname"]
            at = datetime.fromisoformat(found["timestamp"])
        except (ValueError, KeyError, TypeError) as error:
            raise _unreadable(where, f"{type(error).__name__}: {error}") from None
        if not isinstance(pid, int) or isinstance(pid, bool) or pid < 1:
            raise _unreadable(where, f"pid should be a process id, is {pid!r}")
        if not isinstance(host, str) or not host:
            raise _unreadable(where, f"hostname should be a name, is {host!r}")
        return cls(
            where=where, name=name, pid=pid, user=str(user), host=host, at=at if at.tzinfo else at.replace(tzinfo=UTC)
        )


class Locks(Protocol):
    """The locks of one stack."""

    def all(self) -> list[Lock]:
        """All of them. Raises `RecordError` for one that cannot be read."""

    def remove(self, lock: Lock) -> None:
        """Remove one."""


def folder_of(project: str, stack: str) -> str:
    """Where a stack's locks lie, below the state's root."""
    return f".pulumi/locks/organization/{project}/{stack}"


class FolderLocks:
    """Locks in a folder: `file://`."""

    def __init__(self, root: Path, project: str, stack: str) -> None:
        self._folder = root / folder_of(project, stack)

    def all(self) -> list[Lock]:
        """All of them."""
        return [Lock.from_json(path.read_bytes(), str(path), path.name) for path in sorted(self._folder.glob("*.json"))]

    def remove(self, lock: Lock) -> None:
        """Remove one, with what the engine notes beside it."""
        path = self._folder / lock.name
        path.unlink(missing_ok=True)
        path.with_name(f"{lock.name}.attrs").unlink(missing_ok=True)


class BucketLocks:
    """Locks in a bucket: `s3://bucket/prefix`."""

    def __init__(self, s3: S3Client, bucket: str, prefix: str, project: str, stack: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._folder = "/".join(filter(None, [prefix.strip("/"), folder_of(project, stack)])) + "/"

    def all(self) -> list[Lock]:
        """All of them."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._folder)
        keys = sorted(item["Key"] for page in pages for item in page.get("Contents", []))
        return [self._read(key) for key in keys if key.endswith(".json")]

    def remove(self, lock: Lock) -> None:
        """Remove one."""
        self._s3.delete_object(Bucket=self._bucket, Key=self._folder + lock.name)

    def _read(self, key: str) -> Lock:
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return Lock.from_json(body, f"s3://{self._bucket}/{key}", key.rpartition("/")[2])


def _unreadable(where: str, what: str) -> RecordError:
    return RecordError(
        f"{where}: is no lock that can be read ({what})",
        "make sure that nobody updates this stack; `pulumi cancel` removes all its locks unasked",
    )
