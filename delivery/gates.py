"""What refuses a release before anything moves. All gates are asked; all objections are reported at once.

A release that once served here passes every gate that is not a plain impossibility: whoever goes back must not be
stopped by the very trouble they go back from. What would have been an objection is a warning then, and written down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from delivery.alarms import ringing
from delivery.aws import Clients
from delivery.definitions import Definitions
from delivery.errors import Refused
from delivery.pins import Versions, pins
from delivery.plan import ReleasePlan, ServicePlan
from delivery.serving import short
from delivery.tags import Image, Tags, binding


@dataclass(slots=True)
class Verdict:
    """What the gates found. objections: refuse; warnings: would have, for a release that never served."""

    objections: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ringing: tuple[str, ...] = ()

    def add(self, other: Verdict) -> None:
        """Take up what was found about another part of the plan."""
        self.objections += other.objections
        self.warnings += [warning for warning in other.warnings if warning not in self.warnings]
        self.ringing = tuple(sorted({*self.ringing, *other.ringing}))

    def raise_objections(self, services: Iterable[ServicePlan] = ()) -> None:
        """Refuse the release, or these services of it, if anything was objected to. Raises `Refused`."""
        if self.objections:
            raise Refused(
                "\n".join(message for message, _ in self.objections),
                "; ".join(dict.fromkeys(fix for _, fix in self.objections)),
                [service.name for service in services],
            )


def ask(
    plan: ReleasePlan, moving: Iterable[ServicePlan], aws: Clients, definitions: Definitions, *, proven: bool
) -> Verdict:
    """Ask all gates. `moving`: services whose traffic is about to move; `proven`: this release once served here."""
    verdict = Verdict()
    tags, versions = Tags(aws.ecr), Versions(aws.secretsmanager)
    for service in plan.services:
        _task_definition(service, definitions, verdict)
        _secrets(service, definitions, versions, verdict)
        _image(service, plan.version, tags, verdict, proven=proven)
    _alarms(list(moving), aws, verdict, proven=proven)
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
            verdict.warnings.append(
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
        verdict.warnings.append(what)
    else:
        verdict.objections.append(
            (what, "a version is one image for ever: give this one a new version (a git tag, or the setting `version`)")
        )


def _alarms(moving: list[ServicePlan], aws: Clients, verdict: Verdict, *, proven: bool) -> None:
    watched = {name for service in moving for name in service.alarms}
    if not watched:
        return
    loud = ringing(aws.cloudwatch, watched)
    verdict.ringing = tuple(sorted(loud))
    for name, reason in sorted(loud.items()):
        if proven:
            verdict.warnings.append(f"alarm {name} rings already and is not watched while going back: {reason}")
        else:
            verdict.objections.append(
                (
                    f"alarm {name} rings already ({reason}); it would take the release back at once",
                    "find out why it rings; to go back to a release that served: `./slipway rollback`",
                )
            )
