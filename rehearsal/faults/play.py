"""Plays one cell: a new version, the fault in its stage, what is put right, the next update, the last look."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.faults.blind import Blind
from rehearsal.faults.environment import Environment
from rehearsal.faults.matrix import Cell
from rehearsal.faults.scene import Scene
from rehearsal.faults.seen import Ended, Failure, Seen
from rehearsal.faults.sight import until
from rehearsal.faults.stages import Stage, stage
from rehearsal.faults.update import Update
from rehearsal.processes import Process
from rehearsal.stage.workspace import STAGING
from rehearsal.story import rows

#: The rule that holds a release at the beginning of a stage.
HOLD = "stage"
#: Seconds for a stage to come.
COMES_WITHIN = 90.0
#: What a row says of a resource that would change.
CHANGES = ("update", "replace", "create", "delete")


@dataclass
class Played:
    """What is known of a cell that is being played: filled from top to bottom."""

    environment: Environment
    cell: Cell
    blind: Blind | None = None

    def __post_init__(self) -> None:
        """Choose the version, and see who serves."""
        environment = self.environment
        serving = environment.sight.serving()
        self.fault = self.cell.fault()
        self.expected = self.fault.expect(self.cell.stage)
        self.stage = stage(self.cell.stage) if self.cell.stage else None
        self.scene = Scene(
            # The time keeps a cell that is played again from naming the same version.
            version=f"{self.cell.name}.{int(time.time()):x}",
            before=serving.version if serving else "",
            stage=self.stage,
            sight=environment.sight,
            control=environment.control,
            settings=environment.settings,
            hand=environment.play.hand,
            application=environment.stage.application,
            service=environment.stage.project.service,
            declared={environment.stage.project.service: dict(environment.stage.project.service_settings)},
        )

    def play(self) -> Seen:
        """Play it. Whatever happens, no trouble stays in force and no traffic runs on."""
        traffic = self.environment.play.traffic
        since = self.environment.control.now()
        known = self.environment.sight.processes()
        try:
            self._arrange()
            traffic.start(
                self.environment.play.target(),
                self.cell.name,
                self.environment.stage.environment,
                self.environment.stage.home.workspace,
            )
            return self._see(since, known)
        except BaseException:
            if self.scene.update and not self.scene.update.over:
                self.scene.update.kill()
            raise
        finally:
            for orphan in self.environment.sight.orphans():
                orphan.end(grace=3.0)
            self.environment.control.calm()
            traffic.stop()

    def _arrange(self) -> None:
        scene = self.scene
        if self.cell.stage in self.fault.new_image or (self.stage and self.stage.new_image):
            scene.application.touch(scene.version)
        scene.settings.release(scene.version)
        self.fault.prepare(scene)
        if self.blind:
            self.blind.before(scene)

    def _see(self, since: float, known: Sequence[Process]) -> Seen:
        scene, sight = self.scene, self.environment.sight
        if self.stage and self.stage.step:
            hold = {"services": ["s3"], "method": "PUT", "path": "journal.json$"}
            scene.control.trouble(HOLD, "hold", contains=f'"step": "{self.stage.step}', **hold)
        scene.update = Update(scene.hand, f"up-{self.cell.name}", scene.version).start()
        reached = self.stage is None or self._reach(self.stage, scene.update)
        struck = time.time()
        if reached and self.stage:
            self.fault.strike(scene)
        scene.control.calm(HOLD)
        first = scene.update.wait()
        if reached:
            self.fault.mend(scene)
        serving, journal = sight.settled(), sight.journal()
        self.fault.later(scene)
        if self.blind:
            self.blind.between(scene)
            self.blind.after(scene)
        following, drift = self._following(first)
        after = sight.settled()
        count = self.environment.play.traffic.stop()
        if orphans := sight.orphans():
            scene.note(f"ended what its engine had left: {', '.join(one.what for one in orphans)}")
        return Seen(
            version=scene.version,
            before=scene.before,
            reached=reached,
            first=first,
            serving=serving,
            interrupted=str(((journal or {}).get("record") or {}).get("id", "")),
            next=following,
            after=after,
            drift=drift,
            records=[_short(record) for record in sight.records(scene.version)],
            pointer=sight.pointer(),
            deployments=sight.deployments(since),
            requests=count.sent,
            lost=count.lost,
            failures=[Failure(after=round(one.sent - struck, 2), problem=one.problem) for one in count.failures],
            left=sight.left(known),
            wrong=list(scene.wrong),
            notes=list(scene.notes),
        )

    def _reach(self, wanted: Stage, update: Update) -> bool:
        """Wait for the beginning of a stage; False where the update ends before it."""
        sight, control = self.environment.sight, self.environment.control

        def begun() -> bool:
            if wanted.step:
                return control.met(HOLD)["held"] > 0
            return sum(1 for weight in sight.weights().values() if weight) > 1

        until(lambda: begun() or update.over, COMES_WITHIN)
        return not update.over and begun()

    def _following(self, first: Ended) -> tuple[Ended, list[str]]:
        """Run the next update, then a preview with a refresh: return how the one ended, and what the other proposes.

        Where a preview already proposes nothing, an update would do nothing: the same engine has said so.
        """
        if first.code == 0 and not self.blind:
            began = time.monotonic()
            proposed = self._drift()
            if not proposed:
                return Ended(code=0, seconds=round(time.monotonic() - began, 1), told=["there is nothing to do"]), []
            what = f"right after the update that went well, a preview proposed changes: {'; '.join(proposed)}"
            (self.scene.wrong.append if self.expected.settles else self.scene.note)(what)
        return self._next(), self._drift()

    def _next(self) -> Ended:
        """Run the next update, as a person would who unlocks what a killed one has left locked."""
        unlocked = self.fault.kills and bool(self.environment.sight.locks())
        if unlocked:
            unlock(self.environment)
        name = f"up-after-{self.cell.name}"
        ended = Update(self.scene.hand, name, f"{self.scene.version}: after the fault").start().wait()
        return replace(ended, unlocked=unlocked)

    def _drift(self) -> list[str]:
        """Preview with a refresh, and return what it would change, in words."""
        words = ["pulumi", "preview", "--refresh", "--expect-no-changes", "--stack", STAGING]
        done = self.scene.hand.run(words, name=f"preview-{STAGING}")
        changing = [row for row in rows.last_of_each(done.lines) if row.status.split()[0] in CHANGES]
        found = [" ".join(f"{row.status} {row.kind} {row.name} {row.said}".split()) for row in changing]
        return found or ([] if done.code == 0 else [f"it ended with {done.code}", *done.last(3)])


def unlock(environment: Environment) -> None:
    """Take the lock away that a killed update has left, as Pulumi says one should."""
    environment.play.hand.run(["pulumi", "cancel", "--yes", "--stack", STAGING], name="cancel")


def recover(environment: Environment, tries: int = 3) -> bool:
    """Bring the environment back to where a cell can begin; False where that does not succeed."""
    environment.control.calm()
    unlock(environment)
    for _ in range(tries):
        environment.sight.calm()
        if Update(environment.play.hand, "up-recover", "recovering").start().wait().code == 0:
            return True
    return False


def _short(record: dict[str, Any]) -> dict[str, Any]:
    """What the report keeps of a record."""
    return {name: record.get(name) for name in ("id", "version", "result", "cause", "deployments", "overrides")}
