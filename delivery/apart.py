"""Where each service stands for itself (setting `together: false`): one that fails is set aside, the others go on.

What is set aside is stopped at once, so that its users get back what served before; that it did is verified at the end
of the release, with everything else that was begun.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from delivery.errors import Cancelled, DeliveryError, Refused
from delivery.plan import ReleasePlan
from delivery.records import Result
from delivery.shift import Shift
from delivery.telling import Teller
from delivery.workers import Worker


class Apart:
    """Keeps what was set aside. `shifts` and `workers` are those that go on: whoever fails leaves them."""

    def __init__(self, plan: ReleasePlan, shifts: list[Shift], workers: list[Worker], teller: Teller) -> None:
        self._plan = plan
        self._going = (shifts, workers)
        self._teller = teller
        self.failed: dict[str, DeliveryError] = {}
        self.shifts: list[Shift] = []
        self.workers: list[Worker] = []

    def set_aside(self, error: DeliveryError) -> bool:
        """Take back the services whose own trouble an error is; False where the whole release must end.

        That is where services stand together, where the trouble is everybody's, and where nothing would go on.
        """
        shifts, workers = self._going
        if self._plan.together or isinstance(error, Cancelled) or not error.services:
            return False
        self.failed |= dict.fromkeys(error.services, error)
        for shift in [one for one in shifts if one.name in error.services]:
            shifts.remove(shift)
            self.shifts.append(shift)
            if shift.deployment:
                shift.stop()
        for worker in [one for one in workers if one.name in error.services]:
            workers.remove(worker)
            self.workers.append(worker)
            worker.go_back()
        if not shifts and not workers:
            return False
        others = ", ".join([*(shift.name for shift in shifts), *(worker.name for worker in workers)])
        self._teller.warn(f"{error.message}\n{', '.join(error.services)} goes back; {others} goes on")
        return True

    def parts(self) -> Iterator[ReleasePlan]:
        """What is judged as one: the whole plan, or each service that goes on for itself."""
        if self._plan.together:
            yield self._plan
            return
        for service in self._plan.services:
            if service.name not in self.failed:
                yield replace(self._plan, services=(service,))

    @property
    def kept(self) -> list[str]:
        """The services that did not fail."""
        return [service.name for service in self._plan.services if service.name not in self.failed]

    @property
    def results(self) -> dict[str, Result]:
        """How each service ended."""
        kept: dict[str, Result] = dict.fromkeys(self.kept, "succeeded")
        return kept | {
            name: "refused" if isinstance(error, Refused) else "failed" for name, error in self.failed.items()
        }

    def told(self, last: DeliveryError | None = None) -> DeliveryError:
        """Everything that failed as one: `last`, which ended the release, and what was set aside before."""
        errors = list(dict.fromkeys([*([last] if last else []), *self.failed.values()]))
        message = "\n".join(dict.fromkeys(error.message for error in errors))
        fix = "; ".join(dict.fromkeys(error.fix for error in errors if error.fix))
        kind = type(last) if last else DeliveryError
        return kind(message, fix) if len(errors) > 1 else errors[0]
