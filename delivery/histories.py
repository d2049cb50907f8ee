"""The history that Pulumi's engine keeps in a state it does not host, and which entry of it ran a release.

    .pulumi/history/<project>/<stack>/<stack>-<nanoseconds>.history.json      one update: message, times, result
    .pulumi/history/<project>/<stack>/<stack>-<nanoseconds>.checkpoint.json   the state after it

An entry has no number and is written when the update is over, so a release cannot name it. The state after it names the
release: our resource's output `releaseId`. So the way goes from the record to the entries that were written about when
it ended, and the one whose state is the first to name the release is its update.
https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/state.go
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from delivery.aws import error_code
from delivery.clock import moment
from delivery.redact import masked

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_RELEASE = "slipway:index:Release"
_ENTRY = re.compile(r"(?P<stem>.+-(?P<nanoseconds>\d+))\.history\.json(?P<packed>\.gz)?")
#: So many states are looked into at most: each is as large as the stack.
_LOOKED_INTO = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One update, as `pulumi stack history` shows it.

    name: of its file, which is all that tells it from others. message: of the update. started, ended: seconds since
    1970, by the clock of the machine that ran it. result: the engine's word.
    """

    name: str
    message: str
    started: int
    ended: int
    result: str


class History(Protocol):
    """The files of one stack's history."""

    def names(self) -> list[str]:
        """All their names."""

    def read(self, name: str) -> bytes:
        """The content of one."""


def folder_of(project: str, stack: str) -> str:
    """Where a stack's history lies, below the state's root."""
    return f".pulumi/history/{project}/{stack}"


def entry_of(history: History, release: str, finished: str) -> Entry | None:
    """Find the update that ran a release which was written down at `finished`; None where Pulumi kept none.

    An update that was killed leaves no entry. Clocks of other machines may be wrong: the nearest entries are looked
    into, the nearest first, and then those before it as long as they name the release too.
    """
    found = [match for match in map(_ENTRY.fullmatch, history.names()) if match]
    found.sort(key=lambda match: int(match["nanoseconds"]))
    ended = moment(finished).timestamp()
    nearest = sorted(range(len(found)), key=lambda place: abs(int(found[place]["nanoseconds"]) / 1e9 - ended))
    for count, place in enumerate(nearest[:_LOOKED_INTO]):
        if _names(history, found[place], release):
            return _entry(history, _first(history, found, place, release, _LOOKED_INTO - count))
    return None


def _first(history: History, found: Sequence[re.Match[str]], place: int, release: str, most: int) -> re.Match[str]:
    """The first of the entries up to `place` that name the release: later updates keep it where nothing moves."""
    for _ in range(most):
        if place == 0 or not _names(history, found[place - 1], release):
            break
        place -= 1
    return found[place]


def _names(history: History, entry: re.Match[str], release: str) -> bool:
    """Whether the state after an update names a release; a state that is gone or cannot be read names none."""
    state = _json(history, f"{entry['stem']}.checkpoint.json{entry['packed'] or ''}")
    try:
        resources = state["checkpoint"]["latest"]["resources"]
        outputs = [resource["outputs"] for resource in resources if resource["type"] == _RELEASE]
        return any(found["releaseId"] == release for found in outputs)
    except (KeyError, TypeError):
        return False


def _entry(history: History, entry: re.Match[str]) -> Entry:
    told = _json(history, entry.string)
    return Entry(
        name=entry["stem"],
        message=masked(str(told.get("message") or "")),
        started=int(told.get("startTime") or 0),
        ended=int(told.get("endTime") or 0),
        result=str(told.get("result") or ""),
    )


def _json(history: History, name: str) -> dict[str, Any]:
    try:
        content = history.read(name)
        found = json.loads(gzip.decompress(content) if name.endswith(".gz") else content)
    except (OSError, ValueError, EOFError):
        return {}
    except Exception as error:
        if error_code(error) not in ("NoSuchKey", "404"):
            raise
        return {}
    return found if isinstance(found, dict) else {}


class FolderHistory:
    """A history in a folder: `file://`."""

    def __init__(self, root: Path, project: str, stack: str) -> None:
        self._folder = root / folder_of(project, stack)

    def names(self) -> list[str]:
        """All names."""
        return [path.name for path in self._folder.glob("*")]

    def read(self, name: str) -> bytes:
        """The content of one."""
        return (self._folder / name).read_bytes()


class BucketHistory:
    """A history in a bucket: `s3://bucket/prefix`."""

    def __init__(self, s3: S3Client, bucket: str, prefix: str, project: str, stack: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._folder = "/".join(filter(None, [prefix.strip("/"), folder_of(project, stack)])) + "/"

    def names(self) -> list[str]:
        """All names."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._folder)
        return [item["Key"].rpartition("/")[2] for page in pages for item in page.get("Contents", [])]

    def read(self, name: str) -> bytes:
        """The content of one."""
        return self._s3.get_object(Bucket=self._bucket, Key=self._folder + name)["Body"].read()
