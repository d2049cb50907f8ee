"""One environment: what is under way, what was left, what watches it, and whether it still waits for us."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from delivery.alarms import LACKS_DATA, RINGS, states
from delivery.aws import error_code
from delivery.deployments import Deployments
from delivery.examining import Finding, ok, problem, warning
from delivery.hold import lift_words
from delivery.meaning import Phase
from delivery.plan import ServicePlan
from delivery.store import Store

RELEASE, HOLD, DEPLOYMENTS, ALARMS, PARTS = "release", "hold", "deployments", "alarms", "parts"
_NO_GROUP = ("ApplicationDoesNotExistException", "DeploymentGroupDoesNotExistException")


def under_way(store: Store, stack: str, now: datetime, session: timedelta) -> Iterator[Finding]:
    """Whether a release is under way, or was left. session: after so long without a step nobody can be running it."""
    journal = store.journal()
    if journal is None:
        pointer = store.pointer()
        yield ok(RELEASE, f"{pointer.version} serves, none is under way" if pointer else "nothing was released yet")
        return
    record = journal.record
    if record.finished:
        yield problem(
            RELEASE,
            f"{record.version} left something to be done: {journal.step}",
            f"`pulumi up -s {stack}` does it",
        )
        return
    moved = store.journal_moved()
    what = f"{record.version} (release {record.id}) is under way, at the step: {journal.step}"
    fix = (
        f"if nobody runs it any more: `pulumi up -s {stack}` takes it up, "
        f"`./slipway abort -s {stack} --reason …` takes it back"
    )
    if moved is not None:
        what += f", noted {moved:%Y-%m-%d %H:%M} UTC"
        if now - moved > session:
            yield problem(RELEASE, f"{what}: nobody runs it any more", fix)
            return
    yield warning(RELEASE, what, fix)


def held(store: Store, stack: str) -> Iterator[Finding]:
    """Whether somebody keeps it at what it serves."""
    hold = store.hold()
    if hold is None:
        yield ok(HOLD, "none")
    else:
        yield warning(HOLD, f"it is {hold.told}", lift_words(stack))


def in_flight(codedeploy: Any, services: Sequence[ServicePlan], stack: str, *, journal: bool) -> Iterator[Finding]:
    """Whether deployments hold the groups. journal: whether a release of ours is under way."""
    deployments = Deployments(codedeploy)
    shifted = [service for service in services if service.shifts]
    free = 0
    for service in shifted:
        active = deployments.active(service)
        if active is None:
            free += 1
        elif active.view.phase == Phase.SHIFTED and not active.takes_back:
            yield ok(DEPLOYMENTS, f"{service.name}: {active.id} keeps the old tasks warm")
        elif active.takes_back:
            yield warning(
                DEPLOYMENTS,
                f"{service.name}: CodeDeploy takes a release back, by {active.id}",
                f"`./slipway status -s {stack}` says which and why",
            )
        elif active.mark and journal:
            yield ok(DEPLOYMENTS, f"{service.name}: {active.id} is of the release under way")
        else:
            yield warning(
                DEPLOYMENTS,
                f"{service.name}: {active.id} is in flight, and no release of ours is under way",
                f"find out whose it is: `aws deploy get-deployment --deployment-id {active.id}`; releases wait for it",
            )
    if free:
        yield ok(DEPLOYMENTS, f"none in flight for {free} of {len(shifted)} services")


def alarms(cloudwatch: Any, services: Sequence[ServicePlan], stack: str) -> Iterator[Finding]:
    """Whether what would take a release back rings already, lacks data, or is gone."""
    names = sorted({name for service in services for name in service.alarms})
    found = states(cloudwatch, names)
    for name in names:
        state = found.get(name)
        if state is None:
            yield problem(ALARMS, f"{name} does not exist", f"`pulumi up --refresh -s {stack}` makes it again")
        elif state.value == RINGS:
            since = f" since {state.since:%Y-%m-%d %H:%M} UTC" if state.since else ""
            yield problem(
                ALARMS,
                f"{name} rings{since}: {' '.join(state.reason.split())}",
                "find out why: releases are refused until it is quiet, or waived with a reason (setting `waive`)",
            )
        elif state.value == LACKS_DATA:
            yield warning(
                ALARMS,
                f"{name} has no data: it would take nothing back",
                "wait some minutes if it is new; else see whether its metric still exists",
            )
    if names and all(state and state.value not in (RINGS, LACKS_DATA) for state in map(found.get, names)):
        yield ok(ALARMS, f"{len(names)} exist and are quiet")


def parts(codedeploy: Any, iam: Any, services: Sequence[ServicePlan], stack: str) -> Iterator[Finding]:
    """Whether each deployment group stands, waits for our checks, and has its role."""
    shifted = [service for service in services if service.shifts]
    good = 0
    for service in shifted:
        group = service.deployment_group or ""
        again = f"`pulumi up --refresh -s {stack}` sets it right"
        try:
            found = codedeploy.get_deployment_group(
                applicationName=service.application or "", deploymentGroupName=group
            )["deploymentGroupInfo"]
        except Exception as error:
            if error_code(error) not in _NO_GROUP:
                raise
            yield problem(PARTS, f"deployment group {group} does not exist", again)
            continue
        ready = found.get("blueGreenDeploymentConfiguration", {}).get("deploymentReadyOption", {})
        role = str(found.get("serviceRoleArn", "")).rpartition("/")[2]
        if ready.get("actionOnTimeout") != "STOP_DEPLOYMENT":
            yield problem(
                PARTS,
                f"deployment group {group} does not wait for checks: it was handed over (`leave`), or changed by hand",
                again,
            )
        elif role and not _exists(iam, role):
            yield problem(PARTS, f"deployment group {group}: its role {role} does not exist", again)
        else:
            good += 1
    if good:
        yield ok(PARTS, f"{good} of {len(shifted)} deployment groups stand, with their roles, and wait for checks")


def warden(events: Any, rule: str, stack: str) -> Iterator[Finding]:
    """Whether what CodeDeploy does when no update runs is written down."""
    again = f"`pulumi up --refresh -s {stack}` sets it right"
    try:
        state = events.describe_rule(Name=rule).get("State", "ENABLED")
    except Exception as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        yield warning(PARTS, f"rule {rule} does not exist: what CodeDeploy takes back alone is not written down", again)
        return
    if state == "DISABLED":
        yield warning(PARTS, f"rule {rule} is disabled: what CodeDeploy takes back alone is not written down", again)
    else:
        yield ok(PARTS, f"rule {rule} calls the warden")


def _exists(iam: Any, role: str) -> bool:
    try:
        iam.get_role(RoleName=role)
    except Exception as error:
        if error_code(error) not in ("NoSuchEntity", "NoSuchEntityException"):
            raise
        return False
    return True
