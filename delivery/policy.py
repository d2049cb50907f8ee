"""What people have decided about releases, asked before anything moves: the setting `gates`, and a hold.

    after    only what serves healthy in another environment, its bake over
    tagged   only a semantic version
    freeze   nothing new in these windows
    hold     nothing but what the environment is kept at

Previews ask the same, and say it in words. For a release that once served here all but the hold only warn: whoever goes
back must not be stopped by a calendar. The hold is what somebody set on going back, so only a person lifts it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from delivery import freeze
from delivery.aws import explained
from delivery.gates import Verdict
from delivery.health import troubles
from delivery.hold import Hold, lift_words
from delivery.plan import Gates
from delivery.records import Pointer
from delivery.store import Store
from delivery.tags import binding
from delivery.tools import Tools

#: The gates that the setting knows, in the order in which they are asked.
NAMES = ("after", "tagged", "freeze")
#: https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string, without build metadata,
#: which no image tag can hold.
_SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be released, as far as it is known: previews do not know every image.

    images: by service, `repository@sha256:…`; complete: whether those are all.
    definitions: by service, the task definition that it would run, as far as it is known.
    asked: whether it is asked for by name, to come as it ran.
    served: whether this release, with its settings, once served here.
    lift_hold: whether a person lifts the hold with it.
    """

    version: str
    images: Mapping[str, str]
    complete: bool = True
    definitions: Mapping[str, str] = field(default_factory=dict)
    asked: bool = False
    served: bool = False
    lift_hold: bool = False

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each image that is known."""
        return {name: image.rpartition("@")[2] for name, image in self.images.items()}


@dataclass(frozen=True, slots=True)
class Objection:
    """What a gate says against a release, and what to do; nothing where it has no objection."""

    gate: str
    what: str
    fix: str


class Policy:
    """Asks the gates of one environment. `store`: where its releases are written down."""

    def __init__(self, environment: str, gates: Gates, store: Store, tools: Tools) -> None:
        self._environment = environment
        self._gates = gates
        self._store = store
        self._tools = tools

    def ask(self, wish: Wish) -> Verdict:
        """Ask all. Objections refuse; `overrides` are those that a person or an earlier success has overruled."""
        verdict, hold = Verdict(), self._store.hold()  # its answer tells the time
        for objection in self._objections(wish):
            why = self._gates.override.get(objection.gate)
            if why is not None:
                verdict.overrides.append(f"gate {objection.gate} is overridden ({why}): {objection.what}")
            elif wish.served:
                verdict.overrides.append(f"gate {objection.gate}: {objection.what}; {wish.version} once served here")
            else:
                gates = f"`pulumi config set --path gates.override.{objection.gate} '<why>' -s {self._environment}`"
                verdict.objections.append((objection.what, f"{objection.fix}; to release all the same: {gates}"))
        if hold is not None:
            self._held(hold, wish, verdict)
        return verdict

    def _objections(self, wish: Wish) -> list[Objection]:
        now = self._tools.clock.now()
        found = [self._after(wish), self._tagged(wish), *(self._frozen(window, now) for window in self._gates.freeze)]
        return [objection for objection in found if objection is not None]

    def _after(self, wish: Wish) -> Objection | None:
        there = self._gates.after
        if not there:
            return None
        try:
            return self._elsewhere(wish, there, Store(self._tools.aws.s3, self._gates.after_bucket))
        except Exception as error:
            told = explained(error)
            return Objection("after", f"what serves in {there} could not be read: {told.message}", told.fix)

    def _elsewhere(self, wish: Wish, there: str, store: Store) -> Objection | None:
        pointer = store.pointer()
        if pointer is None:
            what = f"nothing has succeeded in {there} yet, where {wish.version} must serve first"
            return Objection("after", what, f"`pulumi up -s {there}`")
        if not all(pointer.digests.get(name) == digest for name, digest in wish.digests.items()):
            return self._not_there(wish, there, store, pointer)
        wrong = self._unhealthy(store, pointer)
        if wrong:
            what = f"{wish.version} serves in {there}, but not healthily: {'; '.join(wrong)}"
            return Objection("after", what, "find out why, and mend it there first")
        return None

    def _not_there(self, wish: Wish, there: str, store: Store, pointer: Pointer) -> Objection:
        journal = store.journal()
        if journal is not None and not journal.record.finished:
            coming = {name: served.digest for name, served in journal.record.services.items()}
            if all(coming.get(name) == digest for name, digest in wish.digests.items()):
                what = f"{wish.version} is still on its way in {there}, at the step: {journal.step}"
                return Objection("after", what, f"wait until `./slipway status -s {there}` says that it serves")
        return Objection(
            "after",
            f"{wish.version} does not serve in {there}: {pointer.version} does",
            f"bring it to {there} first, or take what serves there: `./slipway promote -s {self._environment}`",
        )

    def _unhealthy(self, store: Store, pointer: Pointer) -> list[str]:
        """What is wrong there, where that can be asked: in the same account and region."""
        services = store.ground() if self._gates.after_near else None
        if services is None:
            return []
        try:
            return troubles(services, pointer.services, self._tools)
        except Exception as error:
            self._tools.teller.warn(f"{self._gates.after} could not be asked how it is: {explained(error).message}")
            return []

    def _tagged(self, wish: Wish) -> Objection | None:
        if not self._gates.tagged or semantic(wish.version):
            return None
        return Objection(
            "tagged",
            f"{wish.version} is no semantic version, such as 1.8.0",
            "tag the commit (`git tag v1.8.0`), or set `version`",
        )

    def _frozen(self, window: str, now: datetime) -> Objection | None:
        until = freeze.parse(window).until(now)
        if until is None:
            return None
        end = f"{until:%Y-%m-%d %H:%M} {until.tzname()}"
        return Objection("freeze", f"{self._environment} is frozen until {end}: `{window}`", "wait until then")

    def _held(self, hold: Hold, wish: Wish, verdict: Verdict) -> None:
        if self._keeps(hold, wish) if wish.complete else hold.version == wish.version:
            return
        what = f"{self._environment} is {hold.told}"
        if wish.lift_hold:
            verdict.overrides.append(f"{what}; lifted with this release")
            return
        verdict.objections.append(
            (
                what,
                f"ask whoever set it; {lift_words(self._environment)}, and so does `./slipway promote --lift-hold`; "
                f"an older release comes with `./slipway rollback -s {self._environment} --to … --reason …`",
            )
        )

    def _keeps(self, hold: Hold, wish: Wish) -> bool:
        """Whether what is wished for is what the environment is held at: its images, under its settings."""
        if not hold.keeps(wish.images) or not hold.definitions:
            return hold.keeps(wish.images)
        known = self._tools.world.definitions
        pairs = [(hold.definitions[name], arn) for name, arn in wish.definitions.items() if name in hold.definitions]
        if all(known.same(kept, wished) for kept, wished in pairs):
            return True
        # Where they start no tasks any more, who goes back gets the images, with the settings of now.
        return wish.asked and not all(known.startable(definition) for definition in hold.definitions.values())


def semantic(version: str) -> bool:
    """Whether a version is a semantic one that somebody gave: `1.8.0`, and not what `git describe` makes of it."""
    return bool(_SEMANTIC.fullmatch(version)) and binding(version)
