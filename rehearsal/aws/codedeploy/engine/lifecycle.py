"""The story of one ECS deployment, from the first event to the end of blue.

Each story is a generator: it does what can be done now and yields where CodeDeploy would wait. The runner resumes it
every few moments, or throws into it what ends a deployment (a stop, an alarm). So the code reads in the order of the
events, and a test drives it with a clock of its own.
https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html#reference-appspec-file-structure-hooks-list-ecs
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

from rehearsal.aws.clock import Clock
from rehearsal.aws.codedeploy.engine import hooks
from rehearsal.aws.codedeploy.engine.cloud import Cloud, Document
from rehearsal.aws.codedeploy.engine.errors import DeploymentError, on_aws
from rehearsal.aws.codedeploy.engine.routes import Routes, check, find
from rehearsal.aws.codedeploy.models import Deployment
from rehearsal.aws.codedeploy.routing import schedule

_MINUTE = 60.0
_STEADY_LIMIT = 60 * _MINUTE

Story = Generator[None, None, None]


class Lifecycle:
    """Tells the story of a deployment, and of the rollback that may follow it."""

    def __init__(self, deployment: Deployment, cloud: Cloud, clock: Clock) -> None:
        self._deployment = deployment
        self._cloud = cloud
        self._clock = clock
        self._weight = 0

    def run(self) -> Story:
        """The whole deployment; ends when it has succeeded, raises DeploymentError otherwise."""
        deployment = self._deployment
        deployment.status, deployment.started = "InProgress", self._clock.now()
        service, blue = self._service_and_primary()
        routes = find(self._cloud, deployment.group, blue)
        check(self._cloud, routes)
        deployment.blue = blue["id"]
        self._clear_away(service, routes)
        yield from self._hook("BeforeInstall")
        yield from self._install(service, blue, routes)
        yield from self._hook("AfterInstall")
        yield from self._allow_test_traffic(routes)
        yield from self._hook("AfterAllowTestTraffic")
        yield from self._ready_wait()
        yield from self._hook("BeforeAllowTraffic")
        yield from self._allow_traffic(routes)
        yield from self._hook("AfterAllowTraffic")
        yield from self._end_blue()

    def go_back(self, triggering: Deployment) -> Story:
        """The rollback of `triggering`: traffic first, then green goes."""
        deployment = self._deployment
        deployment.status, deployment.started = "InProgress", self._clock.now()
        cluster, name = deployment.service
        service = on_aws(self._cloud.service, cluster, name)
        task_sets = {s["id"]: s for s in (service or {}).get("taskSets", [])}
        blue, green = task_sets.get(triggering.blue), task_sets.get(triggering.green)
        deployment.blue, deployment.green = triggering.green, triggering.blue
        for event in deployment.events.values():
            event.status = "Skipped"
        if blue is None:
            raise DeploymentError("ROLLBACK_FAILED", "The original task set is gone; there is nothing to go back to.")
        with self._event("AllowTraffic"):
            yield
            routes = find(self._cloud, deployment.group, blue)
            for listener in routes.listeners:
                on_aws(self._cloud.route, listener, {routes.blue: 100, routes.green: 0})
            if blue["status"] != "PRIMARY":
                on_aws(self._cloud.promote, cluster, name, blue["id"])
            self._weight = 100
            self._observe(green_id=blue["id"])
        if green is not None:
            on_aws(self._cloud.delete_task_set, cluster, name, green["id"])
            yield from self._until_gone(green["id"])

    def _service_and_primary(self) -> tuple[Document, Document]:
        cluster, name = self._deployment.service
        service = on_aws(self._cloud.service, cluster, name)
        if service is None:
            raise DeploymentError(
                "INVALID_ECS_SERVICE", f"The ECS service {name} in cluster {cluster} cannot be found."
            )
        primary = next((s for s in service.get("taskSets", []) if s["status"] == "PRIMARY"), None)
        if primary is None or not primary.get("loadBalancers"):
            raise DeploymentError(
                "INVALID_ECS_SERVICE", f"The ECS service {name} must have a primary task set with a load balancer."
            )
        return service, primary

    def _clear_away(self, service: Document, routes: Routes) -> None:
        """End what a deployment that was stopped without a rollback has left, its traffic first."""
        cluster, name = self._deployment.service
        leftovers = [task_set["id"] for task_set in service["taskSets"] if task_set["status"] == "ACTIVE"]
        if leftovers:
            on_aws(self._cloud.route, routes.production, {routes.blue: 100, routes.green: 0})
        for leftover in leftovers:
            on_aws(self._cloud.delete_task_set, cluster, name, leftover)

    def _install(self, service: Document, blue: Document, routes: Routes) -> Story:
        deployment = self._deployment
        cluster, name = deployment.service
        with self._event("Install"):
            green = on_aws(self._cloud.create_task_set, cluster, name, self._green_request(service, blue, routes))
            deployment.green = green["id"]
            # Weight 0 carries no traffic, but a load balancer probes only the groups that a listener names.
            on_aws(self._cloud.route, routes.production, {routes.blue: 100, routes.green: 0})
            deadline = self._clock.now() + _STEADY_LIMIT
            while not self._steady(green["id"], routes.green):
                if self._clock.now() > deadline:
                    raise DeploymentError(
                        "TIMEOUT",
                        "The deployment timed out while waiting for the replacement task set to become healthy. "
                        "This time out period is 60 minutes.",
                    )
                yield

    def _green_request(self, service: Document, blue: Document, routes: Routes) -> Document:
        appspec = self._deployment.appspec
        request: Document = {
            "externalId": self._deployment.id,
            "taskDefinition": appspec.task_definition,
            "loadBalancers": [
                {
                    "targetGroupArn": routes.green,
                    "containerName": appspec.container,
                    "containerPort": appspec.container_port,
                }
            ],
            "scale": {"value": 100.0, "unit": "PERCENT"},
        }
        if network := appspec.network or blue.get("networkConfiguration"):
            request["networkConfiguration"] = network
        if version := appspec.platform_version or blue.get("platformVersion"):
            request["platformVersion"] = version
        if strategy := appspec.capacity_providers or blue.get("capacityProviderStrategy"):
            request["capacityProviderStrategy"] = strategy
        elif launch_type := blue.get("launchType") or service.get("launchType"):
            request["launchType"] = launch_type
        return request

    def _steady(self, green: str, group: str) -> bool:
        task_set = self._observe().get(green)
        if task_set is None:
            raise DeploymentError("ECS_UPDATE_ERROR", "The replacement task set has been deleted.")
        wanted = task_set["computedDesiredCount"]
        if task_set["stabilityStatus"] != "STEADY_STATE" or task_set["runningCount"] != wanted:
            return False
        states = on_aws(self._cloud.health, group)
        return states.count("healthy") >= int(wanted)

    def _allow_test_traffic(self, routes: Routes) -> Story:
        if routes.test is None:
            for name in ("AllowTestTraffic", "AfterAllowTestTraffic"):
                self._deployment.events[name].status = "Skipped"
            return
        test = routes.test
        with self._event("AllowTestTraffic"):
            on_aws(self._cloud.route, test, {routes.green: 100, routes.blue: 0})
            yield

    def _ready_wait(self) -> Story:
        option = self._deployment.group["blueGreenDeploymentConfiguration"].get("deploymentReadyOption") or {}
        if option.get("actionOnTimeout") != "STOP_DEPLOYMENT":
            return
        minutes = float(option.get("waitTimeInMinutes") or 0)
        self._deployment.status = "Ready"
        if not (yield from self._wait("READY_WAIT", minutes)):
            raise DeploymentError(
                "TIMEOUT",
                f"The deployment was stopped because traffic rerouting was not started within {minutes:g} minutes.",
                status="Stopped",
            )
        self._deployment.status = "InProgress"

    def _allow_traffic(self, routes: Routes) -> Story:
        cluster, name = self._deployment.service
        with self._event("AllowTraffic"):
            for step in schedule(self._deployment.routing):
                weights = {routes.green: step.percent, routes.blue: 100 - step.percent}
                on_aws(self._cloud.route, routes.production, weights)
                self._weight = step.percent
                until = self._clock.now() + step.minutes * _MINUTE
                self._observe()
                while self._clock.now() < until:
                    yield
                    self._observe()
            on_aws(self._cloud.promote, cluster, name, self._deployment.green)
            self._observe()
            yield

    def _end_blue(self) -> Story:
        deployment = self._deployment
        cluster, name = deployment.service
        option = deployment.group["blueGreenDeploymentConfiguration"].get("terminateBlueInstancesOnDeploymentSuccess")
        deployment.termination_wait_started = True
        yield from self._wait("TERMINATION_WAIT", float((option or {}).get("terminationWaitTimeInMinutes") or 0))
        on_aws(self._cloud.delete_task_set, cluster, name, deployment.blue)
        yield from self._until_gone(deployment.blue)

    def _until_gone(self, task_set: str) -> Story:
        while task_set in self._observe(self._deployment.green):
            yield

    def _wait(self, kind: str, minutes: float) -> Generator[None, None, bool]:
        """Wait until the time is over (False) or somebody continues the deployment (True)."""
        deployment = self._deployment
        deployment.waiting_for = kind
        try:
            until = self._clock.now() + minutes * _MINUTE
            while self._clock.now() < until:
                if kind in deployment.continued:
                    return True
                yield
                self._observe()
            return kind in deployment.continued
        finally:
            deployment.waiting_for = None

    def _hook(self, name: str) -> Story:
        function = self._deployment.appspec.hooks.get(name)
        event = self._deployment.events[name]
        if event.status == "Skipped":
            return
        with self._event(name):
            if function:
                yield from hooks.run(self._deployment, name, function, self._cloud, self._clock)
            yield

    @contextmanager
    def _event(self, name: str) -> Iterator[None]:
        event = self._deployment.events[name]
        event.status, event.started = "InProgress", self._clock.now()
        self._deployment.updated = self._clock.now()
        try:
            yield
        except DeploymentError as error:
            event.status, event.message = "Failed", error.message
            raise
        except GeneratorExit:
            event.status = "Unknown"
            raise
        else:
            event.status = "Succeeded"
        finally:
            event.ended = self._deployment.updated = self._clock.now()

    def _observe(self, green_id: str | None = None) -> dict[str, Document]:
        """Look at the service's task sets, and keep what BatchGetDeploymentTargets shows of them."""
        deployment = self._deployment
        cluster, name = deployment.service
        service = on_aws(self._cloud.service, cluster, name)
        if service is None:
            raise DeploymentError(
                "INVALID_ECS_SERVICE", f"The ECS service {name} in cluster {cluster} has been deleted."
            )
        green = green_id or deployment.green
        found = {task_set["id"]: task_set for task_set in service.get("taskSets", [])}
        deployment.task_sets = [
            _info(task_set, is_green=identifier == green, green_weight=self._weight)
            for identifier, task_set in found.items()
        ]
        return found


def _info(task_set: Document, *, is_green: bool, green_weight: int) -> Document:
    info: Document = {
        "identifer": task_set["id"],
        "desiredCount": task_set["computedDesiredCount"],
        "pendingCount": task_set["pendingCount"],
        "runningCount": task_set["runningCount"],
        "status": task_set["status"],
        "trafficWeight": float(green_weight if is_green else 100 - green_weight),
        "taskSetLabel": "Green" if is_green else "Blue",
    }
    if balancers := task_set.get("loadBalancers"):
        info["targetGroup"] = {"name": balancers[0]["targetGroupArn"].split("/")[1]}
    return info
