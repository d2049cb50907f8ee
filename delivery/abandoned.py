"""Taking back a release that no update runs any more: its process is gone, and its deployments go on without it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from delivery.aws import error_code
from delivery.clock import Clock, moment
from delivery.control import Control
from delivery.deployments import Active, Deployments, WayBack
from delivery.errors import Refused
from delivery.meaning import Phase
from delivery.records import Journal, Record
from delivery.scaling import Scaling
from delivery.store import Store
from delivery.telling import Teller
from delivery.undoing import PATIENCE_SECONDS

#: Steps at which services without a port may have been moved already.
_WORKERS_MOVE = ("workers", "record")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What was done.

    stopped: deployments that were in flight, by id. problems: what is not as it was before, in words.
    record: as it was written; None where an update does it, or where there was no release under way.
    """

    stopped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    record: Record | None = None


class Abandoned:
    """Acts for the update that is gone. The account's deployments are told apart by the mark that each carries."""

    def __init__(self, store: Store, deployments: Deployments, scaling: Scaling, clock: Clock, teller: Teller) -> None:
        self._store = store
        self._deployments = deployments
        self._scaling = scaling
        self._clock = clock
        self._teller = teller

    def in_flight(self, releases: Collection[str]) -> list[Active]:
        """The deployments of these releases that hold their group."""
        try:
            found = self._deployments.marked()
        except Exception as error:
            # Who may not see all deployments still knows those of the journal.
            if "AccessDenied" not in error_code(error):
                raise
            return []
        return [one for one in found if one.mark and one.mark.release in releases]

    def take_back(self, journal: Journal, control: Control) -> TakenBack:
        """Stop what is in flight of the journal's release, follow it to its end, and write the record in its stead.

        Raises `Refused` where all has succeeded for good: nothing can be taken back any more.
        """
        record = journal.record
        marked = {one.id for one in self.in_flight({record.id})}
        all_ = list(dict.fromkeys([*record.deployments.values(), *sorted(marked)]))
        phases = {one: self._deployments.look(one).phase for one in all_}
        if phases and all(phase == Phase.SUCCEEDED for phase in phases.values()):
            raise Refused(
                f"nothing to abort: the deployments of {record.version} ({', '.join(phases)}) have succeeded for good",
                f"`pulumi up -s {record.environment}` writes it down; then `./slipway rollback` goes back",
            )
        stopped, problems = self.stop(all_)
        if journal.step in _WORKERS_MOVE:
            still = sorted(set(record.services) - set(record.deployments))
            problems += [f"{name}: may run {record.version} until the next update" for name in still]
        if self._store.journal() != journal:
            return TakenBack(stopped=stopped, problems=tuple(problems))
        return TakenBack(stopped=stopped, problems=tuple(problems), record=self._close(journal, control, problems))

    def stop(self, deployments: Collection[str]) -> tuple[tuple[str, ...], list[str]]:
        """Stop deployments and follow each way back; return those that were in flight, and what is not as before."""
        stopped = tuple(one for one in deployments if not self._deployments.look(one).phase.over)
        for one in stopped:
            self._deployments.stop(one)
        ways = [WayBack(self._deployments, one) for one in deployments]
        waiting, began = ways, self._clock.now()
        while waiting := [way for way in waiting if not way.over(self._clock.now())]:
            for way in waiting:
                share = way.view.green_percent if way.view and not way.view.phase.over else 0
                self._teller.progress(f"{share}% going back: {way.deployment}")
            if self._clock.since(began) > PATIENCE_SECONDS:
                break
            self._clock.pause()
        late = [f"{way.deployment}: is still being taken back" for way in waiting]
        kept = [
            f"{way.deployment}: could not be taken back any more: it had succeeded"
            for way in ways
            if way.view and way.view.phase == Phase.SUCCEEDED
        ]
        return stopped, late + kept

    def _close(self, journal: Journal, control: Control, problems: list[str]) -> Record:
        """End the books as the release itself would have."""
        self._scaling.resume(journal.held)
        finished = self._clock.stamp()
        cause = control.told + (f"\nNot all is as it was before: {'; '.join(problems)}" if problems else "")
        total = (moment(finished) - moment(journal.record.started)).total_seconds()
        record = replace(
            journal.record,
            result="cancelled",
            cause=cause,
            finished=finished,
            seconds={**journal.record.seconds, "total": total},
        )
        self._store.write(record)
        self._store.close_journal()
        self._store.withdraw(record.id)
        return record
