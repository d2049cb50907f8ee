"""The checks again, as users would ask them: at the service's URL, once it has all traffic.

They are asked from where the update runs, which may not reach the URL at all: a laptop outside the company, a runner
behind a proxy. So each is asked before traffic moves too, and only what answered then can fail the release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from delivery import failures
from delivery.checks import REQUEST_TIMEOUT_SECONDS, Failure, judge, until_passed
from delivery.plan import Check, ReleasePlan
from delivery.shift import Shift
from delivery.tools import Tools

#: What a proxy on the way says, or the load balancer when it has nobody to ask: not the service's own answer.
_NOBODY = (407, 502, 503, 504)
_NOT_FROM_HERE = "it cannot be checked from where this update runs"

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Visit:
    """One check of one service, and the address that users know it by."""

    service: str
    number: int
    """Which of the service's checks."""
    url: str
    check: Check

    @property
    def key(self) -> Key:
        """By which it is known, whatever becomes of other services."""
        return self.service, self.number

    @property
    def address(self) -> str:
        """What is asked for."""
        return self.url.rstrip("/") + self.check.path

    @property
    def words(self) -> str:
        """What is asked, and where."""
        return f"GET {self.address}"


class PublicChecks:
    """Asks the checks of services whose traffic moves at their URLs: before it does, and after."""

    def __init__(self, plan: ReleasePlan, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools
        self._before: dict[Key, Mapping[str, Any]] | None = None
        self._warned: set[Key] = set()

    def look(self, shifts: Sequence[Shift]) -> None:
        """Ask all once, before traffic moves, to know what can be told from here."""
        visits = _visits(shifts)
        self._before = dict(zip((visit.key for visit in visits), self._get(visits), strict=True))

    def ask(self, shifts: Sequence[Shift], told: Callable[[int, int], object]) -> None:
        """Ask all of services that have all traffic now. Raises `ReleaseFailed` where one does not pass.

        Warns instead where nobody answered before, or the very same was wrong: that is no fault of this release. Where
        it is not known what was before, since another update began this release, every answer counts.
        told: hears after each round how many of how many have passed, and looks after the deployments meanwhile.
        """
        left = [visit for visit in _visits(shifts) if visit.key not in self._warned]
        before = {visit.key: (self._before or {}).get(visit.key) for visit in left}
        self._ask_once([visit for visit in left if not _told(before[visit.key])])
        asked = [visit for visit in left if _told(before[visit.key])]
        wrong = []
        for failure in self._failures(asked, told):
            visit = asked[failure.number]
            was = before[visit.key]
            if was is None and not _answered(failure.answer):
                self._warn(visit, f"{failure}; nobody answers there, so {_NOT_FROM_HERE}")
            elif was is not None and _what(visit.check, was) == _what(visit.check, failure.answer):
                self._warn(visit, f"{failure}; it was the same before this release, which goes on")
            else:
                wrong.append(failure)
        if wrong:
            services = {failure.question.service for failure in wrong}
            raise failures.wrong_for_users(
                [str(failure) for failure in wrong], [shift for shift in shifts if shift.name in services]
            )

    def _ask_once(self, visits: Sequence[Visit]) -> None:
        """Ask where nobody answered before: another attempt would be a wait for nothing."""
        for visit, answer in zip(visits, self._get(visits), strict=True):
            problem = judge(visit.check, answer)
            if problem:
                what = f"{visit.service}: {visit.words}: {problem}"
                self._warn(visit, f"{what}; nobody answered there before this release, so {_NOT_FROM_HERE}")

    def _failures(self, visits: Sequence[Visit], told: Callable[[int, int], object]) -> list[Failure]:
        def put(some: Sequence[Visit], _attempt: int) -> list[Mapping[str, Any]]:
            return self._get(some)

        budget = self._plan.checks_budget_seconds
        return until_passed(visits, put, self._tools.clock, budget, lambda passed: told(passed, len(visits)))

    def _get(self, visits: Sequence[Visit]) -> list[Mapping[str, Any]]:
        return self._tools.web.get([visit.address for visit in visits], REQUEST_TIMEOUT_SECONDS) if visits else []

    def _warn(self, visit: Visit, line: str) -> None:
        self._warned.add(visit.key)
        self._tools.teller.warn(line)


def _visits(shifts: Sequence[Shift]) -> list[Visit]:
    return [
        Visit(shift.name, number, shift.service.url, check)
        for shift in shifts
        if shift.service.url
        for number, check in enumerate(shift.service.checks)
    ]


def _told(was: Mapping[str, Any] | None) -> bool:
    """Whether an answer after the shift tells anything: there was one before, or nobody looked."""
    return was is None or _answered(was)


def _answered(answer: Mapping[str, Any]) -> bool:
    """Whether the service itself, or what users meet in its place, answered."""
    return answer.get("status") is not None and answer["status"] not in _NOBODY


def _what(check: Check, answer: Mapping[str, Any]) -> Any:
    """What is wrong about an answer, so that two can be compared: a body may hold a time, or a request's number."""
    if not _answered(answer):
        return "nobody"
    return answer["status"] if answer["status"] != check.status else judge(check, answer)
