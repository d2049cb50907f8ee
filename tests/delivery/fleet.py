"""Several services at once: each with its own end, and questions about what became of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery.ending import Outcome
from delivery.plan import ServicePlan
from delivery.release import Release
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan
from tests.delivery.scene import serves

#: How the new release of a service with a port ends, in the order in which it would show.
ENDS = ("gate", "start", "check", "shift", "bake", "well")
_LOOKS = 3


class Fleet:
    """An environment of services with a port and of workers; the new release of each ends as `ends` says.

    A name that begins with `w` is a worker's; it ends `well` or in `roll`.
    """

    def __init__(self, ends: Mapping[str, str], *, together: bool = True) -> None:
        self.aws = FakeAws()
        self.ends = dict(ends)
        self.together = together
        self.old: dict[str, str] = {}
        self.new: dict[str, str] = {}
        self._looked: dict[str, int] = {}
        for number, (name, end) in enumerate(ends.items()):
            self.old[name] = self.aws.define(10 * number + 1, image("a"), family="api")
            self.new[name] = self.aws.define(10 * number + 2, image("b"), family="api")
            service = self.aws.add_service(name, self.old[name])
            if _rolls(name):
                service.deployments = [{"id": f"ecs-svc/{name}", "status": "PRIMARY", "rolloutState": "COMPLETED"}]
            if end == "gate":
                self.aws.definitions[self.new[name]]["status"] = "INACTIVE"
            if end == "start":
                self.aws.codedeploy.unhealthy.add(self.new[name])
        self.aws.answer = self._answer
        self.aws.before_call = self._happen

    def update(self, version: str = "1.8.0", *, old: bool = False) -> Outcome:
        """One update that brings all services to the new release, or to the old one."""
        target = self.old if old else self.new
        plans = [self._plan(name, target[name]) for name in self.ends]
        return Release(
            release_plan(*plans, version=version, together=self.together), self.aws.tools(), {"USER": "ada"}
        ).run()

    def mend(self) -> None:
        """From now on everything ends well."""
        for name in self.ends:
            self.aws.definitions[self.new[name]]["status"] = "ACTIVE"
            self.ends[name] = "well"
        self.aws.codedeploy.unhealthy.clear()
        self.aws.ringing.clear()

    def runs(self, name: str) -> str:
        """Which release a service runs, with all its traffic: `old`, `new`, or `neither`."""
        service = self.aws.services[name]
        for word, definition in (("old", self.old[name]), ("new", self.new[name])):
            if service.primary["taskDefinition"] == definition and (_rolls(name) or serves(self.aws, definition, name)):
                return word
        return "neither"

    def all_run(self) -> dict[str, str]:
        """What each service runs."""
        return {name: self.runs(name) for name in self.ends}

    def calls(self, *names: str) -> list[str]:
        """The calls of these names, in their order."""
        return [call for call in self.aws.calls if call in names]

    def _plan(self, name: str, definition: str) -> ServicePlan:
        reference = self.aws.definitions[definition]["containerDefinitions"][0]["image"]
        if not _rolls(name):
            return service_plan(definition, reference, name=name)
        none: dict[str, Any] = dict.fromkeys(("port", "application", "deployment_group", "listener", "test_listener"))
        return service_plan(definition, reference, name=name, **none, target_groups=(), checks=(), alarms=())

    def _answer(self, definition: str, request: Mapping[str, Any]) -> dict[str, Any]:
        name = request["path"].split("/")[1]
        return {"status": 500 if self.ends[name] == "check" and definition == self.new[name] else 200}

    def _happen(self, call: str) -> None:
        for name, end in self.ends.items():
            newest = self.aws.codedeploy.of(name)[-1:]
            step = newest[0].step if newest and newest[0].status == "InProgress" and newest[0].percent else ""
            if (end == "shift" and step == "shift") or (end == "bake" and step == "warm"):
                self.aws.ringing[f"{name}-errors"] = "12 % failed"
            if _rolls(name) and call == "describe_services":
                self._roll(name)

    def _roll(self, name: str) -> None:
        (deployment,) = self.aws.services[name].deployments
        if deployment["rolloutState"] != "IN_PROGRESS":
            return
        self._looked[name] = self._looked.get(name, 0) + 1
        if self._looked[name] % _LOOKS == 0:
            fails = self.ends[name] == "roll" and self.aws.services[name].primary["taskDefinition"] == self.new[name]
            deployment["rolloutState"] = "FAILED" if fails else "COMPLETED"
            deployment["rolloutStateReason"] = f"rollout {deployment['rolloutState'].lower()}"


def _rolls(name: str) -> bool:
    return name.startswith("w")
