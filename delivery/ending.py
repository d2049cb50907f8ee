"""How a release ends: verified, tagged and written down, or taken back and written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from delivery import failures, lines
from delivery.apart import Apart
from delivery.aws import explained
from delivery.before import WITHIN, Before, before
from delivery.clock import stamp
from delivery.errors import Cancelled, DeliveryError, RecordError, Refused, ReleaseFailed
from delivery.ledger import Ledger
from delivery.plan import ReleasePlan, ServicePlan
from delivery.records import Pointer, Record, Result, Served
from delivery.shift import Pace, Shift
from delivery.store import Store
from delivery.tags import Image, Tags, usable
from delivery.tools import Tools
from delivery.undoing import Undoing
from delivery.workers import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a release ended.

    record: as it was written. version: what serves now; empty where nothing ever did. serving: the task definition
    (ARN) of each service now. fix: what to do, where it did not succeed.
    """

    record: Record
    version: str
    serving: Mapping[str, str]
    fix: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the target serves."""
        return self.record.result == "succeeded"


class Ending:
    """Ends the release whose books `ledger` keeps.

    `shifts` and `workers` are filled while it goes on; `apart` has what failed for itself.
    """

    def __init__(
        self,
        plan: ReleasePlan,
        tools: Tools,
        store: Store,
        ledger: Ledger,
        shifts: Sequence[Shift],
        workers: Sequence[Worker],
        apart: Apart,
    ) -> None:
        self._plan = plan
        self._tools = tools
        self._store = store
        self._ledger = ledger
        self._shifts = shifts
        self._workers = workers
        self._apart = apart

    def succeed(self, pace: Pace, *, passed: int) -> Outcome:
        """Verify that the target serves, and write it down. Raises `ReleaseFailed` where something else serves.

        pace: how traffic moved, if it did; passed: how many checks did.
        """
        for shift in self._shifts:
            differences = shift.arrived()
            if differences:
                raise failures.not_as_expected(shift, differences)
        if self._apart.failed:
            return self._succeed_in_part()
        serving = self._serving()
        previous = self._store.pointer()
        known = self._known(previous)
        if known:
            self._ledger.drop()
            return Outcome(record=known, version=known.version, serving=_arns(serving))
        way = lines.Way.AT_ONCE if pace.at_once and self._way == lines.Way.SHIFT else self._way
        self._ledger.note("record")
        self._set_tags(self._plan.services)
        served = self._before(self._ledger.record.before)
        record = self._ledger.close("succeeded", "", serving, warm_until=self._warm_until)
        self._tools.teller.note("\n".join(lines.succeeded(self._plan, record, served, way, passed)))
        return Outcome(record=record, version=record.version, serving=_arns(serving))

    def _succeed_in_part(self) -> Outcome:
        """End a release that some services failed, each for itself: the update fails, and the others keep what came."""
        cause = self._apart.told().message + self._undo(self._apart.shifts, self._apart.workers)
        serving, kept = self._serving(), self._apart.kept
        cause += f"\n{', '.join(kept)}: {self._plan.version} serves; {', '.join(self._apart.failed)}: as before"
        self._set_tags([service for service in self._plan.services if service.name in kept])
        self._before(self._ledger.record.before)
        record = self._ledger.close("failed", cause, serving, self._apart.results)
        pointer = self._store.pointer()
        version = pointer.version if pointer else ""
        return Outcome(record=record, version=version, serving=_arns(serving), fix=self._apart.told().fix)

    def take_back(self, error: DeliveryError, *, moved: bool) -> Outcome:
        """Undo what was begun, and write down why. moved: whether users have met the release."""
        error = self._apart.told(error)
        result, cause = _result(error, moved=moved), error.message
        version, serving = "", {}
        try:
            cause += self._undo([*self._shifts, *self._apart.shifts], [*self._workers, *self._apart.workers])
            # What cannot be looked at is no reason not to write down how it ended.
            served = Before(version=self._ledger.record.before_version)
            with suppress(Exception):
                served = self._before(self._ledger.record.before or self._serving())
            record = self._ledger.close(result, cause, {})
            if served.past:
                self._tools.teller.warn(f"before it, {served.past}")
            version, serving = served.told, _arns(self._serving())
        except Exception as second:
            # The journal stays: whoever comes next takes up here.
            cause += f"\nTaking it back could not be followed to its end: {explained(second).message}"
            record = replace(self._ledger.record, result=result, cause=cause)
        return Outcome(record=record, version=version, serving=serving, fix=error.fix)

    def _undo(self, shifts: Sequence[Shift], workers: Sequence[Worker]) -> str:
        if self._ledger.resumed:
            for shift in shifts:
                shift.find(self._ledger.record.deployments.get(shift.name, ""))
        problems = Undoing(shifts, workers, self._tools.clock, self._tools.teller).run()
        self._tools.scaling.resume(self._ledger.held)
        self._ledger.freed()
        return f"\nNot all is as it was before: {'; '.join(problems)}" if problems else ""

    def _before(self, ran: Mapping[str, Served]) -> Before:
        """What served when it began; the ledger knows it from now on. A pointer that nobody can read says nothing."""
        try:
            pointer = self._store.pointer()
        except RecordError:
            pointer = None
        found = before(ran, pointer, lambda: self._store.latest(WITHIN), self._tools.world.definitions)
        self._ledger.began_with(found)
        return found

    @property
    def _way(self) -> lines.Way:
        if any(shift.deployment for shift in self._shifts) or any(worker.changed for worker in self._workers):
            return lines.Way.SHIFT
        return lines.Way.REROUTE if any(shift.rerouted for shift in self._shifts) else lines.Way.NOTHING

    @property
    def _warm_until(self) -> str:
        """When AWS lets go of the first of the tasks that served before."""
        minutes = self._plan.strategy.blue_minutes
        shifted = [shift.view.shifted_at for shift in self._shifts if shift.deployment]
        if not minutes or not shifted or not all(shifted):
            return ""
        return stamp(min(one for one in shifted if one) + timedelta(minutes=minutes))

    def _known(self, pointer: Pointer | None) -> Record | None:
        """The record of what serves, where nothing had to be done and it says all there is to say."""
        if pointer is None or self._way != lines.Way.NOTHING or self._ledger.resumed:
            return None
        target = {name: served.image for name, served in self._plan.target.items()}
        if pointer.images != target or pointer.version != self._plan.version:
            return None
        found, schemas = self._store.find(pointer.record), self._ledger.record.schemas
        return None if found and schemas and found.schemas != schemas else found

    def _serving(self) -> dict[str, Served]:
        world, found = self._tools.world, {}
        for service in self._plan.services:
            serving = world.look(service)
            if serving is not None:
                found[service.name] = world.served(service, serving.task_definition)
        return found

    def _set_tags(self, services: Sequence[ServicePlan]) -> None:
        """Let version and commit name the images. A tag that cannot be set is no reason to undo what serves."""
        tags, names = Tags(self._tools.aws.ecr), (self._plan.version, self._plan.commit)
        for service in services:
            image = Image.read(service.image)
            for tag in dict.fromkeys(name for name in names if image and usable(name)):
                try:
                    named = image is not None and tags.put(image, tag)
                except Exception as error:
                    self._tools.teller.warn(f"{service.name}: tag {tag} could not be set: {explained(error).message}")
                    continue
                if not named and tag == self._plan.version:
                    self._tools.teller.warn(f"{service.name}: tag {tag} names another image and stays there")


def _arns(serving: Mapping[str, Served]) -> dict[str, str]:
    return {name: served.task_definition for name, served in serving.items()}


def _result(error: DeliveryError, *, moved: bool) -> Result:
    if isinstance(error, Cancelled):
        return "cancelled"
    if isinstance(error, Refused):
        return "refused"
    return "failed" if moved or isinstance(error, ReleaseFailed) else "refused"
