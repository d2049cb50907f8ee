"""Back at once: an earlier release, brought past engine, locks, gates, checks and bake.

For the moment in which nothing else may be waited for. Where the tasks of the earlier release are still kept warm, its
deployment is stopped and traffic is re-routed in seconds; else CodeDeploy brings its task definition in one step. All
services are worked on at once. What is done is written down as a release like any other, with the source `now`, so that
the next update knows; and the environment is held there, so that the next automatic one changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from delivery import failures
from delivery.aws import explained
from delivery.before import WITHIN, before
from delivery.errors import DeliveryError, Refused
from delivery.hold import Hold
from delivery.ledger import Ledger
from delivery.meaning import Phase
from delivery.plan import ReleasePlan, ServicePlan
from delivery.records import NOW, Pointer, Record, Result, Served
from delivery.serving import World, short
from delivery.shift import Ground, Pace, Shift
from delivery.store import Store
from delivery.strategy import Strategy
from delivery.tools import Tools
from delivery.workers import Worker

#: What stands in the record beside who and why.
OVERRIDE = "taken back at once, past gates, checks and bake"
_LOOK_SECONDS = 0.5
#: Where nothing changes, it is told again after so many seconds.
_TELL_SECONDS = 10.0


class Now:
    """Takes one environment back. `services`: what they are delivered with, as the last release wrote it down."""

    def __init__(self, environment: str, store: Store, tools: Tools, services: Sequence[ServicePlan]) -> None:
        self._environment = environment
        self._store = store
        self._tools = tools
        self._services = services

    def run(self, target: Record, reason: str, who: str) -> Record:
        """Take the environment back to a release and return the record of having done so, whatever its result.

        Raises `Refused` where a task definition starts no tasks any more; nothing has moved then.
        """
        pointer = self._store.pointer()
        services = aimed(self._services, target, pointer)
        self._startable(services)
        plan = self._plan(target, services, reason)
        ledger = Ledger(self._store, plan, self._tools.clock)
        ledger.open(who)
        ledger.note("rollback --now", overrides=(OVERRIDE,))
        self._hold(plan, who)
        held, ways = ledger.held, [self._way(service, ledger) for service in services]
        self._follow(ways, ledger)
        _note(ledger, "record", ways)
        self._tools.scaling.resume(held)
        ledger.freed()
        definitions = self._tools.world.definitions
        ledger.began_with(before(ledger.record.before, pointer, lambda: self._store.latest(WITHIN), definitions))
        return _close(ledger, ways, self._serving(services))

    def _plan(self, target: Record, services: Sequence[ServicePlan], reason: str) -> ReleasePlan:
        return ReleasePlan(
            environment=self._environment,
            records_bucket=self._store.bucket,
            version=target.version,
            commit=target.commit,
            strategy=Strategy(kind="all_at_once"),
            services=tuple(services),
            source=NOW,
            settings_hash=target.settings_hash,
            settings=target.settings,
            secrets=target.secrets,
            reason=reason,
        )

    def _startable(self, services: Sequence[ServicePlan]) -> None:
        """Refuse a task definition that nobody can start and that no running task has."""
        world = self._tools.world
        for service in services:
            if world.definitions.startable(service.task_definition):
                continue
            serving = world.look(service)
            if world.serves(service, serving) or (serving and world.keeps(service, serving.kept)):
                continue
            raise Refused(
                f"{service.name}: task definition {short(service.task_definition)} is not active and starts no task",
                f"go back without --now, which registers it again: `./slipway rollback -s {self._environment} …`",
            )

    def _hold(self, plan: ReleasePlan, who: str) -> None:
        self._store.keep(Hold.at(plan.version, plan.target, who, plan.reason, self._tools.clock.stamp()))

    def _way(self, service: ServicePlan, ledger: Ledger) -> _Way:
        tools = self._tools
        if service.shifts:
            shift = Shift(service, tools.deployments, tools.world, tools.causes, ledger.interrupted)
            return _Traffic(shift, ledger.record, tools)
        return _Tasks(Worker(service, tools.aws.ecs, tools.world, tools.causes, tools.clock), tools)

    def _follow(self, ways: Sequence[_Way], ledger: Ledger) -> None:
        """Take step after step on all ways, side by side, until each has come to its end."""
        clock = self._tools.clock
        began, begun = clock.now(), 0
        with ThreadPoolExecutor(max_workers=max(1, len(ways))) as hands:
            while going := [way for way in ways if not way.over]:
                list(hands.map(_Way.step, going))
                for way in going:
                    way.tell(clock.since(began))
                if sum(bool(way.deployment) for way in ways) > begun:
                    # Who comes after us, should we be killed, finds them.
                    begun = sum(bool(way.deployment) for way in ways)
                    _note(ledger, "rollback --now", ways)
                if not all(way.over for way in going):
                    clock.wait(_LOOK_SECONDS)

    def _serving(self, services: Sequence[ServicePlan]) -> dict[str, Served]:
        world = self._tools.world
        looked = {service: world.look(service) for service in services}
        return {
            service.name: world.served(service, serving.task_definition)
            for service, serving in looked.items()
            if serving is not None
        }


class _Way:
    """One service's way back. words: where it stands; failure: why it came to no good end."""

    def __init__(self, name: str, tools: Tools) -> None:
        self.name = name
        self.words = "looking"
        self.over = False
        self.failure: DeliveryError | None = None
        self.before: Served | None = None
        self.deployment = ""
        self._tools = tools
        self._said: tuple[str, float] = ("", 0.0)

    def step(self) -> None:
        """Look or act once. What goes wrong ends this way and no other."""
        try:
            self._step()
        except Exception as error:
            self.failure, self.over = explained(error), True
            self.words = f"failed: {self.failure.message}"

    def tell(self, seconds: float) -> None:
        """Say where it stands: after a change, and now and then."""
        words, at = self._said
        if self.words != words or seconds - at >= _TELL_SECONDS:
            self._said = (self.words, seconds)
            self._tools.teller.progress(f"{seconds:.0f}s {self.name}: {self.words}")

    def _step(self) -> None:
        raise NotImplementedError

    def _arrive(self, words: str) -> None:
        self.over, self.words = True, words


class _Traffic(_Way):
    """The way of a service that CodeDeploy shifts."""

    def __init__(self, shift: Shift, record: Record, tools: Tools) -> None:
        super().__init__(shift.name, tools)
        self._shift = shift
        self._record = record
        self._began = self._looked = tools.clock.now()

    def _step(self) -> None:
        if self._shift.deployment:
            self._bring()
        else:
            self._begin()
        self.before, self.deployment = self._shift.before, self._shift.deployment

    def _begin(self) -> None:
        shift, version = self._shift, self._record.version
        ground = shift.survey(self._tools.clock.now())
        # What takes it back goes on for a while after traffic is back, and nobody has to wait for that.
        if ground == Ground.SERVED or (shift.rerouted and ground == Ground.BUSY and not shift.arrived()):
            warm = " again: its tasks were kept warm" if shift.rerouted else ""
            self._arrive(f"{version} has all traffic{warm}")
        elif ground == Ground.FREE:
            # Alarms that ring are why somebody goes back: none may stop it.
            shift.start(self._record.id, version, Pace(at_once=True, unwatched=shift.service.alarms))
            self.words = f"tasks of {version} start"
        elif ground == Ground.BUSY:
            back = "traffic goes back to the warm tasks" if shift.rerouted else f"{shift.clearing} has to end first"
            self.words = back

    def _bring(self) -> None:
        shift = self._shift
        view = shift.look()
        if view.phase in (Phase.FAILED, Phase.STOPPED):
            raise failures.ended(shift, {}, moved=False)
        if view.phase >= Phase.SHIFTED:
            if not shift.arrived():
                self._arrive(f"{self._record.version} has all traffic")
            return
        if view.phase == Phase.READY:
            shift.go()
        self.words = f"{view.green_percent}% of traffic, {view.running} of {view.desired} tasks run"
        if view.phase == Phase.PREPARING:
            self._lose_patience()

    def _lose_patience(self) -> None:
        clock, shift = self._tools.clock, self._shift
        if clock.since(self._looked) >= failures.LOOK_FOR_TROUBLE_SECONDS:
            self._looked = clock.now()
            if trouble := shift.hopeless():
                shift.stop()
                raise failures.hopeless(shift, trouble)
        if clock.since(self._began) > failures.PROVISION_PATIENCE_SECONDS:
            shift.stop()
            raise failures.unready(shift)


class _Tasks(_Way):
    """The way of a service without a port: ECS replaces its tasks."""

    def __init__(self, worker: Worker, tools: Tools) -> None:
        super().__init__(worker.name, tools)
        self._worker = worker
        self._begun = False

    def _step(self) -> None:
        version = short(self._worker.service.task_definition)
        if not self._begun:
            self._worker.know()
            self.before, self._begun = self._worker.before, True
            if self._worker.begin():
                self.words = f"tasks of {version} replace the others"
                return
        elif not self._worker.over():
            return
        self._arrive(f"all tasks are of {version}")


def aimed(services: Sequence[ServicePlan], target: Record, pointer: Pointer | None) -> list[ServicePlan]:
    """The services as they should run: what the release ran; one that it did not know stays as it is."""
    now: Mapping[str, Served] = pointer.services if pointer else {}
    wanted = {**now, **target.services}
    return [
        replace(service, task_definition=wanted[service.name].task_definition, image=wanted[service.name].image)
        for service in services
        if service.name in wanted
    ]


def back(services: Sequence[ServicePlan], world: World) -> bool:
    """Whether all services have the traffic that they should."""
    return all(world.serves(service, world.look(service)) for service in services)


def _note(ledger: Ledger, step: str, ways: Sequence[_Way]) -> None:
    before = {way.name: way.before for way in ways if way.before}
    ledger.note(step, before=before, deployments={way.name: way.deployment for way in ways if way.deployment})


def _close(ledger: Ledger, ways: Sequence[_Way], serving: Mapping[str, Served]) -> Record:
    failed = {way.name: way.failure for way in ways if way.failure}
    if not failed:
        return ledger.close("succeeded", "", serving)
    results: dict[str, Result] = {way.name: "failed" if way.name in failed else "succeeded" for way in ways}
    cause = "\n".join(dict.fromkeys(error.message for error in failed.values()))
    return ledger.close("failed", cause, serving, results)
