"""An environment's bucket: records, pointer, journal and wishes, written and read.

The records are their own index: their names sort by time, so one call for a thousand of them says which are the newest,
and as many are read as are asked for, side by side. Nothing else has to be kept in step with them: what two writers
write at once, or one loses, is right in the next listing (docs/decisions/0022).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from delivery import ground
from delivery.aws import error_code
from delivery.control import CONTROL, Control, control_key
from delivery.errors import NoSuchRelease, RecordError
from delivery.hold import HOLD, Hold
from delivery.plan import ServicePlan
from delivery.records import JOURNAL, POINTER, RELEASES, TAKEN_BACK, Journal, Pointer, Record, Served, good

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: How many records are read side by side; a client should have as many connections.
AT_ONCE = 32
_ABSENT = ("NoSuchKey", "NoSuchBucket", "404")


@dataclass(frozen=True, slots=True)
class Found:
    """Some of the newest releases, newest first, and what is wrong with those that cannot be read."""

    records: tuple[Record, ...]
    unreadable: tuple[RecordError, ...] = ()


class Store:
    """Reads and writes the documents of one environment."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def write(self, record: Record) -> str:
        """Write a record down and return its key."""
        self._put(record.key, record.to_json())
        return record.key

    def look(self, limit: int = 10) -> Found:
        """Read the newest `limit` releases. One that cannot be read hides no other."""
        read = list(self._each(self._keys()[:limit]))
        records = tuple(one for one in read if isinstance(one, Record))
        return Found(records, tuple(one for one in read if isinstance(one, RecordError)))

    def latest(self, limit: int = 10) -> list[Record]:
        """The newest records that can be read, newest first; none where the bucket is empty or does not exist yet."""
        return list(self.look(limit).records)

    def resolve(self, wanted: str) -> Record:
        """Find the release that `wanted` names: its id, its version, its commit, or the digest of one of its images.

        Where several answer, the newest good one is meant (see `good`), else the newest that succeeded, else the
        newest. Raises `NoSuchRelease`, and `RecordError` where the id is that of a record that cannot be read.
        """
        keys = self._keys()
        named = [key for key in keys if re.search(rf"(^|[-/]){re.escape(wanted)}\.json$", key)]
        if named:
            return self._read(named[0])
        answering: list[Record] = []
        unreadable: list[RecordError] = []
        for found in self._each(keys):
            if isinstance(found, RecordError):
                unreadable.append(found)
            elif _answers(found, wanted):
                answering.append(found)
                if best := next(good(answering), None):
                    return best
        if answering:
            return next((record for record in answering if record.result == "succeeded"), answering[0])
        more = f"; {len(unreadable)} could not be read, the first is {unreadable[0].message}" if unreadable else ""
        raise NoSuchRelease(
            f"{wanted}: no release in s3://{self.bucket} has this id, version or digest{more}",
            "`./slipway history` lists the releases that can be named",
        )

    def known(self) -> frozenset[str]:
        """The ids of all releases that are written down."""
        return frozenset(key.rpartition("-")[2].removesuffix(".json") for key in self._keys())

    def find(self, key: str) -> Record | None:
        """The record under a key, or None."""
        found = self._get(key)
        return Record.from_json(found, self._where(key)) if found else None

    def succeeded_before(
        self, target: Mapping[str, Served], same: Callable[[str, str], bool], within: int = 50
    ) -> bool:
        """Whether one of the newest releases that ran just this succeeded, and was not taken back since.

        same: compares two task definitions by what they say.
        """

        def ran(record: Record) -> bool:
            return record.services.keys() == target.keys() and all(
                served.image == target[name].image and same(served.task_definition, target[name].task_definition)
                for name, served in record.services.items()
            )

        ended = (r.result for r in self.latest(within) if r.result in ("succeeded", TAKEN_BACK) and ran(r))
        return next(ended, "") == "succeeded"

    def served_before(
        self, digests: frozenset[str], declared: tuple[str, Mapping[str, str]] | None = None, within: int = 50
    ) -> bool:
        """Whether one of the newest releases with exactly these images succeeded, and was not taken back since.

        declared: where it is given, with this hash of the settings and these versions of secrets too.
        """
        return any(
            record.digests == digests and declared in (None, (record.settings_hash, record.secrets))
            for record in good(self.latest(within))
        )

    def taken_back(self, within: int = 10) -> Record | None:
        """What CodeDeploy took back when no update ran, if nothing was released since; looks at the newest records."""
        pointer = self.pointer()
        since = pointer.since if pointer else ""
        return next((r for r in self.latest(within) if r.result == TAKEN_BACK and r.finished >= since), None)

    def pointer(self) -> Pointer | None:
        """What serves, or None before the first release."""
        found = self._get(POINTER)
        return Pointer.from_json(found, self._where(POINTER)) if found else None

    def point(self, pointer: Pointer) -> None:
        """Say what serves now."""
        self._put(POINTER, pointer.to_json())

    def journal(self) -> Journal | None:
        """What is under way, or None."""
        found = self._get(JOURNAL)
        return Journal.from_json(found, self._where(JOURNAL)) if found else None

    def note(self, journal: Journal) -> None:
        """Write down what is about to be done."""
        self._put(JOURNAL, journal.to_json())

    def close_journal(self) -> None:
        """Say that nothing is under way."""
        self._s3.delete_object(Bucket=self.bucket, Key=JOURNAL)

    def journal_moved(self) -> datetime | None:
        """When the journal was last written, by S3's clock; None where nothing is under way."""
        try:
            return self._s3.head_object(Bucket=self.bucket, Key=JOURNAL)["LastModified"]
        except Exception as error:
            if error_code(error) in _ABSENT:
                return None
            raise

    def control(self, release: str) -> Control | None:
        """What a person wishes of a release, or None. Raises `RecordError` for what is no wish to it."""
        key = control_key(release)
        found = self._get(key)
        return Control.from_json(found, self._where(key), release) if found else None

    def wish(self, control: Control) -> None:
        """Write down what a person wishes of a release; the last wish counts."""
        self._put(control.key, control.to_json())

    def withdraw(self, release: str) -> None:
        """Remove what was wished of a release."""
        self._s3.delete_object(Bucket=self.bucket, Key=control_key(release))

    def wishes(self) -> list[str]:
        """The ids of the releases of which something is wished, whether they run or not."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=CONTROL)
        keys = sorted(item["Key"] for page in pages for item in page.get("Contents", []))
        return [key.removeprefix(CONTROL).removesuffix(".json") for key in keys]

    def hold(self) -> Hold | None:
        """What keeps the environment at what it serves, or None."""
        found = self._get(HOLD)
        hold = Hold.from_json(found, self._where(HOLD)) if found else None
        return hold if hold is not None and hold.active else None

    def keep(self, hold: Hold) -> None:
        """Set a hold, or write down that it was lifted."""
        self._put(HOLD, hold.to_json())

    def drop_hold(self) -> None:
        """Remove a hold that was set for nothing."""
        self._s3.delete_object(Bucket=self.bucket, Key=HOLD)

    def ground(self) -> tuple[ServicePlan, ...] | None:
        """What the services are delivered with, as of the last release that began; None before the first."""
        found = self._get(ground.GROUND)
        return ground.from_json(found, self._where(ground.GROUND)) if found else None

    def lay_ground(self, services: Sequence[ServicePlan]) -> None:
        """Write down what the services are delivered with."""
        self._put(ground.GROUND, ground.to_json(services))

    def _keys(self) -> list[str]:
        """The keys of all records, newest first."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=RELEASES)
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        except Exception as error:
            if error_code(error) in _ABSENT:
                return []
            raise
        return sorted((key for key in keys if key.endswith(".json")), reverse=True)

    def _each(self, keys: Sequence[str]) -> Iterator[Record | RecordError]:
        """Read records in the order of their keys, some at a time; whoever has heard enough reads no more."""
        if len(keys) <= 1:  # which needs no thread
            yield from map(self._try, keys)
            return
        with ThreadPoolExecutor(max_workers=AT_ONCE) as readers:
            for start in range(0, len(keys), AT_ONCE):
                yield from readers.map(self._try, keys[start : start + AT_ONCE])

    def _try(self, key: str) -> Record | RecordError:
        try:
            return self._read(key)
        except RecordError as error:
            return error

    def _read(self, key: str) -> Record:
        found = self.find(key)
        if found is None:
            raise NoSuchRelease(f"{self._where(key)}: gone", "the bucket keeps earlier versions: restore it")
        return found

    def _get(self, key: str) -> bytes | None:
        try:
            return self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except Exception as error:
            if error_code(error) in _ABSENT:
                return None
            raise

    def _put(self, key: str, text: str) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode(), ContentType="application/json")

    def _where(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"


def _answers(record: Record, wanted: str) -> bool:
    digests = {served.image for served in record.services.values()} | record.digests
    return wanted in {record.id, record.version, record.commit, *digests} or f"v{record.version}" == wanted
