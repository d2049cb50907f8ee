"""Release X in Y: the one act behind `promote` and `rollback`.

Everything is checked and shown before anything is touched. Then the setting `release` names X, `pulumi up` runs with
all checks of any update, and what serves afterwards is looked at. What once served there comes as it ran: images,
sizes, variables, and the versions of its secrets. An update that fails leaves the settings as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from delivery.aws import explained
from delivery.compare import differences
from delivery.errors import DeliveryError, Refused
from delivery.health import troubles
from delivery.migration import WITHIN
from delivery.notices import Act as Kind
from delivery.notices import Notice
from delivery.plan import Gates
from delivery.policy import Policy, Wish
from delivery.records import Pointer, Record, bucket_name
from delivery.store import Store
from ops import engine
from ops.choice import images_exist, same
from ops.look import look
from ops.meeting import Meeting, meetings, refuse
from ops.place import Place, find
from ops.planned import Plan
from ops.reach import Reach

#: Alarms that rang because of what was gone back from become quiet again within their own window.
_HEALTHY_WITHIN_SECONDS = 180.0
_LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is to be done.

    place, near: where. record: what, as it was written down; name: by which the setting `release` finds it.
    reason: why. served: whether it once served here. downgrade: whether a newer schema is undone first.
    lift_hold: whether a hold is lifted with it; holds: whether it sets one of its own, in the place of any other.
    before, was: the id and version of the release that serves when it begins; empty where none does.
    """

    place: Place
    near: Reach
    record: Record
    name: str
    reason: str
    served: bool
    downgrade: bool = False
    lift_hold: bool = False
    holds: bool = False
    before: str = ""
    was: str = ""

    @property
    def stack(self) -> str:
        """The environment."""
        return self.place.stack

    @property
    def serves(self) -> bool:
        """Whether it is done: what serves is what it ran, or a release since that brought its images.

        Task definitions are other ones where it comes from elsewhere, or where those it ran with are gone.
        """
        pointer = self.near.store.pointer()
        if pointer is None or same(self.record, pointer):
            return pointer is not None
        digests = {name: served.digest for name, served in self.record.services.items()}
        return pointer.release != self.before and digests == pointer.digests


def check(act: Act) -> list[str]:
    """See to it that the act can be done, and return what it changes, in lines. Raises `Refused`, nothing touched."""
    images_exist(act.record, act.place.registry())
    meets = meetings(act.near.store.latest(WITHIN), act.record)
    refuse(meets, act.record, downgrade=act.downgrade, ahead=act.place.refuses_ahead)
    overridden = _gates(act)
    return [*changes(act.record, act.near.store.pointer()), *_schema(act, meets), *overridden]


def _schema(act: Act, meets: Sequence[Meeting]) -> list[str]:
    return [meeting.line(act.record.version, downgrade=act.downgrade) for meeting in meets]


def _gates(act: Act) -> list[str]:
    """Ask what people have decided, as the update will, and return what only warns."""
    images = {name: served.image for name, served in act.record.services.items()}
    lifts = act.lift_hold or act.holds
    wish = Wish(version=act.record.version, images=images, asked=True, served=act.served, lift_hold=lifts)
    verdict = Policy(act.stack, gates_of(act.place), act.near.store, act.near.tools).ask(wish)
    verdict.raise_objections()
    return [f"  warning: {one}" for one in verdict.overrides]


def gates_of(place: Place) -> Gates:
    """The gates as the stack's file has them. What is wrong with it, the update says: here it is left out."""
    raw = place.gates
    after = str(raw.get("after") or "")
    bucket, near = "", False
    if after:
        there = find(after)
        bucket = bucket_name(there.project, there.stack, there.account)
        near = (there.account, there.region) == (place.account, place.region)
    override = raw.get("override")
    windows = raw.get("freeze")
    return Gates(
        after=after,
        after_bucket=bucket,
        after_near=near,
        tagged=raw.get("tagged") in (True, "true"),
        freeze=tuple(map(str, windows)) if isinstance(windows, list) else (),
        override={str(key): str(why) for key, why in override.items()} if isinstance(override, dict) else {},
    )


def changes(record: Record, pointer: Pointer | None) -> list[str]:
    """Say what changes, service by service."""
    lines = []
    for service, served in record.services.items():
        now = pointer.services.get(service) if pointer else None
        if now is None:
            lines.append(f"  {service}: {served.image} (not part of what serves now)")
        elif now.image == served.image:
            lines.append(f"  {service}: the same image")
        else:
            lines.append(f"  {service}: {now.digest[:19]} → {served.digest[:19]}")
    if pointer:
        lines.extend(
            f"  {service}: serves now and was not part of {record.version}"
            for service in sorted(set(pointer.services) - set(record.services))
        )
    return lines


def configuration(store: Store, record: Record) -> list[str]:
    """Say which settings and versions of secrets change with a release that comes as it ran here."""
    pointer = store.pointer()
    serving = store.find(pointer.record) if pointer else None
    return [f"  {line}" for line in differences(serving, record)] if serving else []


def planned(act: Act) -> Plan:
    """Return what the update would do: `release` names it in the settings for as long as the preview takes."""
    file = Path(f"Pulumi.{act.stack}.yaml")
    before = file.read_bytes()
    engine.run(["config", "set", "release", act.name, "-s", act.stack], quiet=True)
    written = file.read_bytes()
    try:
        plan = look(act.stack, _environment(act))
    finally:
        # Who edited the file meanwhile keeps their edit.
        if file.read_bytes() == written:
            file.write_bytes(before)
    digests = {name: served.digest for name, served in act.record.services.items()}
    if plan.digests and plan.digests != digests:
        raise DeliveryError(
            f"the preview would not release the images of {act.record.version}, but {plan.digests}",
            f"`./slipway history -s {act.stack} --json` says which images {act.record.version} has",
        )
    return plan


def _environment(act: Act) -> dict[str, str]:
    """What an update is told that stands in no file."""
    return {
        "SLIPWAY_REASON": act.reason,
        **({"SLIPWAY_DOWNGRADE": "1"} if act.downgrade else {}),
        **({"SLIPWAY_LIFT_HOLD": "1"} if act.lift_hold else {}),
    }


def carry_out(act: Act, message: str, *, as_json: bool) -> None:
    """Run the update. Raises `DeliveryError` where it fails; the settings are as before then.

    A place that takes its releases follows what serves, so its settings need not name it afterwards; one that builds
    keeps the name, or its next update would build. message: of the update, for `pulumi stack history`.
    """
    file = Path(f"Pulumi.{act.stack}.yaml")
    before = file.read_bytes()
    engine.run(["config", "set", "release", act.name, "-s", act.stack], quiet=as_json)
    written = file.read_bytes()
    keep = False
    try:
        code = engine.run(
            ["up", "--yes", "--skip-preview", "-s", act.stack, "-m", message],
            _environment(act),
            check=False,
            quiet=as_json,
        )
        keep = (code == 0 or act.serves) and (act.place.builds or bool(act.place.release))
    finally:
        # Who edited the file meanwhile keeps their edit.
        if not keep and file.read_bytes() == written:
            file.write_bytes(before)
    if code != 0:
        now = "serves all the same" if act.serves else "does not serve; what served before still serves"
        raise DeliveryError(
            f"the update failed (exit code {code}); {act.record.version} {now}",
            f"its last lines say why; `./slipway status -s {act.stack}` says what serves",
        )


def health(near: Reach, *, within: float = _HEALTHY_WITHIN_SECONDS) -> list[str]:
    """Look at what serves until all is well; return, in words, what is not by then."""
    pointer, services = near.store.pointer(), near.store.ground()
    if pointer is None or services is None:
        return []
    began = near.clock.now()
    while True:
        try:
            found = troubles(services, pointer.services, near.tools)
        except Exception as error:
            return [f"could not be asked: {explained(error).message}"]
        if not found or near.clock.since(began) >= within:
            return found
        near.tools.teller.progress(f"waiting until all is well: {'; '.join(found)}")
        near.clock.wait(_LOOK_SECONDS)


def unwell(stack: str, version: str, found: Sequence[str]) -> DeliveryError:
    """What is said where the act was done and all is not well."""
    return DeliveryError(
        f"{version} serves {stack}, but not all is well: {'; '.join(found)}",
        f"`./slipway status -s {stack}` and the logs say more; `./slipway rollback -s {stack} --to … --reason …` "
        "takes another release",
    )


def notice(act: Act, what: Kind, found: Sequence[str] = (), cause: str = "") -> Notice:
    """What is told of it to those whom the settings name. found: what is not well; cause: why it failed."""
    release = ""
    # Telling it must not hide what happened: where nobody can say which record it is, none is named.
    with suppress(Exception):
        serving = None if cause else act.near.store.pointer()
        release = serving.release if serving else ""
    return Notice(
        act=what,
        environment=act.stack,
        version=act.record.version,
        before=act.was,
        who=act.near.who,
        why=act.reason,
        release=release,
        cause=cause,
        health=tuple(found),
    )


def told(act: Act, result: str, found: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """The outcome for programs. result: `succeeded`, `nothing to do` or `dry run`."""
    return {
        "environment": act.stack,
        "release": act.record.id,
        "version": act.record.version,
        "images": {name: served.image for name, served in act.record.services.items()},
        "reason": act.reason,
        "result": result,
        "health": list(found),
        **more,
    }


def say(lines: Sequence[str], *, as_json: bool) -> None:
    """Say lines to a person; where stdout is for programs, on stderr."""
    for line in lines:
        click.echo(line, err=as_json)


def nothing_under_way(act_name: str, near: Reach, stack: str) -> None:
    """Refuse where a release is under way."""
    journal = near.asking.under_way()
    if journal is not None:
        raise Refused(
            f"{act_name}: {journal.record.version} is under way in {stack}, at the step: {journal.step}",
            f"wait for it (`./slipway status -s {stack}`), or take it back: `./slipway abort -s {stack} --reason …`",
        )
