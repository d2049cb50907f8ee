"""The order of things in a release.

    gates      nothing has moved; all objections at once
    migrate    databases get the schema that the new images need, where a service has migrations
    provision  green is started, or an interrupted deployment is adopted, until green waits ready
    checks     green is asked through the test listener
    shift      traffic moves, and autoscaling is held meanwhile
    bake       green has all traffic and is watched; at its beginning and its end it is asked as users would
    workers    services without a port follow
    record     what serves is verified, images get their tags, the record is written

Several services go through each phase side by side: no traffic shifts before all are checked. What goes wrong before
the end is taken back by `delivery.undoing`, all of it, unless each service stands for itself (`delivery.apart`);
whatever happens is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from delivery import failures, gates, lines
from delivery.alarms import ringing
from delivery.apart import Apart
from delivery.aws import explained
from delivery.checking import Checking
from delivery.ending import Ending, Outcome
from delivery.errors import DeliveryError
from delivery.ledger import Ledger
from delivery.meaning import Phase
from delivery.migration import Migrations
from delivery.plan import ReleasePlan
from delivery.policy import Policy, Wish
from delivery.public import PublicChecks
from delivery.shift import Ground, Pace, Shift
from delivery.store import Store
from delivery.tools import Tools
from delivery.who import identity, refuse_other_account
from delivery.wishes import Wishes
from delivery.workers import Worker

T = TypeVar("T")


class Release:
    """Brings an environment from what serves to what should serve."""

    def __init__(self, plan: ReleasePlan, tools: Tools, environment: Mapping[str, str]) -> None:
        self._plan = plan
        self._tools = tools
        self._environment = environment
        self._store = Store(tools.aws.s3, plan.records_bucket)
        self._ledger = Ledger(self._store, plan, tools.clock)
        self._checking = Checking(plan, tools)
        self._public = PublicChecks(plan, tools)
        self._shifts: list[Shift] = []
        self._workers: list[Worker] = []
        self._pace = Pace()
        self._moved = False
        self._looked: dict[str, datetime] = {}
        self._began: datetime | None = None
        self._passed = 0
        self._wishes: Wishes
        self._apart = Apart(plan, self._shifts, self._workers, tools.teller)
        self._ending = Ending(plan, tools, self._store, self._ledger, self._shifts, self._workers, self._apart)

    def run(self) -> Outcome:
        """Release, and say how it ended. Raises `DeliveryError` only where not even a record could be begun."""
        try:
            who = identity(self._tools.aws.sts, self._environment)
            refuse_other_account(who, self._plan.account)
            self._ledger.open(who.text)
            self._wishes = Wishes(self._store, self._ledger.record.id, self._tools.clock, self._tools.teller)
        except Exception as error:
            raise explained(error) from error
        outcome = self._go()
        if self._ledger.closed:
            with suppress(Exception):  # the release has ended, and its record says how
                self._wishes.over()
        if outcome.succeeded and self._plan.lift_hold:
            self._lift(who.text)
        return outcome

    def _lift(self, who: str) -> None:
        """Lift the hold that this release passed. One that stays is no reason to fail a release that serves."""
        try:
            hold = self._store.hold()
            if hold is not None:
                why = self._plan.reason or f"{self._plan.version} was released"
                self._store.keep(hold.lifted(who, why, self._tools.clock.stamp()))
        except Exception as error:
            self._tools.teller.warn(f"the hold could not be lifted: {explained(error).message}")

    def _go(self) -> Outcome:
        try:
            self._prepare()
            for name, phase in (
                ("gates", self._gates),
                *([("migrate", self._migrate)] if any(service.migration for service in self._plan.services) else []),
                ("provision", self._provision),
                ("checks", self._check),
                ("shift", self._shift),
                ("bake", self._bake),
                ("workers", self._work),
            ):
                with self._ledger.phase(name):
                    self._through(phase)
            self._wishes.look()
            self._tools.stop.too_late()
            return self._through(lambda: self._ending.succeed(self._pace, passed=self._passed))
        except Exception as error:
            if self._wishes.found and self._wishes.aborts:
                with suppress(Exception):  # who asked hears that we follow; stopping matters more
                    self._ledger.note(self._wishes.found.told)
            return self._ending.take_back(explained(error), moved=self._moved)

    def _through(self, phase: Callable[[], T]) -> T:
        """Go through a phase, and again without what was set aside in it: whatever has been done is found done."""
        while True:
            try:
                return phase()
            except DeliveryError as error:
                self._tools.stop.comes_before(error)
                if not self._apart.set_aside(error):
                    raise

    def _prepare(self) -> None:
        tools, interrupted = self._tools, self._ledger.interrupted
        tools.stop.heed(self._wishes.check)
        for service in self._plan.services:
            if service.shifts:
                shift = Shift(service, tools.deployments, tools.world, tools.causes, interrupted)
                shift.before = self._ledger.record.before.get(service.name)
                self._shifts.append(shift)
            else:
                worker = Worker(service, tools.aws.ecs, tools.world, tools.causes, tools.clock)
                worker.before = self._ledger.record.before.get(service.name)
                self._workers.append(worker)
        if self._ledger.held:
            self._resume_scaling()

    def _gates(self) -> None:
        self._tools.stop.check()
        self._ledger.note("gates")
        self._store.lay_ground(self._plan.services)
        # What CodeDeploy watches already is not asked again.
        moving = [] if self._ledger.resumed else [shift.service for shift in self._shifts if shift.arrived()]
        tools = self._tools
        proven = self._store.succeeded_before(self._plan.target, tools.world.definitions.same)
        verdict = self._policy(moving=bool(moving))
        decided = verdict.objections
        for part in self._apart.parts():
            asked = [service for service in moving if service in part.services]
            found = gates.ask(part, asked, tools, proven=proven)
            # What people have decided is about all services, whether they stand together or not.
            found.objections += decided
            found.raise_objections([] if decided else part.services)
            verdict.add(found)
        for warning in [*verdict.warnings, *verdict.overrides]:
            tools.teller.warn(warning)
        if proven and self._plan.source == "pin":
            self._pace = Pace(at_once=True, bake_minutes=0, unwatched=verdict.unwatched)
        else:
            self._pace = Pace(bake_minutes=self._plan.strategy.bake_minutes, unwatched=verdict.unwatched)
        # What was overridden when an interrupted release began stays so.
        overrides = dict.fromkeys([*self._ledger.record.overrides, *verdict.overrides])
        self._ledger.note("provision", overrides=tuple(overrides))

    def _policy(self, *, moving: bool) -> gates.Verdict:
        """Ask what people have decided, where anything would change and nothing has begun before."""
        plan, interrupted_at = self._plan, self._ledger.stopped_at
        if interrupted_at not in ("", "gates") or not (moving or self._changes()):
            return gates.Verdict()
        # Other settings and secrets make another release, unless somebody asked for this one by name.
        declared = None if plan.source == "pin" else (plan.settings_hash, plan.secrets)
        served = self._store.served_before(plan.digests, declared)
        wish = Wish(
            version=plan.version,
            images={name: target.image for name, target in plan.target.items()},
            definitions={name: target.task_definition for name, target in plan.target.items()},
            asked=plan.source == "pin",
            served=served,
            lift_hold=plan.lift_hold,
        )
        return Policy(plan.environment, plan.gates, self._store, self._tools).ask(wish)

    def _changes(self) -> bool:
        """Whether anything would serve that does not yet; in an environment's first release everything is new."""
        if self._store.pointer() is None:
            return True
        world, resumed = self._tools.world, self._ledger.resumed
        # Those whose traffic moves were looked at already, unless the release goes on.
        unseen = [service for service in self._plan.services if resumed or not service.shifts]
        return any(not world.serves(service, world.look(service)) for service in unseen)

    def _migrate(self) -> None:
        Migrations(self._plan, self._tools, self._store, self._ledger).run()
        self._ledger.note("provision")

    def _provision(self) -> None:
        waiting = [shift for shift in self._shifts if not shift.deployment]
        while waiting:
            self._tools.stop.check()
            waiting = [shift for shift in waiting if not self._begin(shift)]
            if waiting:
                self._tools.clock.pause()
        self._moved = any(shift.view.phase > Phase.READY for shift in self._moving)
        # Those that wait ready do not wait longer because others were set aside.
        began = self._began = self._began or self._tools.clock.now()
        self._until(lambda shift: self._ready(shift, began), lines.starting)
        self._settle(began)

    def _ready(self, shift: Shift, began: datetime) -> bool:
        if shift.view.phase == Phase.PREPARING:
            self._losing_patience(shift, began)
        elif shift.view.phase > Phase.READY and not shift.adopted:
            self._moved = True
            raise failures.did_not_wait(shift)
        return shift.view.phase >= Phase.READY

    def _settle(self, began: datetime) -> None:
        """Where the target serves already, as after an environment's first update: wait until all its tasks run."""
        waiting = [shift for shift in self._shifts if not shift.deployment]
        while waiting := [shift for shift in waiting if not shift.settled()]:
            self._tools.stop.check()
            for shift in waiting:
                self._tell(shift, lines.settling(shift))
                self._losing_patience(shift, began)
            self._tools.clock.pause()

    def _losing_patience(self, shift: Shift, began: datetime) -> None:
        looked = self._looked.get(shift.name)
        if looked is None or self._tools.clock.since(looked) >= failures.LOOK_FOR_TROUBLE_SECONDS:
            self._looked[shift.name] = self._tools.clock.now()
            if trouble := shift.hopeless():
                raise failures.hopeless(shift, trouble)
        if self._tools.clock.since(began) > failures.PROVISION_PATIENCE_SECONDS:
            raise failures.unready(shift)

    def _begin(self, shift: Shift) -> bool:
        """Take one step towards a deployment of ours; True when there is one, or none is needed."""
        ground = shift.survey(self._tools.clock.now())
        if ground == Ground.BUSY:
            self._tell(shift, f"0% waiting for {shift.clearing}")
            return False
        before = {shift.name: shift.before} if shift.before else {}
        if ground == Ground.SERVED:
            if shift.rerouted:
                self._ledger.note(f"back to the tasks that were kept of {shift.name}", before=before)
            return True
        self._ledger.note(f"start {shift.name}", before=before)
        if ground == Ground.FREE and not shift.start(self._ledger.record.id, self._plan.version, self._pace):
            return False
        self._tools.stop.on(shift.deployment, shift.stop)
        self._ledger.note(f"wait for {shift.name}", deployments={shift.name: shift.deployment})
        return True

    def _check(self) -> None:
        self._ledger.note("checks")
        waiting = [shift for shift in self._moving if shift.view.phase == Phase.READY]
        self._passed = self._checking.ask(waiting)
        self._passed += self._checking.ask([shift for shift in self._shifts if not shift.deployment])
        if not self._moved:
            self._public.look(self._moving)

    def _shift(self) -> None:
        shifting = [shift for shift in self._moving if shift.view.phase < Phase.SHIFTED]
        targets = [shift.service.scalable_target for shift in shifting if shift.service.scalable]
        held = tuple(dict.fromkeys([*self._ledger.held, *targets]))
        if shifting:
            self._ledger.note("shift", held=held)
            self._tools.scaling.hold(held)
            self._tools.stop.check()
            self._moved = True
            for shift in shifting:
                if shift.view.phase == Phase.READY:
                    shift.go()
            self._follow_traffic()
            self._resume_scaling()

    def _follow_traffic(self) -> None:
        shares: dict[str, tuple[int, float]] = {}
        dues: dict[str, float] = {}
        clock = self._tools.clock

        def told(shift: Shift) -> str:
            now, share = clock.now().timestamp(), shift.view.green_percent
            if shares.get(shift.name, (-1, 0.0))[0] != share:
                shares[shift.name] = (share, now)
            dues[shift.name] = shares[shift.name][1] + 60 * self._plan.strategy.interval_minutes
            clock.expect(datetime.fromtimestamp(min(dues.values()), UTC))
            return lines.shifting(shift, self._plan.strategy, int((now - shares[shift.name][1]) // 60))

        self._until(lambda shift: shift.view.phase >= Phase.SHIFTED, told)

    def _bake(self) -> None:
        bake, clock = self._pace.bake_minutes, self._tools.clock
        if not self._moving:
            return
        self._ledger.note("bake")
        self._public.ask(self._moving, self._visited)
        if not bake:
            return
        seen = clock.now()

        def baked(shift: Shift) -> bool:
            began = shift.view.shifted_at or seen
            clock.expect(end := began + timedelta(minutes=bake))
            return self._wishes.skips_bake or clock.reached(end)

        def told(shift: Shift) -> str:
            return lines.baking(int(clock.since(shift.view.shifted_at or seen) // 60), bake)

        self._until(baked, told)
        clock.expect(None)
        self._public.ask(self._moving, self._visited)
        if self._wishes.found and self._wishes.skips_bake:
            wish = self._wishes.found.told
            self._tools.teller.note(wish)
            self._ledger.note("bake", overrides=tuple(dict.fromkeys([*self._ledger.record.overrides, wish])))

    def _visited(self, passed: int, total: int) -> None:
        """Between two rounds of public checks: the deployments are watched on."""
        self._look()
        if total:
            self._tools.teller.progress(f"100% {passed}/{total} checks")

    def _work(self) -> None:
        if not self._workers:
            return
        for worker in self._workers:
            worker.know()
        before = {worker.name: worker.before for worker in self._workers if worker.before}
        self._ledger.note("workers", before=before)
        for worker in self._workers:
            rolling = worker.begin()
            while rolling:
                self._tools.stop.check()
                rolling = not worker.over()
                if rolling:
                    self._tools.teller.progress(f"100% rolling {worker.name}")
                    self._tools.clock.pause()

    @property
    def _moving(self) -> list[Shift]:
        return [shift for shift in self._shifts if shift.deployment]

    def _until(self, done: Callable[[Shift], bool], told: Callable[[Shift], str]) -> None:
        """Look at all deployments again and again until `done` holds for each; raise as soon as one has failed."""
        while self._moving:
            self._look()
            for shift in self._moving:
                self._tell(shift, told(shift))
            arrived = [done(shift) for shift in self._moving]
            if all(arrived):
                return
            self._tools.clock.pause()

    def _look(self) -> None:
        """Look at all deployments once; raise as soon as one has failed."""
        for shift in self._moving:
            phase = shift.view.phase
            if shift.look().phase != phase:
                self._tools.clock.brisk()
        self._tools.stop.check()
        for shift in self._moving:
            if shift.view.phase in (Phase.FAILED, Phase.STOPPED):
                self._wishes.look()  # perhaps it was a person's wish, and we come late
                watched = set(shift.service.alarms) - set(self._pace.unwatched)
                raise failures.ended(shift, ringing(self._tools.aws.cloudwatch, watched), moved=self._moved)

    def _tell(self, shift: Shift, line: str) -> None:
        self._tools.teller.progress(lines.named(line, shift, self._shifts))

    def _resume_scaling(self) -> None:
        self._tools.scaling.resume(self._ledger.held)
        self._ledger.freed()
