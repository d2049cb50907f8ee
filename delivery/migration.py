"""Migrations: the schema of a database, brought to what the new image needs before any traffic reaches it.

A migration is one task of the service's own task definition, with another command: the same image, roles, secrets and
network. It runs while what served before still serves, so it must leave a schema that both can work with. Databases may
be shared, so services migrate one after the other, and never while another migration of the environment runs.

A release that goes back runs none: it is told, or refused, where the database is ahead of it. Where that is wished, the
image that knows the newer revisions undoes them first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from delivery import migrated, schema
from delivery.errors import Refused
from delivery.ledger import Ledger
from delivery.oneoff import Job, OneOff, marked
from delivery.plan import Migration, ReleasePlan, ServicePlan
from delivery.records import Record, good
from delivery.schema import Schema, Standing
from delivery.store import Store
from delivery.tools import Tools

#: How far back is looked for what a database is at, in releases.
WITHIN = 50


class Migrations:
    """The migrations of one release, whose books `ledger` keeps."""

    def __init__(self, plan: ReleasePlan, tools: Tools, store: Store, ledger: Ledger) -> None:
        self._plan = plan
        self._tools = tools
        self._store = store
        self._ledger = ledger
        self._services = [service for service in plan.services if service.migration]

    def run(self) -> None:
        """Migrate every service that has a migration.

        Raises `Refused` where one fails, or where the release must not run on the schema that is there.
        """
        found = self._store.look(WITHIN)
        if found.unreadable:
            # It may be the one that says what the database is at.
            raise found.unreadable[0]
        records = found.records
        # Schemas belong to images: under other settings, one that served here goes back no less.
        proven = any(record.digests == self._plan.digests for record in good(records))
        for service in self._services:
            assert service.migration is not None  # noqa: S101 - chosen by it
            self._migrate(service, service.migration, records, proven=proven)

    def _migrate(self, service: ServicePlan, how: Migration, records: Sequence[Record], *, proven: bool) -> None:
        done = self._ledger.record.schemas.get(service.name)
        at, known = (
            migrated.current(records, service.name),
            migrated.known_to(records, service.name, service.target.digest),
        )
        if self._ledger.resumed and done and done.told:
            # The interrupted update came past this: what follows was decided then.
            self._judge(service, how, done, done.known)
            return
        standing = schema.compare(at, known)
        if standing == Standing.SAME and at:
            self._note(service, f"{service.name}: schema {at.revision} is there already", replace(at, known=known))
        elif proven and at is None and self._plan.source == "pin":
            self._tools.teller.note(f"{service.name}: goes back, so nothing is migrated")
        elif proven and at is not None and standing != Standing.BEHIND:
            if standing == Standing.AHEAD and (self._plan.downgrade or self._undoing(service, how)):
                self._downgrade(service, how, at, known, records)
            elif standing == Standing.UNKNOWN and self._plan.downgrade:
                raise Refused(
                    f"{self._unknown(service, at)}, so nothing can be undone",
                    "bring the database back by hand, or go back without --downgrade",
                )
            else:
                self._judge(service, how, at, known)
                self._note(service, f"{service.name}: goes back, so nothing is migrated", replace(at, known=known))
        else:
            self._upgrade(service, how, at)

    def _note(self, service: ServicePlan, line: str, found: Schema) -> None:
        self._book(service, {**self._ledger.record.schemas, service.name: found})
        self._tools.teller.note(line)

    def _judge(self, service: ServicePlan, how: Migration, at: Schema, known: Sequence[str]) -> None:
        """Warn, or refuse, where a release meets a schema that it does not know."""
        standing = schema.compare(at, known)
        if standing == Standing.AHEAD:
            what = schema.ahead(service.name, self._plan.version, at, known)
            if how.ahead == "refuse":
                raise Refused(what, schema.WAY_OUT)
        elif standing == Standing.UNKNOWN:
            what = self._unknown(service, at)
        else:
            return
        self._tools.teller.warn(what)
        self._ledger.note(f"migrate {service.name}", overrides=(*self._ledger.record.overrides, what))

    def _unknown(self, service: ServicePlan, at: Schema) -> str:
        if not at.told:
            return f"{service.name}: its last migration did not tell what schema the database is at"
        return (
            f"{service.name}: the database is at schema {at.revision}, "
            f"and what {self._plan.version} knows was never written down"
        )

    def _upgrade(self, service: ServicePlan, how: Migration, before: Schema | None) -> None:
        found = self._run(self._job(service, how, "up"))
        was = f"{before.revision} → " if before and before.told and before.revision != found.revision else ""
        if found.told:
            self._tools.teller.note(f"{service.name}: schema {was}{found.revision or 'without a revision'}")
            if found.revision:
                self._judge(service, how, found, found.known)
            return
        self._tools.teller.warn(
            f"{service.name}: the migration ended well and told no schema, so going back cannot be compared with it; "
            'let its last line be {"schema": {"revision": …, "known": […]}}'
        )

    def _downgrade(
        self, service: ServicePlan, how: Migration, at: Schema, known: Sequence[str], records: Sequence[Record]
    ) -> None:
        """Let the image that knows the newer revisions undo them."""
        name, target = service.name, known[-1]
        if not how.downgrade:
            raise Refused(
                f"{schema.ahead(name, self._plan.version, at, known)}, and {name} has no command that undoes it",
                f"set services.{name}.migrate.downgrade, or go back without --downgrade",
            )
        newer = migrated.author(records, name, at.revision)
        definition = newer.services[name].task_definition if newer else ""
        if newer is None or not self._tools.world.definitions.startable(definition):
            raise Refused(
                f"{name}: no image that knows schema {at.revision} can be started, so nothing can undo it",
                "bring the database back by hand, or go back without --downgrade",
            )
        job = self._job(service, how, "down", definition, (*how.downgrade, target))
        found = self._run(job, known)
        if found.revision != target:
            raise Refused(
                f"{name}: the database should be back at schema {target}, and its migration says {found.revision}",
                "look at what the downgrade did, then run the update again",
            )
        self._tools.teller.note(f"{name}: schema {at.revision} → {target}, undone by {newer.version}")
        self._tools.teller.warn(
            f"{name}: what serves was made for schema {at.revision}, until {self._plan.version} does"
        )

    def _undoing(self, service: ServicePlan, how: Migration) -> bool:
        """Whether an interrupted update of this release had begun to undo the schema: that is gone on with."""
        mark = self._job(service, how, "down").mark
        tasks = marked(self._tools.aws.ecs, [service]) if self._ledger.resumed else []
        return any(task["startedBy"] == mark for task in tasks)

    def _job(
        self, service: ServicePlan, how: Migration, direction: str, definition: str = "", command: Sequence[str] = ()
    ) -> Job:
        return Job(
            service=service,
            definition=definition or service.task_definition,
            command=tuple(command or how.command),
            release=self._ledger.record.id,
            direction=direction,
            minutes=how.timeout_minutes,
        )

    def _run(self, job: Job, known: Sequence[str] = ()) -> Schema:
        """Run one migration to its end and book what it told: until that is known, the schema is not.

        known: what this release's image knows, where another one's image is at work.
        """
        name, before = job.service.name, self._ledger.record.schemas
        self._book(job.service, {**before, name: Schema(revision=schema.UNKNOWN, known=tuple(known))})
        task = OneOff(job, self._tools, alone=len(self._plan.services) == 1)
        try:
            task.begin(self._services, resumed=self._ledger.resumed)
            found = task.follow()
        except Exception:
            if not task.ran:
                self._book(job.service, before)
            elif task.schema:
                self._book(job.service, {**before, name: _of(task.schema, known)})
            raise
        found = _of(found, known)
        self._book(job.service, {**before, name: found})
        # Tasks that stopped because the schema was not there yet say nothing about the release.
        self._tools.causes.since = self._tools.clock.now()
        return found

    def _book(self, service: ServicePlan, schemas: Mapping[str, Schema]) -> None:
        self._ledger.note(f"migrate {service.name}", schemas=schemas)


def _of(found: Schema, known: Sequence[str]) -> Schema:
    """What a database is at, with what this release knows where another one's image told it."""
    return replace(found, known=tuple(known)) if known else found
