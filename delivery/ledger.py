"""What a release writes down while it goes on: journal before each step, record and pointer at its end."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from delivery import redact
from delivery.before import Before
from delivery.clock import Clock, moment
from delivery.errors import RecordError
from delivery.plan import ReleasePlan
from delivery.records import Journal, Pointer, Record, Result, Served
from delivery.schema import Schema
from delivery.store import Store


class Ledger:
    """Keeps the books of one release, from `open` to `close`."""

    def __init__(self, store: Store, plan: ReleasePlan, clock: Clock) -> None:
        self._store = store
        self._plan = plan
        self._clock = clock
        self._step = ""
        self._answers = clock.answers
        self.held: tuple[str, ...] = ()
        self.record: Record
        self.resumed = False
        self.stopped_at = ""
        """The step at which an interrupted release stopped, where one is gone on with."""
        self.closed = False

    def open(self, who: str) -> None:
        """Begin, or go on where an interrupted release with the same target stopped.

        An interrupted release with another target gets its record now; what it held is ours to resume.
        """
        found = self._store.journal()
        if found is not None:
            # A journal whose record is finished was left for the sake of what is held alone.
            self.held, open_ = found.held, not found.record.finished
            if open_ and found.record.services == self._plan.target:
                plan = self._plan
                self.record = replace(
                    found.record, version=plan.version, commit=plan.commit, who=who, update=plan.update
                )
                self._step, self.resumed = found.step, True
                self.stopped_at = found.step
                return
            if open_:
                cause = self._aborted(found.record.id) or f"interrupted while: {found.step}"
                self._store.write(replace(found.record, finished=self._clock.stamp(), cause=cause))
        serves = self._serves()
        self.record = Record(
            id=secrets.token_hex(4),
            environment=self._plan.environment,
            version=self._plan.version,
            commit=self._plan.commit,
            source=self._plan.source,
            services=self._plan.target,
            before={},
            result="cancelled",
            cause="interrupted",
            who=who,
            why=redact.masked(self._plan.reason),
            started=self._clock.stamp(),
            finished="",
            seconds={},
            deployments={},
            settings_hash=self._plan.settings_hash,
            settings=redact.plain(self._plan.settings),
            before_release=serves.release if serves else "",
            before_version=serves.version if serves else "",
            update=self._plan.update,
            watched=self._plan.watched,
            secrets=self._plan.secrets,
            asked=self._plan.asked,
            declared={service.name: service.declared for service in self._plan.services if service.declared},
        )

    @property
    def interrupted(self) -> str:
        """The id of the release that is gone on with; empty for one that begins now."""
        return self.record.id if self.resumed else ""

    def note(
        self,
        step: str,
        *,
        deployments: Mapping[str, str] | None = None,
        before: Mapping[str, Served] | None = None,
        overrides: tuple[str, ...] | None = None,
        held: tuple[str, ...] | None = None,
        schemas: Mapping[str, Schema] | None = None,
    ) -> None:
        """Write down what is about to be done, and what is new since the last note."""
        self._step = step
        self.held = self.held if held is None else held
        record = self.record
        self.record = replace(
            record,
            deployments={**record.deployments, **(deployments or {})},
            before={**record.before, **(before or {})},
            overrides=record.overrides if overrides is None else overrides,
            schemas=record.schemas if schemas is None else schemas,
        )
        self._store.note(Journal(step=step, record=self.record, held=self.held))

    def began_with(self, before: Before) -> None:
        """Know what served when it began, by what was seen: the pointer may name something else."""
        self.record = replace(self.record, before_version=before.version, before_release=before.release)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure how long a phase takes, by AWS's clock; it adds to what is noted of an interrupted release."""
        began = self._clock.now()
        try:
            yield
        finally:
            spent = self.record.seconds.get(name, 0.0) + self._clock.since(began)
            self.record = replace(self.record, seconds={**self.record.seconds, name: spent})

    def freed(self) -> None:
        """Nothing is held any more."""
        if self.held:
            self.note(self._step, held=())

    def drop(self) -> None:
        """Nothing had to be done, and nothing has to be written."""
        self._store.close_journal()
        self.closed = True

    def close(
        self,
        result: Result,
        cause: str,
        serving: Mapping[str, Served],
        results: Mapping[str, Result] | None = None,
        warm_until: str = "",
    ) -> Record:
        """Write the record, and for a release that succeeded the pointer; nothing is under way any more.

        serving: what serves now, with the task definitions that really run. results: how each service ended, where
        each stood for itself and one failed. warm_until: when AWS lets go of what served before; empty: it is gone.
        """
        finished = self._clock.stamp()
        total = (moment(finished) - moment(self.record.started)).total_seconds()
        services = {**self.record.services, **serving} if result == "succeeded" else self.record.services
        self.record = replace(
            self.record,
            result=result,
            cause=cause,
            services=services,
            results=results or {},
            serving=serving if results else {},
            finished=finished,
            seconds={**self.record.seconds, "total": total},
            calls=self._clock.answers - self._answers,
            warm_until=warm_until,
        )
        self._store.write(self.record)
        if result == "succeeded":
            self._store.point(self._pointer(self.record))
        elif results:
            self._point_at_some(self.record)
        if self.held:
            self._store.note(Journal(step="resume autoscaling", record=self.record, held=self.held))
        else:
            self._store.close_journal()
        self.closed = True
        return self.record

    def _point_at_some(self, record: Record) -> None:
        """Say what serves where a release succeeded for some services: the version is still that of the last whole one.

        Before a first whole release there is nothing that serves as a whole, and nothing is said.
        """
        found = self._store.pointer()
        if found is not None:
            there = {name for name, result in record.results.items() if result == "succeeded"}
            services = {name: served for name, served in record.serving.items() if name in there}
            versions = {name: version for name, version in found.versions.items() if name not in there}
            versions |= {name: record.version for name in sorted(there) if record.version != found.version}
            self._store.point(replace(found, services={**found.services, **services}, versions=versions))

    def _serves(self) -> Pointer | None:
        """What serves when a release begins; a pointer that cannot be read hinders no release that mends it."""
        try:
            return self._store.pointer()
        except RecordError:
            return None

    def _aborted(self, release: str) -> str:
        """Who aborted an interrupted release and why, where somebody did; its wish has been followed then."""
        try:
            control = self._store.control(release)
        except RecordError:
            return ""
        if control is None:
            return ""
        self._store.withdraw(release)
        return control.told if control.wish == "abort" else ""

    def _pointer(self, record: Record) -> Pointer:
        return Pointer(
            release=record.id,
            record=record.key,
            version=record.version,
            commit=record.commit,
            services=record.services,
            since=record.finished,
        )
