"""What follows when a deployment ends and nobody watches: it is written down, the pointer is true, all may scale again.

An event is only a reason to look. It may come twice, late, or before another that happened earlier; what is done
follows from what CodeDeploy, ECS and the bucket say now, and doing it again changes nothing.

An update that runs sees and writes down everything itself. It is known by its journal: one that names the release and
is not finished. An update that was killed leaves such a journal too, so the warden waits: a living one closes it soon
after the way back has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

from delivery.clock import Clock, moment
from delivery.errors import NoSuchRelease
from delivery.records import TAKEN_BACK, Journal, Pointer, Record, Served
from delivery.scaling import Scaling
from delivery.store import Store
from delivery.update import Update
from delivery.warden.flights import Flight, Flights

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_s3 import S3Client

#: Who wrote the record, where no update did.
WHO = "CodeDeploy"
#: So long may an update say nothing after everything has ended, by AWS's clock; then nobody runs it any more.
QUIET_SECONDS = 120.0
#: And so long is waited at all: the function has a quarter of an hour.
_PATIENCE_SECONDS = 600.0
#: How far back is looked for the release that serves again.
_WITHIN = 50


class Clients(Protocol):
    """One client per AWS service."""

    @property
    def autoscaling(self) -> ApplicationAutoScalingClient: ...

    @property
    def codedeploy(self) -> CodeDeployClient: ...

    @property
    def ecs(self) -> ECSClient: ...

    @property
    def s3(self) -> S3Client: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A service that CodeDeploy shifts.

    name: as people call it; application: CodeDeploy's, one per service; cluster, service: their names in ECS.
    scalable: whether autoscaling may change how many tasks it has.
    """

    name: str
    application: str
    cluster: str
    service: str
    scalable: bool = False

    @property
    def scalable_target(self) -> str:
        """Its name in Application Auto Scaling."""
        return f"service/{self.cluster}/{self.service}"


@dataclass(frozen=True, slots=True)
class Returned:
    """A service's deployment that went back: what it was, the deployment that undid it, when that had ended."""

    flight: Flight
    ended: str


class Warden:
    """Hears about the deployments of one environment."""

    def __init__(self, aws: Clients, clock: Clock, bucket: str, services: Sequence[Watched]) -> None:
        self._ecs = aws.ecs
        self._clock = clock
        self._store = Store(aws.s3, bucket)
        self._flights = Flights(aws.codedeploy)
        self._scaling = Scaling(aws.autoscaling)
        self._by_application = {service.application: service for service in services}
        self._by_name = {service.name: service for service in services}

    def hear(self, application: str, deployment: str) -> str:
        """Look after a deployment whose state changed; return in words what was done."""
        service = self._by_application.get(application)
        if service is None:
            return f"{application} is not of this environment"
        begun = self._begun(deployment)
        if begun is None or not begun.release:
            return "not a deployment of a release"
        if not begun.view.phase.over:
            return "it goes on"
        if begun.failed and (rollback := self._going_back(begun)):
            return f"{rollback} takes it back"
        journal = self._store.journal()
        if journal and _open(journal) and journal.record.id == begun.release:
            return self._interrupted(journal, service, begun)
        told = self._late(service, begun, journal) if begun.failed else ""
        self._free([service] if begun.failed else [])
        return told or "nothing to write down"

    def _begun(self, deployment: str) -> Flight | None:
        """The deployment; where it takes another one back, that one."""
        flight = self._flights.read(deployment)
        return self._flights.read(flight.undoes) if flight and flight.undoes else flight

    def _going_back(self, begun: Flight) -> str:
        """The deployment that is taking it back, whose end is another event; empty when nothing more will move.

        Waits until CodeDeploy has named it, or has had the time to.
        """
        while not (way := self._flights.way_back(begun, self._clock.now())).over:
            if way.rollback:
                return way.rollback
            self._clock.pause()
            begun = self._flights.read(begun.id) or begun
        return ""

    def _late(self, service: Watched, begun: Flight, journal: Journal | None) -> str:
        """Write down that a release was taken back which had succeeded, and point to what serves again."""
        record = self._find(begun.release)
        if record is None or record.result != "succeeded":
            return ""
        deployments = {**record.deployments, service.name: begun.id}
        back = self._returned(deployments, record)
        back = {name: one for name, one in back.items() if not self._by_an_update(one.flight, record, journal)}
        if not back:
            return ""
        ends = [flight.ended for flight in map(self._flights.read, _ids(deployments)) if flight and flight.failed]
        finished = max(one.ended for one in back.values())
        # The same for each event about it, whichever comes first, so that they write one record.
        told = replace(
            record,
            id=hashlib.sha256(f"{record.id} {TAKEN_BACK}".encode()).hexdigest()[:8],
            result=TAKEN_BACK,
            cause=_cause(record, back),
            who=WHO,
            why=_why(back),
            started=min(ends),
            finished=finished,
            seconds={"total": (moment(finished) - moment(min(ends))).total_seconds()},
            deployments={name: one.flight.view.rollback for name, one in back.items()},
            overrides=(),
            update=Update(),
            warm_until="",
        )
        known = self._store.find(told.key)
        if known is None or known.deployments.keys() < told.deployments.keys():
            self._store.write(told)
        serves = self._point(record, back, finished)
        return f"{record.version} was taken back: {told.cause}{f'; {serves} serves' if serves else ''}"

    def _point(self, gone: Record, back: Mapping[str, Returned], since: str) -> str:
        """Let the pointer name the release that serves again, where it names the one that is gone; return its version.

        Where none is written down, the pointer stays: an update asks ECS what serves, not the pointer.
        """
        before = {name: gone.before[name] for name in back}
        earlier = [one for one in self._records() if one.result == "succeeded" and one.started < gone.started]
        found = next((one for exactly in (True, False) for one in earlier if _runs(one, before, exactly)), None)
        pointer = self._store.pointer()
        if found is None or pointer is None or pointer.release != gone.id:
            return pointer.version if pointer and pointer.release != gone.id else ""
        self._store.point(
            Pointer(
                release=found.id,
                record=found.key,
                version=found.version,
                commit=found.commit,
                services={**found.services, **before},
                since=since,
            )
        )
        return found.version

    def _interrupted(self, journal: Journal, service: Watched, begun: Flight) -> str:
        """End what an update left open that nobody runs any more; leave it alone while somebody may."""
        record = journal.record
        if record.deployments.get(service.name, begun.id) != begun.id:
            return "another deployment of the release came after it"
        deployments = {**record.deployments, service.name: begun.id}
        if not self._all_over(deployments):
            return "other deployments of the release go on"
        if not begun.failed and not journal.held:
            return "nothing to free"
        if not self._abandoned(journal) or not self._all_over(deployments):
            return "an update sees to it"
        journal = replace(journal, record=replace(record, deployments=deployments))
        back = self._returned(deployments, record)
        if back and self._store.find(record.key) is None:
            self._store.write(self._left_open(journal, back))
        self._resume([self._by_name[name] for name in back], journal.held)
        if back:
            self._store.close_journal()
            return f"{record.version} was taken back: {_cause(record, back)}"
        if journal.held:
            self._store.note(replace(journal, held=()))
        return "nobody ran the update any more: autoscaling was freed"

    def _left_open(self, journal: Journal, back: Mapping[str, Returned]) -> Record:
        finished = max(one.ended for one in back.values())
        total = (moment(finished) - moment(journal.record.started)).total_seconds()
        return replace(
            journal.record,
            result=TAKEN_BACK,
            cause=f"interrupted while: {journal.step}; {_cause(journal.record, back)}",
            why=journal.record.why or _why(back),
            finished=finished,
            seconds={**journal.record.seconds, "total": total},
        )

    def _abandoned(self, journal: Journal) -> bool:
        """Wait for a sign of life in the journal; True when there was none for long enough."""
        began = quiet = self._clock.now()
        seen = journal
        while self._clock.since(quiet) < QUIET_SECONDS:
            if self._clock.since(began) > _PATIENCE_SECONDS:
                return False
            self._clock.pause()
            found = self._store.journal()
            if found is None or not _open(found) or found.record.id != journal.record.id:
                return False
            if found != seen:
                seen, quiet = found, self._clock.now()
        return True

    def _all_over(self, deployments: Mapping[str, str]) -> bool:
        flights = [flight for flight in map(self._flights.read, _ids(deployments)) if flight]
        return all(
            flight.view.phase.over and (not flight.failed or self._flights.way_back(flight, self._clock.now()).over)
            for flight in flights
        )

    def _returned(self, deployments: Mapping[str, str], record: Record) -> dict[str, Returned]:
        """The services whose deployment failed or was stopped, and which run again what they ran before."""
        found = {}
        for name, deployment in deployments.items():
            flight = self._flights.read(deployment) if deployment and name in self._by_name else None
            if flight is None or not flight.failed or name not in record.before:
                continue
            way = self._flights.way_back(flight, self._clock.now())
            if way.over and self._serving(self._by_name[name]) == record.before[name].task_definition:
                found[name] = Returned(flight, way.ended)
        return found

    def _by_an_update(self, flight: Flight, record: Record, journal: Journal | None) -> bool:
        """Whether an update stopped it: one that made room for its own release, or was told to go back."""
        if not flight.stopped_by_hand:
            return False
        if journal and _open(journal) and journal.record.started <= flight.ended:
            return True
        return any(
            one.started <= flight.ended <= one.finished
            for one in self._records()
            if one.id != record.id and one.result != TAKEN_BACK
        )

    def _free(self, services: Sequence[Watched]) -> None:
        """Let everything scale again that a release held, unless an update is under way and may hold it."""
        journal = self._store.journal()
        if journal and _open(journal):
            return
        self._resume(services, journal.held if journal else ())
        if journal:
            self._store.close_journal()

    def _resume(self, services: Sequence[Watched], held: Sequence[str]) -> None:
        own = [service.scalable_target for service in services if service.scalable]
        self._scaling.resume(dict.fromkeys([*held, *self._scaling.suspended(own)]))

    def _serving(self, service: Watched) -> str:
        """The task definition that a service runs; empty where there is no such service."""
        answer = self._ecs.describe_services(cluster=service.cluster, services=[service.service])
        found = cast("list[dict[str, Any]]", answer["services"])
        sets: list[dict[str, Any]] = found[0].get("taskSets") or found[:1] if found else []
        primary = next((one for one in sets if one.get("status") == "PRIMARY"), sets[0] if sets else {})
        return str(primary.get("taskDefinition", ""))

    def _find(self, release: str) -> Record | None:
        try:
            return self._store.resolve(release)
        except NoSuchRelease:
            return None

    def _records(self) -> list[Record]:
        return self._store.latest(_WITHIN)


def _open(journal: Journal) -> bool:
    """Whether the journal is of an update that has not ended. A finished one is left for what is held alone."""
    return not journal.record.finished


def _ids(deployments: Mapping[str, str]) -> list[str]:
    return [deployment for deployment in deployments.values() if deployment]


def _runs(record: Record, services: Mapping[str, Served], exactly: bool) -> bool:
    """Whether a release ran these services: `exactly` the same task definitions, or the same images in others.

    Releases of one image differ in settings and versions of secrets, so what serves again is looked for exactly first.
    """
    return all(
        name in record.services
        and (
            record.services[name].task_definition == one.task_definition
            if exactly
            else record.services[name].digest == one.digest
        )
        for name, one in services.items()
    )


def _cause(record: Record, back: Mapping[str, Returned]) -> str:
    """Why it was taken back; a second line names what did not go back with it."""
    causes = "; ".join(f"{name}: {back[name].flight.reason}" for name in sorted(back))
    stays = [name for name in sorted(record.services) if name not in back and _changed(record, name)]
    return causes + (f"\n{', '.join(stays)} still runs {record.version}" if stays else "")


def _changed(record: Record, name: str) -> bool:
    return name in record.before and record.before[name] != record.services[name]


def _why(back: Mapping[str, Returned]) -> str:
    """What AWS says."""
    return "; ".join(filter(None, (back[name].flight.said for name in sorted(back))))
