"""Services without a port: nothing to shift, so ECS replaces their tasks one after the other.

They follow when traffic has moved, each when the one before it is steady, in the order of the plan; and go back when
the release is taken back.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from delivery.causes import Causes
from delivery.clock import Clock
from delivery.errors import ReleaseFailed
from delivery.plan import ServicePlan
from delivery.records import Served
from delivery.serving import Serving, World, short
from delivery.trouble import Trouble

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import UpdateServiceRequestTypeDef

#: How long a rolling update may take by AWS's clock, until it counts as stuck.
PATIENCE_SECONDS = 30 * 60.0


class Worker:
    """One such service. `before` is known once `begin` was called."""

    def __init__(self, service: ServicePlan, ecs: ECSClient, world: World, causes: Causes, clock: Clock) -> None:
        self.service = service
        self.before: Served | None = None
        self.changed = False
        self._ecs = ecs
        self._world = world
        self._causes = causes
        self._clock = clock
        self._began: datetime | None = None

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    def know(self) -> None:
        """Remember what runs before anything changes."""
        serving = self._world.look(self.service)
        if serving is not None and self.before is None:
            self.before = self._world.served(self.service, serving.task_definition)

    def begin(self) -> bool:
        """Ask ECS for the target; False where it runs already, steadily."""
        self._began = self._clock.now()
        serving = self._world.look(self.service)
        if self._world.serves(self.service, serving):
            # Where an interrupted release rolled it, it is ours to take back.
            self.changed = self.before is not None and not self._runs(self.before.task_definition, serving)
            return self.changed or (serving is not None and not serving.steady)
        self.changed = True
        self._update(self.service.task_definition)
        return True

    def over(self) -> bool:
        """Look once: whether all tasks are the target's. Raises `ReleaseFailed` when that will not come about."""
        state = self._state()
        deployments = [cast("dict[str, Any]", one) for one in state.get("deployments", [])]
        primary = next((one for one in deployments if one.get("status") == "PRIMARY"), {})
        if primary.get("rolloutState") == "FAILED":
            raise self._failure(primary, shown_reason=primary.get("rolloutStateReason", ""))
        serving = self._world.look(self.service)
        if self._world.serves(self.service, serving) and len(deployments) <= 1 and serving and serving.steady:
            return True
        trouble = self._causes.hopeless(self.service, primary.get("id", ""), primary.get("runningCount", 0))
        if trouble == Trouble.CRASH:
            raise self._failure(primary, shown_reason="its tasks stop again and again")
        if trouble:
            raise self._failure(primary, shown_reason=f"it {trouble.words}", fix=trouble.fix)
        if self._began and self._clock.since(self._began) > PATIENCE_SECONDS:
            raise self._failure(primary, shown_reason=f"not steady after {PATIENCE_SECONDS / 60:.0f} minutes")
        return False

    def go_back(self) -> None:
        """Ask ECS for what ran before."""
        if self.changed and self.before is not None:
            self._update(self.before.task_definition)

    def returned(self) -> bool:
        """Whether what ran before runs again; True where nothing was changed."""
        if not self.changed or self.before is None:
            return True
        serving = self._world.look(self.service)
        return serving is not None and serving.steady and self._runs(self.before.task_definition, serving)

    def _runs(self, task_definition: str, serving: Serving | None) -> bool:
        return serving is not None and self._world.definitions.same(serving.task_definition, task_definition)

    def _update(self, task_definition: str) -> None:
        wish: UpdateServiceRequestTypeDef = {
            "cluster": self.service.cluster,
            "service": self.service.service,
            "taskDefinition": task_definition,
        }
        if self.service.subnets:
            wish["networkConfiguration"] = {
                "awsvpcConfiguration": {
                    "subnets": sorted(self.service.subnets),
                    "securityGroups": sorted(self.service.security_groups),
                    "assignPublicIp": "ENABLED" if self.service.assign_public_ip else "DISABLED",
                }
            }
        self._ecs.update_service(**wish)

    def _state(self) -> dict[str, Any]:
        found = self._ecs.describe_services(cluster=self.service.cluster, services=[self.service.service])["services"]
        return cast("dict[str, Any]", found[0]) if found else {}

    def _failure(
        self,
        primary: dict[str, Any],
        shown_reason: str,
        fix: str = "make its tasks start and stay, then run the update again",
    ) -> ReleaseFailed:
        why = self._causes.explain(self.service, primary.get("id", ""), "")
        return ReleaseFailed(
            f"{self.name}: {short(self.service.task_definition)} did not become steady: "
            + "; ".join(part for part in (shown_reason, why) if part),
            fix,
            [self.name],
        )
