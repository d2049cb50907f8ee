"""Ending a release for good, so that its services can be deleted: ECS refuses that while a deployment is active."""

from __future__ import annotations

from delivery.aws import error_code
from delivery.meaning import Next, Phase
from delivery.oneoff import end_all
from delivery.plan import ServicePlan
from delivery.records import Journal
from delivery.store import Store
from delivery.tools import Tools

#: By AWS's clock: tasks drain, and CodeDeploy lets that take an hour.
PATIENCE_SECONDS = 70 * 60.0


class Removal:
    """Ends what is in flight. What does not exist (any more) needs nothing."""

    def __init__(self, services: tuple[ServicePlan, ...], bucket: str, tools: Tools) -> None:
        self._services = services
        self._store = Store(tools.aws.s3, bucket)
        self._tools = tools

    def run(self) -> None:
        """End all deployments, resume what a release held, and close the journal."""
        self._tools.aws.sts.get_caller_identity()  # AWS tells the time
        end_all(self._tools.aws.ecs, [service for service in self._services if service.migration])
        waiting = [service for service in self._services if service.shifts]
        asked: set[tuple[str, Next]] = set()
        began = self._tools.clock.now()
        while waiting:
            self._tools.stop.check()
            waiting = [service for service in waiting if not self._over(service, asked)]
            if waiting and self._tools.clock.since(began) > PATIENCE_SECONDS:
                names = ", ".join(service.name for service in waiting)
                self._tools.teller.warn(f"{names}: a deployment is still active; deleting the service may be refused")
                break
            if waiting:
                self._tools.clock.pause()
        journal = self._journal()
        if journal:
            self._tools.scaling.resume(journal.held)
            self._store.close_journal()

    def _over(self, service: ServicePlan, asked: set[tuple[str, Next]]) -> bool:
        """Look once, and ask once for what has to happen; True when nothing is active."""
        active = self._tools.deployments.active(service)
        if active is None:
            return not self._tools.deployments.just_ended(service, self._tools.clock.now())
        self._tools.teller.progress(f"ending {active.id} · {service.name}")
        step = Next.END_WARM if active.view.phase == Phase.SHIFTED else Next.TAKE_BACK
        if not active.takes_back and (active.id, step) not in asked:
            asked.add((active.id, step))
            if step == Next.END_WARM:
                self._tools.deployments.end_warm(active.id)
            else:
                self._tools.deployments.stop(active.id)
        return False

    def _journal(self) -> Journal | None:
        try:
            return self._store.journal()
        except Exception as error:
            if error_code(error) in ("NoSuchBucket", "AccessDenied"):
                return None
            raise
