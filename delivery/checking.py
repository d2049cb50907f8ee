"""Asking the checks of several services, through their test listeners."""

from __future__ import annotations

from collections.abc import Sequence

from delivery import failures
from delivery.checks import Checker, Question
from delivery.errors import Refused, ReleaseFailed
from delivery.plan import ReleasePlan
from delivery.shift import Shift
from delivery.tools import Tools

#: A listener may be seen a moment later than CodeDeploy set it.
_LOOKS = 5


class Checking:
    """Asks the checks of a release through its function in the VPC."""

    def __init__(self, plan: ReleasePlan, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools

    def ask(self, shifts: Sequence[Shift]) -> int:
        """Ask the targets' tasks through the test listeners; return how many checks passed.

        Raises `Refused` where users have not met the target yet, `ReleaseFailed` where it serves.
        """
        questions = []
        for shift in shifts:
            listener = shift.service.test_listener
            if shift.service.checks and listener and self._plan.checker_function:
                self._leads_to(shift, listener)
                door = self._tools.listeners.door(shift.service, listener)
                questions += [Question(shift.name, door, check) for check in shift.service.checks]
        share = 0 if any(shift.deployment for shift in shifts) else 100
        self._put(questions, share)
        return len(questions)

    def _leads_to(self, shift: Shift, listener: str) -> None:
        """A check that asks the wrong tasks proves nothing: see first where the listener leads."""
        for look in range(_LOOKS):
            if look:
                self._tools.clock.pause()
            shares = self._tools.listeners.shares(listener)
            if shares.get(shift.group) == 100:
                return
        raise failures.not_behind_test_listener(shift, shares)

    def _put(self, questions: list[Question], share: int) -> None:
        if not questions or not self._plan.checker_function:
            return
        tools, total = self._tools, len(questions)
        checker = Checker(tools.aws.functions, self._plan.checker_function, tools.clock)

        def told(passed: int) -> None:
            tools.stop.check()
            tools.teller.progress(f"{share}% {passed}/{total} checks")

        failed = checker.ask(questions, told)
        if failed:
            raise (ReleaseFailed if share else Refused)(
                "\n".join(str(failure) for failure in failed),
                "mend what answers so, or the check itself (setting `services`), then run the update again",
                [failure.question.service for failure in failed],
            )
