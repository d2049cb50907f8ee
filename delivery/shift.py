"""One service on its way from blue to green: one CodeDeploy deployment, driven step by step.

Every method looks or acts once and returns; `delivery.release` calls them in turn, so that several services are worked
on side by side, and decides what follows from what.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from delivery.appspec import fingerprint
from delivery.causes import Causes
from delivery.deployments import Active, Deployments, WayBack
from delivery.meaning import Next, Phase, View, later, next_step
from delivery.plan import ServicePlan
from delivery.records import Served
from delivery.serving import Serving, World
from delivery.trouble import Trouble


class Ground(enum.Enum):
    """What a service's deployment group allows now."""

    FREE = "free"
    """Nothing is in flight: ours can start."""
    BUSY = "busy"
    """Something else has to end first."""
    OURS = "ours"
    """A deployment of ours for this very target is in flight; it is adopted."""
    SERVED = "served"
    """The target serves already; there is nothing to do."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How traffic moves this time, whatever the strategy says: in one step, how long watched, without which alarms."""

    at_once: bool = False
    bake_minutes: int = 0
    unwatched: tuple[str, ...] = ()


class Shift:
    """One service's deployment. `unfinished`: the id of the release that was interrupted, if one was."""

    def __init__(
        self,
        service: ServicePlan,
        deployments: Deployments,
        world: World,
        causes: Causes,
        unfinished: str = "",
    ) -> None:
        self.service = service
        self.deployment = ""
        self.view = View(phase=Phase.PREPARING)
        self.before: Served | None = None
        self.adopted = False
        self.rerouted = False
        self.clearing = ""
        self.group = ""
        self.serving: Serving | None = None
        self._deployments = deployments
        self._world = world
        self._causes = causes
        self._unfinished = unfinished
        self._asked: set[tuple[str, Next]] = set()
        self._leaving: WayBack | None = None

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    def survey(self, now: datetime) -> Ground:
        """Look at what is in flight, and take one step towards free ground. `now`: AWS's time."""
        if self._leaving and not self._leaving.over(now):
            return Ground.BUSY
        self._leaving = None
        active = self._deployments.active(self.service)
        serving = self._world.look(self.service)
        if active is None:
            ended = self._deployments.just_ended(self.service, now)
            if ended:
                self.clearing, self._leaving = ended, WayBack(self._deployments, ended)
                return Ground.BUSY
            served = self._world.serves(self.service, serving)
            self.rerouted = self.rerouted and served  # the tasks may have gone just before we asked for them
            return self._know(serving, ground=Ground.SERVED if served else Ground.FREE)
        return self._about(active, serving)

    def _about(self, active: Active, serving: Serving | None) -> Ground:
        blue_is_target = serving is not None and self._world.keeps(self.service, serving.kept)
        step = next_step(
            active.mark,
            active.view.phase,
            takes_back=active.takes_back,
            target=fingerprint(self.service),
            serves=self._world.serves(self.service, serving),
            unfinished=self._unfinished,
            blue_is_target=blue_is_target,
        )
        if step == Next.LEAVE:
            return self._know(serving, ground=Ground.SERVED)
        if step == Next.ADOPT:
            self.deployment, self.view, self.adopted = active.id, active.view, True
            return self._know(serving, ground=Ground.OURS)
        self.clearing = active.id
        if (active.id, step) not in self._asked:
            self._asked.add((active.id, step))
            if step == Next.END_WARM:
                self._deployments.end_warm(active.id)
            elif step == Next.TAKE_BACK:
                self._deployments.stop(active.id)
        if step == Next.TAKE_BACK:
            self._leaving = WayBack(self._deployments, active.id)
            if active.view.phase == Phase.SHIFTED and serving is not None and blue_is_target:
                self.before = self._world.served(self.service, serving.task_definition)
                self.rerouted = True
        return Ground.BUSY

    def start(self, release: str, version: str, pace: Pace) -> bool:
        """Start the deployment; False where another one holds the group."""
        self.deployment = self._deployments.start(
            self.service, release, version, at_once=pace.at_once, unwatched=pace.unwatched
        )
        return bool(self.deployment)

    def find(self, noted: str = "") -> None:
        """Know the deployment of an interrupted release, where it was not taken up yet.

        noted: what the journal says; it may have ended, and what takes it back may go on.
        """
        if self.deployment:
            return
        active = self._deployments.active(self.service)
        ours = active and active.mark and active.mark.release == self._unfinished
        self.deployment = active.id if active and ours else noted

    def look(self) -> View:
        """See how far it is."""
        self.view = later(self.view, self._deployments.look(self.deployment))
        return self.view

    def go(self) -> None:
        """Let traffic move to green."""
        self._deployments.go(self.deployment)

    def stop(self) -> None:
        """Stop, and let traffic go back; returns at once."""
        self._deployments.stop(self.deployment)

    def way_back(self) -> WayBack:
        """The way back of this deployment, to be followed to its end."""
        return WayBack(self._deployments, self.deployment)

    def settled(self) -> bool:
        """For a target that serves already: whether all its tasks run."""
        self.serving = self._world.look(self.service)
        return self.serving is not None and self.serving.steady

    def hopeless(self) -> Trouble | None:
        """What keeps the target's tasks from coming up; None as long as there is hope."""
        running = self.view.running if self.deployment else self.serving.running if self.serving else 0
        return self._causes.hopeless(self.service, self._started_by, running)

    def last_words(self) -> list[str]:
        """The last lines that the target's running tasks wrote, as far as they can be read."""
        return self._causes.last_words(self.service, self._started_by)

    def why(self) -> str:
        """Why the target's tasks did not come up, as far as can be said."""
        return self._causes.explain(self.service, self._started_by, self.group)

    @property
    def _started_by(self) -> str:
        if self.deployment:
            return self.view.green
        return self.serving.started_by if self.serving else ""

    def stays(self) -> list[str]:
        """What differs from what served before the release began, in words; nothing when all traffic is back."""
        serving = self._world.look(self.service)
        if serving is None or self.before is None:
            return []
        wrong = []
        if not self._world.definitions.same(serving.task_definition, self.before.task_definition):
            wrong.append(f"{serving.task_definition} serves")
        if serving.share not in (None, 100):
            wrong.append(f"the old tasks have {serving.share}% of the traffic")
        return wrong

    def arrived(self) -> list[str]:
        """What of the target does not serve, in words; nothing when it does."""
        return self._world.differences(self.service, self._world.look(self.service))

    def _know(self, serving: Serving | None, *, ground: Ground) -> Ground:
        """Remember what served before, and in which target group the target's tasks are or will be."""
        self.serving = serving
        if serving is not None:
            others = [group for group in self.service.target_groups if group != serving.group]
            arrived = self._world.definitions.same(serving.task_definition, self.service.task_definition)
            there = ground == Ground.SERVED or (ground == Ground.OURS and arrived)
            self.group = serving.group if there else next(iter(others), "")
            if self.before is None:
                kept = serving.kept[0] if ground == Ground.OURS and arrived and serving.kept else ""
                self.before = self._world.served(self.service, kept or serving.task_definition)
        return ground
