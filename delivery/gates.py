"""What refuses a release before anything moves. All gates are asked; all objections are reported at once.

A release that once served here passes every gate that is not a plain impossibility: whoever goes back must not be
stopped by the very trouble they go back from. What would have been an objection is a warning then, and written down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from delivery.alarms import LACKS_DATA, RINGS, State, states
from delivery.definitions import Definitions
from delivery.errors import Refused
from delivery.pins import Versions, pins
from delivery.plan import ReleasePlan, ServicePlan
from delivery.serving import short
from delivery.tags import Image, Tags, binding
from delivery.tools import Tools

#: A new alarm lacks data until CloudWatch has looked at it for the first time, which it does once a minute.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
NEW_ALARM_SECONDS = 180.0


@dataclass(slots=True)
class Verdict:
    """What the gates found.

    objections: refuse; overrides: would have, if the release had not served once, or the alarm were not waived, or
    will one day; warnings: what a person should look at beside them; unwatched: alarms that are not watched.
    """

    objections: list[tuple[str, str]] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unwatched: tuple[str, ...] = ()

    def add(self, other: Verdict) -> None:
        """Take up what was found about another part of the plan."""
        self.objections += other.objections
        self.warnings += [warning for warning in other.warnings if warning not in self.warnings]
        self.overrides += [override for override in other.overrides if override not in self.overrides]
        self.unwatched = tuple(sorted({*self.unwatched, *other.unwatched}))

    def raise_objections(self, services: Iterable[ServicePlan] = ()) -> None:
        """Refuse the release, or these services of it, if anything was objected to. Raises `Refused`."""
        if self.objections:
            raise Refused(
                "\n".join(message for message, _ in self.objections),
                "; ".join(dict.fromkeys(fix for _, fix in self.objections)),
                [service.name for service in services],
            )


def ask(plan: ReleasePlan, moving: Iterable[ServicePlan], tools: Tools, *, proven: bool) -> Verdict:
    """Ask all gates. `moving`: services whose traffic is about to move; `proven`: this release once served here.

    Waits, minutes at most, for alarms that were just made.
    """
    verdict = Verdict()
    tags, versions, definitions = Tags(tools.aws.ecr), Versions(tools.aws.secretsmanager), tools.world.definitions
    for service in plan.services:
        _task_definition(service, definitions, verdict)
        _secrets(service, definitions, versions, verdict)
        _image(service, plan.version, tags, verdict, proven=proven)
    _alarms(plan, list(moving), tools, verdict, proven=proven)
    return verdict


def _task_definition(service: ServicePlan, definitions: Definitions, verdict: Verdict) -> None:
    if not definitions.startable(service.task_definition):
        verdict.objections.append(
            (
                f"{service.name}: task definition {short(service.task_definition)} is not active and starts no task",
                "run `pulumi up --refresh`, which registers it again",
            )
        )


def _secrets(service: ServicePlan, definitions: Definitions, versions: Versions, verdict: Verdict) -> None:
    """Without the version of a secret that it names, no task starts: going back or not, this is impossible."""
    containers = (definitions.get(service.task_definition) or {}).get("containerDefinitions", [])
    for pin in (pin for pin in pins(containers) if pin.version):
        there = versions.of(pin.arn)
        what = f"{service.name}: {pin.variable}: secret {pin.name}"
        if there is None:
            fix = (
                "restore the secret (`aws secretsmanager restore-secret`), or name another one in the setting `secrets`"
            )
            verdict.objections.append((f"{what} does not exist (any more), and no task would start", fix))
        elif pin.version not in there:
            fix = "choose a release whose secrets are still there; `pulumi config rm release` takes those of now"
            verdict.objections.append((f"{what} has no version {pin.version} (any more), and no task would start", fix))
        elif not there[pin.version]:
            verdict.overrides.append(
                f"{what}: version {pin.version} has no staging label any more; once AWS removes it, no task starts"
            )


def _image(service: ServicePlan, version: str, tags: Tags, verdict: Verdict, *, proven: bool) -> None:
    image = Image.read(service.image)
    if image is None:
        return
    if not tags.exists(image):
        verdict.objections.append(
            (
                f"{service.name}: {image.repository}@{image.digest[:19]}… is not in the registry (any more)",
                "build it again: `pulumi config rm release` where this stack builds, or choose another release",
            )
        )
        return
    named = tags.digest(image, version) if binding(version) else None
    if named is None or named == image.digest:
        return
    what = f"{service.name}: version {version} names another image: {named[:19]}…, and this one is {image.digest[:19]}…"
    if proven:
        verdict.overrides.append(what)
    else:
        verdict.objections.append(
            (what, "a version is one image for ever: give this one a new version (a git tag, or the setting `version`)")
        )


def _alarms(plan: ReleasePlan, moving: list[ServicePlan], tools: Tools, verdict: Verdict, *, proven: bool) -> None:
    """Alarms must be able to tell good from bad: one that rings already, lacks data or does not exist cannot."""
    known = {name for service in plan.services for name in service.alarms}
    watched = {name for service in moving for name in service.alarms}
    for name in sorted(set(plan.waive) - known):
        there = f"; there is {' · '.join(sorted(known))}" if known else ""
        verdict.warnings.append(f"alarm {name}, which the setting `waive` names, is none of this environment's{there}")
    judged = watched - set(plan.waive)
    found = _settled(watched, set() if proven else judged, tools) if watched else {}
    for name in sorted(watched - judged):
        what = _wrong(found.get(name))
        now = f" (it {what}{_why(found.get(name))})" if what else ""
        verdict.overrides.append(f"alarm {name} is waived and not watched: {plan.waive[name]}{now}")
    wrong = {name: what for name in sorted(judged) if (what := _wrong(found.get(name)))}
    # An alarm that lacks data may still ring later, so going back is watched by it.
    silent = {name for name in wrong if name not in found or found[name].value == RINGS}
    for name, what in wrong.items():
        if proven:
            unwatched = " and is not watched while going back" if name in silent else ""
            verdict.overrides.append(f"alarm {name} {what}{unwatched}{_why(found.get(name))}")
        else:
            verdict.objections.append(_objection(name, what, found.get(name)))
    verdict.unwatched = tuple(sorted((set(plan.waive) & known) | (silent if proven else set())))


def _settled(names: set[str], wait_for: set[str], tools: Tools) -> dict[str, State]:
    """The alarms' states; of those in `wait_for`, new ones are waited for until CloudWatch has evaluated them."""
    began = None
    while True:
        found = states(tools.aws.cloudwatch, names)
        began = began or tools.clock.now()
        made = [state.since for name, state in found.items() if name in wait_for and state.value == LACKS_DATA]
        new = [since for since in made if since and tools.clock.since(since) < NEW_ALARM_SECONDS]
        if not new or tools.clock.since(began) >= NEW_ALARM_SECONDS:
            return found
        tools.stop.check()
        tools.teller.progress("0% waiting for new alarms")
        tools.clock.pause()


def _wrong(state: State | None) -> str:
    """What is wrong with an alarm; empty where it is as it should be."""
    if state is None:
        return "does not exist"
    return {RINGS: "rings already", LACKS_DATA: "lacks the data it needs"}.get(state.value, "")


def _why(state: State | None) -> str:
    return f": {state.reason}" if state and state.reason else ""


def _objection(name: str, what: str, state: State | None) -> tuple[str, str]:
    """Why an alarm refuses a release, and what to do."""
    waive = f"to release without it, `pulumi config set --path waive.{name} '<why>'`"
    reason = f" ({state.reason})" if state and state.reason else ""
    if state is None:
        return f"alarm {name} {what}", f"run `pulumi up --refresh`, which makes it again; {waive}"
    if state.value == RINGS:
        fix = f"find out why it rings; to go back to a release that served: `./slipway rollback`; {waive}"
        return f"alarm {name} {what}{reason}; it would take the release back at once", fix
    return f"alarm {name} {what}{reason}", f"see that what it measures reports data; {waive}"
