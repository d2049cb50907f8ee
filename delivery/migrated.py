"""What the records say about databases: the schema that each is at, and which release knows what.

The newest record that says something about a service's schema says what its database is at: a release that was taken
back has migrated all the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from delivery.records import Record
from delivery.schema import Schema


def current(records: Iterable[Record], service: str) -> Schema | None:
    """What a service's database is at, by the newest of `records` (newest first) that says so; None where none does."""
    return next((record.schemas[service] for record in records if service in record.schemas), None)


def known_to(records: Iterable[Record], service: str, digest: str) -> tuple[str, ...]:
    """The revisions that an image of a service knows; empty where no record says."""
    return next(
        (
            record.schemas[service].known
            for record in records
            if service in record.schemas
            and record.schemas[service].known
            and service in record.services
            and record.services[service].digest == digest
        ),
        (),
    )


def author(records: Iterable[Record], service: str, revision: str) -> Record | None:
    """The newest release whose image knows a revision, and so can undo it; None where no record says."""
    return next(
        (
            record
            for record in records
            if service in record.services and service in record.schemas and revision in record.schemas[service].known
        ),
        None,
    )
