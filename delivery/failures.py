"""What is said when a service's deployment did not do what it should: which, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from delivery.errors import DeliveryError, Refused, ReleaseFailed
from delivery.meaning import Phase
from delivery.redact import shown
from delivery.serving import short
from delivery.shift import Shift
from delivery.trouble import Trouble

#: Green may take so long to become healthy, by AWS's clock; CodeDeploy itself would wait an hour.
PROVISION_PATIENCE_SECONDS = 30 * 60.0
#: Tasks and events are asked for what is wrong so often, by AWS's clock: three calls, while a deployment is looked at
#: every few seconds.
LOOK_FOR_TROUBLE_SECONDS = 10.0


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


def hopeless(shift: Shift, trouble: Trouble) -> DeliveryError:
    """The target's tasks do not come up, and there is no use in waiting."""
    return _error(not shift.deployment)(
        f"{shift.name}: {short(shift.service.task_definition)} {trouble.words}{_because(shift.why())}",
        trouble.fix,
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


def wrong_in_checks(problems: Sequence[str], shifts: Sequence[Shift], *, serves: bool) -> DeliveryError:
    """Checks did not pass through the test listener. shifts: whose; serves: whether users meet what was asked."""
    return _error(serves)(
        "\n".join([*problems, *_last_words(shifts)]),
        "mend what answers so, or the check itself (setting `services`), then run the update again",
        [shift.name for shift in shifts],
    )


def wrong_for_users(problems: Sequence[str], shifts: Sequence[Shift]) -> DeliveryError:
    """Checks did not pass at the URL, after they had passed through the test listener. shifts: whose."""
    return ReleaseFailed(
        "\n".join([*problems, *_last_words(shifts)]),
        "the same checks passed before the shift: look at what only users meet (listener rules, DNS, certificate, a "
        "CDN or firewall before it) and at how it answers under load, then run the update again",
        [shift.name for shift in shifts],
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


def _last_words(shifts: Sequence[Shift]) -> list[str]:
    said = [(shift.name, " | ".join(shift.last_words())) for shift in shifts]
    return [f"{name}: last lines of its log: {words}" for name, words in said if words]


def _error(moved: bool) -> type[DeliveryError]:
    return ReleaseFailed if moved else Refused


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
