"""What an older release meets in the databases: the schemas that they are at, and those that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from delivery import migrated, schema
from delivery.errors import Refused
from delivery.records import Record
from delivery.schema import Schema, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One service of an older release and its database. at: what that is at; known: the revisions that it knows."""

    service: str
    at: Schema
    known: tuple[str, ...]

    @property
    def standing(self) -> Standing:
        """How the database stands to the release."""
        return schema.compare(self.at, self.known)

    def line(self, version: str, *, downgrade: bool) -> str:
        """Say what going back makes of it."""
        at = f"schema {self.at.revision}" if self.at.told else "a schema that its last migration did not tell"
        if self.standing == Standing.SAME:
            return f"  {self.service}: the database is at {at}, which {version} was made for"
        if self.standing == Standing.BEHIND:
            return f"  {self.service}: the database goes from {at} to {self.known[-1]}"
        if self.standing == Standing.UNKNOWN:
            return f"  {self.service}: the database stays at {at}; it is not known whether {version} works with it"
        if downgrade:
            return f"  {self.service}: the database goes back from {at} to {self.known[-1]} before the shift"
        return f"  {self.service}: the database stays at {at}, which {version} does not know: it knows {self.known[-1]}"


def meetings(records: Sequence[Record], record: Record) -> list[Meeting]:
    """Return what a release meets in the databases that `records` (newest first) speak of."""
    found = []
    for service, served in record.services.items():
        at = migrated.current(records, service)
        if at is not None:
            # The release itself may be older than `records` go back.
            known = migrated.known_to([*records, record], service, served.digest)
            found.append(Meeting(service=service, at=at, known=known))
    return found


def refuse(meets: Sequence[Meeting], record: Record, *, downgrade: bool, ahead: bool) -> None:
    """Refuse what the update would refuse, before anything is set. ahead: whether the settings refuse newer schemas."""
    for one in meets:
        if one.standing == Standing.AHEAD and ahead and not downgrade:
            raise Refused(schema.ahead(one.service, record.version, one.at, one.known), schema.WAY_OUT)
        if one.standing == Standing.UNKNOWN and downgrade:
            raise Refused(
                f"{one.service}: it was not written down what the database is at or what {record.version} knows, "
                "so nothing can be undone",
                "bring the database back by hand, or go back without --downgrade",
            )
