"""What is said when a service's deployment did not do what it should: which, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from delivery.errors import DeliveryError, Refused, ReleaseFailed
from delivery.meaning import Phase
from delivery.redact import shown
from delivery.serving import short
from delivery.shift import Shift

#: Green may take so long to become healthy, by AWS's clock; CodeDeploy itself would wait an hour.
PROVISION_PATIENCE_SECONDS = 30 * 60.0


def ended(shift: Shift, alarms: Mapping[str, str], *, moved: bool) -> DeliveryError:
    """Why a deployment failed or was stopped. alarms: those that ring, and why; moved: whether users met it."""
    view = shift.view
    if view.code.startswith("ALARM"):
        what = "; ".join(f"alarm {name} rang: {reason}" for name, reason in alarms.items())
        what = what or f"an alarm rang ({', '.join(shift.service.alarms) or shown(view.cause)})"
        what += "" if moved else _because(shift.why())
        fix = "look at what the alarm measures in this release; the metrics of its target group are kept"
    elif view.code == "MANUAL_STOP" or (view.phase == Phase.STOPPED and not view.code):
        what = f"deployment {shift.deployment} was stopped by someone else{_because(shown(view.cause))}"
        fix = "find out who stopped it and why, then run the update again"
    else:
        why = shift.why() if not moved else ""
        reasons = [f"{view.code}: {shown(view.cause)}" if view.code else shown(view.cause), why]
        what = f"deployment {shift.deployment} failed{_because('; '.join(filter(None, reasons)))}"
        fix = "mend the cause and run the update again"
    return _error(moved)(f"{shift.name}: {what}", fix, [shift.name])


def loops(shift: Shift) -> DeliveryError:
    """The target's tasks fail again and again."""
    return _error(not shift.deployment)(
        f"{shift.name}: {short(shift.service.task_definition)} does not come up{_because(shift.why())}",
        "make its container start and stay, then run the update again",
        [shift.name],
    )


def unready(shift: Shift) -> DeliveryError:
    """The target is not healthy within our patience."""
    minutes = PROVISION_PATIENCE_SECONDS / 60
    return _error(not shift.deployment)(
        f"{shift.name}: {short(shift.service.task_definition)} was not healthy after {minutes:.0f} minutes"
        + _because(shift.why()),
        "make its health check answer, then run the update again",
        [shift.name],
    )


def did_not_wait(shift: Shift) -> DeliveryError:
    """The group shifts without waiting: nothing could be checked."""
    return ReleaseFailed(
        f"{shift.name}: deployment {shift.deployment} began to shift traffic before green was checked",
        f"give deployment group {shift.service.deployment_group} the ready option STOP_DEPLOYMENT with a wait",
        [shift.name],
    )


def not_behind_test_listener(shift: Shift, shares: Mapping[str, int]) -> DeliveryError:
    """The test listener leads to other tasks: a check would ask the wrong ones."""
    found = ", ".join(f"{short(group)} {share}%" for group, share in shares.items()) or "nothing"
    return _error(not shift.deployment)(
        f"{shift.name}: the test listener does not lead to the new tasks ({found}), so they cannot be checked",
        "see that the listener's default action forwards to one of the service's two target groups",
        [shift.name],
    )


def not_as_expected(shift: Shift, differences: list[str]) -> DeliveryError:
    """AWS says that it succeeded, and what serves is something else."""
    return ReleaseFailed(
        f"{shift.name}: {short(shift.service.task_definition)} should serve, but {'; '.join(differences)}",
        "something else changed the service meanwhile: find out what, then run the update again",
        [shift.name],
    )


def _error(moved: bool) -> type[DeliveryError]:
    return ReleaseFailed if moved else Refused


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
