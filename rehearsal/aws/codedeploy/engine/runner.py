"""Lets all deployments go on side by side: watches their alarms, takes stops, starts rollbacks."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rehearsal.aws.clock import Clock
from rehearsal.aws.codedeploy.appspec import parse
from rehearsal.aws.codedeploy.engine.cloud import Cloud, CloudError
from rehearsal.aws.codedeploy.engine.errors import DeploymentError
from rehearsal.aws.codedeploy.engine.lifecycle import Lifecycle, Story
from rehearsal.aws.codedeploy.models import Deployment, Store, new_deployment_id

_TICK = 0.2
_ALARM_TICK = 0.5

log = logging.getLogger("slipway.codedeploy")


@dataclass
class Running:
    """A deployment's story, and the alarms that are watched for it."""

    story: Story
    deployment: Deployment
    alarms: list[str] | None = None
    alarms_checked: float = 0.0


class Runner:
    """One thread for all deployments; `tick` is what it does, for tests."""

    def __init__(self, store: Store, cloud: Cloud, clock: Clock, tell: Callable[[Deployment], None]) -> None:
        """`tell` hears of each deployment after each of its steps."""
        self._store = store
        self._cloud = cloud
        self._clock = clock
        self._tell = tell
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()

    def start_thread(self) -> None:
        """Work from now on, until the process ends."""
        threading.Thread(target=self._run, name="slipway-codedeploy", daemon=True).start()

    def begin(self, deployment: Deployment) -> None:
        """Take up a new deployment."""
        deployment.status = "Queued"
        story = Lifecycle(deployment, self._cloud, self._clock).run()
        with self._lock:
            self._running[deployment.id] = Running(story, deployment)

    def tick(self, *, alarms: bool = True) -> None:
        """Let every deployment take one step."""
        with self._lock:
            running = list(self._running.values())
        for one in running:
            try:
                self._step(one, alarms)
            except Exception:
                log.exception("deployment %s: the emulator failed", one.deployment.id)
                self._finish(one, DeploymentError("INTERNAL_ERROR", "The emulator failed; its log says more."))
            self._tell(one.deployment)

    def _run(self) -> None:
        while True:
            self.tick()
            time.sleep(_TICK)

    def _step(self, one: Running, alarms: bool) -> None:
        try:
            if one.deployment.stop_requested:
                raise DeploymentError("MANUAL_STOP", "The deployment was stopped by a user.", status="Stopped")
            if alarms:
                self._watch_alarms(one)
            next(one.story)
        except StopIteration:
            self._finish(one, None)
        except DeploymentError as error:
            self._end_story(one, error)
            self._finish(one, error)

    @staticmethod
    def _end_story(one: Running, error: DeploymentError) -> None:
        """Tell the story why it ends, so that the event it was in says so."""
        try:
            one.story.throw(error)
        except (DeploymentError, StopIteration):
            return

    def _watch_alarms(self, one: Running) -> None:
        configuration = one.deployment.alarms
        if not configuration.get("enabled") or one.deployment.creator == "codeDeployRollback":
            return
        now = time.monotonic()
        if one.alarms is not None and now - one.alarms_checked < _ALARM_TICK:
            return
        one.alarms_checked = now
        names = [alarm["name"] for alarm in configuration.get("alarms", [])]
        try:
            ringing = self._cloud.ringing(names) if names else []
        except CloudError as error:
            if configuration.get("ignorePollAlarmFailure"):
                return
            raise DeploymentError("ALARM_ACTIVE", f"The alarms cannot be read: {error}", status="Stopped") from error
        if one.alarms is None:
            # As AWS has it: an alarm that rings already when the deployment starts is not watched for it.
            one.alarms = [name for name in names if name not in ringing]
            return
        if active := [name for name in one.alarms if name in ringing]:
            raise DeploymentError(
                "ALARM_ACTIVE",
                "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, "
                f"and the affected deployments have been stopped. Activated alarms: {', '.join(active)}",
                status="Stopped",
            )

    def _finish(self, one: Running, error: DeploymentError | None) -> None:
        deployment = one.deployment
        with self._lock:
            self._running.pop(deployment.id, None)
        with self._store.lock:
            rollback = self._rollback_of(deployment, error) if error else None
            deployment.completed = deployment.updated = self._clock.now()
            if error:
                deployment.error = {"code": error.code, "message": error.message}
            if rollback:
                self._store.deployments[rollback.id] = rollback
            deployment.status = error.status if error else "Succeeded"
        if rollback:
            story = Lifecycle(rollback, self._cloud, self._clock).go_back(deployment)
            with self._lock:
                self._running[rollback.id] = Running(story, rollback)

    def _rollback_of(self, deployment: Deployment, error: DeploymentError) -> Deployment | None:
        if not _goes_back(deployment, error) or deployment.creator == "codeDeployRollback":
            return None
        content = deployment.previous_content or deployment.content
        rollback = Deployment(
            id=new_deployment_id(),
            application=deployment.application,
            group=copy.deepcopy(deployment.group),
            appspec=parse(content),
            content=content,
            config_name="CodeDeployDefault.ECSAllAtOnce",
            routing={"type": "AllAtOnce"},
            created=self._clock.now(),
            creator="codeDeployRollback",
            description=f"Rollback of deployment {deployment.id}",
            auto_rollback={"enabled": False, "events": []},
            status="Queued",
        )
        deployment.rollback = {
            "rollbackDeploymentId": rollback.id,
            "rollbackMessage": f"Deployment {deployment.id} failed and is rolled back by deployment {rollback.id}.",
        }
        rollback.rollback = {"rollbackTriggeringDeploymentId": deployment.id}
        return rollback


def _goes_back(deployment: Deployment, error: DeploymentError) -> bool:
    """Whether this end is one that the deployment, its group or who stopped it wants undone."""
    if not deployment.green and not deployment.blue:
        return False
    if error.code == "MANUAL_STOP" and deployment.stop_with_rollback is not None:
        return deployment.stop_with_rollback
    configuration = deployment.auto_rollback
    event = {"ALARM_ACTIVE": "DEPLOYMENT_STOP_ON_ALARM", "MANUAL_STOP": "DEPLOYMENT_STOP_ON_REQUEST"}.get(
        error.code, "DEPLOYMENT_FAILURE"
    )
    return bool(configuration.get("enabled")) and event in configuration.get("events", [])
