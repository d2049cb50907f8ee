"""What is written down about releases: the record of one, the pointer to what serves, the journal of what is in flight.

All are JSON documents in the environment's bucket; `delivery.store` reads and writes them:

    releases/20260102T030405Z-3f9c1e2a.json   one record per release, whatever its result
    pointer.json                              what serves; what another environment takes from
    journal.json                              what is under way; gone when nothing is
    control/3f9c1e2a.json                     what a person wishes of it (see `delivery.control`); gone at its end

Reading refuses another schema, and fields that are missing or of the wrong type; fields it does not know pass, so that
an older checkout reads what a newer one wrote. A field that came later than the first records is empty in those: the
schema's number changes only where an older checkout would misunderstand what it reads. docs/records.md has every field.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Literal, cast

from delivery.documents import Fields
from delivery.schema import Schema
from delivery.update import Update

SCHEMA = 1
RELEASES = "releases/"
POINTER = "pointer.json"
JOURNAL = "journal.json"

Result = Literal["succeeded", "refused", "failed", "cancelled", "taken back"]
RESULTS: tuple[Result, ...] = ("succeeded", "refused", "failed", "cancelled", "taken back")
#: What JSON has too. A journal is written before every step: there is no time to put the types together each time.
_AS_IT_IS = (str, int, float)
#: CodeDeploy went back when no update ran; `delivery.warden` writes it.
TAKEN_BACK: Result = "taken back"

#: The source of a release that a person brought past the engine; `delivery.now` writes it.
NOW = "now"

#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET_LENGTH = 63


def bucket_name(project: str, stack: str, account: str) -> str:
    """Name the bucket in which an environment's releases are written down.

    A convention that needs no look-up: `<project>-<stack>-releases-<account>`, in lower case, hyphens for all
    other characters than letters and digits. Where that is longer than S3 allows, project and stack are cut and marked
    with a hash, so that two long names stay two buckets.
    """
    place = re.sub(r"[^a-z0-9]+", "-", f"{project}-{stack}".lower()).strip("-")
    ending = f"-releases-{account}"
    room = _BUCKET_LENGTH - len(ending)
    if len(place) > room:
        mark = hashlib.sha256(f"{project}/{stack}".encode()).hexdigest()[:6]
        place = f"{place[: room - 7].rstrip('-')}-{mark}"
    return place + ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What one service runs.

    image: `repository@sha256:…`.
    task_definition: its ARN, with revision.
    """

    image: str
    task_definition: str

    @property
    def digest(self) -> str:
        """`sha256:…`, or the image as it is where it names no digest."""
        return self.image.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One release, written when it ends, whatever its result. Times are AWS's, ISO 8601 in UTC.

    id: eight hexadecimal digits.
    environment: the stack.
    version, commit: what the release says it is.
    source: `build`, the stack it was taken from, `pin`, or `now` for one that went past the engine.
    services: what it should run; before: what ran when it began.
    cause: why it did not succeed; empty when it did.
    who, why: the identity that ran it, and the reason that was given.
    seconds: how long its phases took: gates, provision, checks, shift, bake, total.
    deployments: the deployment of each service; empty where none was needed.
    settings_hash, settings: of the non-secret settings it ran with.
    secrets: what ECS looks up for each variable: a secret's ARN, key and version, never a value.
    declared: by service, a fingerprint of what the program declared; a release that was gone back to runs other things.
    asked: the name it was asked for by (setting `release`); empty where it was not.
    overrides: gates that only warned, and why; a bake that a person ended, who and why.
    calls: how many calls to AWS it made; records of earlier days do not say.
    schemas: by service, the schema that its database is at since, and the revisions that its image knows; a record that
    was written before there were migrations has none.
    results, serving: how each service ended and what it runs since, where each stood for itself and one failed; empty
    in every other record.
    before_release, before_version: what served when it began, by id and version; empty where nothing did.
    update: the Pulumi update that ran it.
    watched: by service, the alarms that would have taken it back.
    warm_until: when AWS was to let go of the tasks that served before; empty where none were kept.
    The last five are empty in records of earlier days.
    """

    id: str
    environment: str
    version: str
    commit: str
    source: str
    services: Mapping[str, Served]
    before: Mapping[str, Served]
    result: Result
    cause: str
    who: str
    why: str
    started: str
    finished: str
    seconds: Mapping[str, float]
    deployments: Mapping[str, str]
    settings_hash: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    calls: int = 0
    secrets: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    results: Mapping[str, Result] = field(default_factory=dict)
    serving: Mapping[str, Served] = field(default_factory=dict)
    before_release: str = ""
    before_version: str = ""
    update: Update = field(default_factory=Update)
    watched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warm_until: str = ""

    @property
    def key(self) -> str:
        """Where in the bucket the record lies; keys sort by time."""
        return record_key(self.started, self.id)

    @property
    def digests(self) -> frozenset[str]:
        """The digests of its images."""
        return frozenset(served.digest for served in self.services.values())

    def stored(self) -> dict[str, Any]:
        """The record's fields as they are stored; `from` is a word of Python's own."""
        return {_stored_name(name): value for name, value in _plain(self).items()}

    def to_json(self) -> str:
        """The record as it is stored."""
        return _dump(self.stored())

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> Record:
        """Read a stored record; `where` names it in errors. Raises `RecordError`."""
        return cls.of(Fields.parse(text, where, SCHEMA))

    @classmethod
    def of(cls, found: Fields) -> Record:
        """Read a record from its stored fields. Raises `RecordError`."""
        return cls(
            id=found.text("id"),
            environment=found.text("environment"),
            version=found.text("version"),
            commit=found.text("commit"),
            source=found.text("source"),
            services=_served(found, "services"),
            before=_served(found, "from"),
            result=cast(Result, found.choice("result", RESULTS)),
            cause=found.text("cause"),
            who=found.text("who"),
            why=found.text("why"),
            started=found.time("started"),
            finished=found.time("finished", empty=True),
            seconds=found.numbers("seconds"),
            deployments=found.texts("deployments"),
            settings_hash=found.text("settings_hash"),
            settings=found.plain("settings"),
            overrides=tuple(found.list_of_texts("overrides")),
            schemas=_schemas(found, "schemas"),
            calls=int(found.number("calls", 0)),
            secrets=found.texts("secrets") if found.has("secrets") else {},
            asked=found.text("asked") if found.has("asked") else "",
            declared=found.texts("declared") if found.has("declared") else {},
            results=_results(found),
            serving=_served(found, "serving") if found.has("serving") else {},
            before_release=found.text("from_release", ""),
            before_version=found.text("from_version", ""),
            update=Update(**_known(Update, found.texts("update") if found.has("update") else {})),
            watched=_watched(found),
            warm_until=found.time("warm_until", empty=True),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """What serves in an environment, as of the last release that succeeded there.

    release: the record's id; record: its key. since: when it began to serve.
    services: what each runs; versions: of those that serve another version than `version`, since a later release
    succeeded for them and failed for others.
    """

    release: str
    record: str
    version: str
    commit: str
    services: Mapping[str, Served]
    since: str
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def images(self) -> dict[str, str]:
        """The image of each service, `repository@sha256:…`."""
        return {name: served.image for name, served in self.services.items()}

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each service's image, `sha256:…`."""
        return {name: served.digest for name, served in self.services.items()}

    def to_json(self) -> str:
        """The pointer as it is stored."""
        return _dump({**_plain(self), "digests": self.digests})

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> Pointer:
        """Read a stored pointer; `where` names it in errors. Raises `RecordError`."""
        found = Fields.parse(text, where, SCHEMA)
        return cls(
            release=found.text("release"),
            record=found.text("record"),
            version=found.text("version"),
            commit=found.text("commit"),
            services=_served(found, "services"),
            since=found.time("since"),
            versions=found.texts("versions") if found.has("versions") else {},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What is under way, noted before each step, so that whoever comes next takes up where it stopped.

    step: what was about to be done.
    record: the release's record as it would have to be written if nobody came back.
    held: scalable targets whose autoscaling is suspended and must be resumed.
    """

    step: str
    record: Record
    held: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The journal as it is stored."""
        # On one line: it is written before every step, and goes with the release.
        return _dump({"step": self.step, "held": self.held, "record": self.record.stored()}, indent=None)

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> Journal:
        """Read a stored journal; `where` names it in errors. Raises `RecordError`."""
        found = Fields.parse(text, where, SCHEMA)
        return cls(
            step=found.text("step"),
            record=Record.of(found.inner("record")),
            held=tuple(found.list_of_texts("held")),
        )


def record_key(started: str, release: str) -> str:
    """Where the record of a release lies that began at `started` (ISO 8601)."""
    return f"{RELEASES}{re.sub(r'[-:]|[.][0-9]+', '', started)}-{release}.json"


def good(records: Iterable[Record]) -> Iterator[Record]:
    """The releases that succeeded and were not taken back since. `records`: newest first, and so is the answer.

    What was taken back is images in task definitions: the same images ran well before, perhaps, under other settings.
    """
    taken_back: set[frozenset[tuple[str, Served]]] = set()
    for record in records:
        ran = frozenset(record.services.items())
        if record.result == TAKEN_BACK:
            taken_back.add(ran)
        elif record.result == "succeeded" and ran not in taken_back:
            yield record


def _served(found: Fields, name: str) -> dict[str, Served]:
    return {
        service: Served(image=inner.text("image"), task_definition=inner.text("task_definition"))
        for service, inner in found.objects(name).items()
    }


def _schemas(found: Fields, name: str) -> dict[str, Schema]:
    if not found.has(name):
        return {}
    return {
        service: Schema(revision=inner.text("revision"), known=tuple(inner.list_of_texts("known")))
        for service, inner in found.objects(name).items()
    }


def _results(found: Fields) -> dict[str, Result]:
    if not found.has("results"):
        return {}
    inner = found.inner("results")
    return {name: cast(Result, inner.choice(name, RESULTS)) for name in found.plain("results")}


def _known(kind: type, values: Mapping[str, str]) -> dict[str, str]:
    """Those of the values that a dataclass has a field for."""
    return {part.name: values[part.name] for part in fields(kind) if part.name in values}


def _watched(found: Fields) -> dict[str, tuple[str, ...]]:
    if not found.has("watched"):
        return {}
    inner = found.inner("watched")
    return {name: tuple(inner.list_of_texts(name)) for name in found.plain("watched")}


@cache
def _stored_name(field_name: str) -> str:
    return re.sub(r"^before(?=_|$)", "from", field_name)


def _plain(one: Any) -> dict[str, Any]:
    """A dataclass's fields by name, inner dataclasses likewise. `asdict` copies every text on its way."""
    return {name: _value(getattr(one, name)) for name in one.__dataclass_fields__}


def _value(value: Any) -> Any:
    if value is None or isinstance(value, _AS_IT_IS):
        return value
    if isinstance(value, Mapping):
        return {name: _value(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_value(inner) for inner in value]
    return _plain(value)


def _dump(values: dict[str, Any], indent: int | None = 2) -> str:
    return json.dumps({"schema": SCHEMA, **values}, indent=indent, ensure_ascii=False) + "\n"
