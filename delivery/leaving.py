"""Handing an environment over: everything keeps running, nothing of ours acts any more, AWS's own tools deploy.

Each step looks first and acts only where something is left to do, so that a second run goes on where the first stopped.
What is taken away is only what would act, or make somebody wait for us; nothing that serves is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from delivery.appspec import appspec
from delivery.aws import error_code, explained
from delivery.errors import DeliveryError, Refused
from delivery.meaning import Phase
from delivery.plan import ServicePlan
from delivery.store import Store
from delivery.tools import Tools

WHY = "handed over"
#: `aws ecs deploy` adds up both waits of a group, and fails where one is not said:
#: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentReadyOption.html
GOES_ON = {"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0}
_NO_GROUP = ("ApplicationDoesNotExistException", "DeploymentGroupDoesNotExistException")
#: What RegisterTaskDefinition takes of what DescribeTaskDefinition says.
#: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
_REGISTERED = (
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "ephemeralStorage",
    "runtimePlatform",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do.

    what: with what, for people; will: what happens to it; empty: nothing is left to do, and `found` says why.
    by_hand: the commands that do the same.
    """

    what: str
    will: str
    found: str
    by_hand: str
    act: Callable[[], object]

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return not self.will


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What `aws ecs deploy` reads of one service: a task definition as it is registered, and its AppSpec."""

    service: ServicePlan
    task_definition: dict[str, Any]
    appspec: dict[str, Any]


class Leaving:
    """Hands one environment over.

    services: as the last release wrote down what they are delivered with. events: boto3's client of EventBridge.
    rule: the name of the warden's rule. who: the identity that leaves, in words.
    """

    def __init__(
        self,
        environment: str,
        store: Store,
        services: Sequence[ServicePlan],
        tools: Tools,
        events: Any,
        *,
        rule: str,
        who: str,
    ) -> None:
        self._environment = environment
        self._store = store
        self._services = services
        self._tools = tools
        self._events = events
        self._rule = rule
        self._who = who

    def refuse_busy(self) -> list[str]:
        """See to it that nothing moves; return which services have tasks that are still kept warm, in words.

        Raises `Refused` while a release is under way, or one has left something to be done.
        """
        journal = self._store.journal()
        if journal is not None:
            release = journal.record
            if release.finished:
                raise Refused(
                    f"{release.version} has left something to be done: {journal.step}",
                    f"`pulumi up -s {self._environment}` does it; then leave",
                )
            raise Refused(
                f"{release.version} (release {release.id}) is under way, at the step: {journal.step}",
                f"wait for its end, or `./slipway abort -s {self._environment} --reason …` takes it back; then leave",
            )
        warm = []
        for service in self._shifted:
            active = self._tools.deployments.active(service)
            if active is None:
                continue
            if active.takes_back or active.view.phase != Phase.SHIFTED:
                raise Refused(
                    f"{service.name}: deployment {active.id} is in flight", "wait until it has ended, then leave"
                )
            # Where its listener is, as the ARN says.
            at = "".join(f" --region {region}" for region in (service.listener or "").split(":")[3:4])
            warm.append(
                f"{service.name}: deployment {active.id} keeps the old tasks warm: it is the only one until it ends, "
                f"by itself or with `aws deploy continue-deployment{at} --deployment-id {active.id} "
                "--deployment-wait-type TERMINATION_WAIT`"
            )
        return warm

    def steps(self) -> list[Step]:
        """Look at everything and return what there is to do, in order."""
        return [
            *(self._group(service) for service in self._shifted),
            self._warden(),
            self._scaling(),
            self._wishes(),
            self._hold(),
        ]

    def run(self, step: Step) -> None:
        """Do one step. Raises `DeliveryError` that says which, and what to do."""
        if step.done:
            return
        try:
            step.act()
        except Exception as error:
            raise DeliveryError(
                f"{step.what}: {explained(error).message}",
                f"`./slipway leave -s {self._environment}` again goes on from here; by hand: {step.by_hand}",
            ) from error

    def handed_over(self) -> list[HandedOver]:
        """What serves, in the form in which AWS's own tools deploy it; services that are gone are left out."""
        found = []
        for service in self._services:
            serving = self._tools.world.look(service)
            arn = serving.task_definition if serving else ""
            definition = self._tools.world.definitions.get(arn) if arn else None
            if definition is not None:
                registered = {name: definition[name] for name in _REGISTERED if definition.get(name)}
                spec = appspec(service)
                spec["Resources"][0]["TargetService"]["Properties"]["TaskDefinition"] = arn
                found.append(HandedOver(service=service, task_definition=registered, appspec=spec))
        return found

    @property
    def _shifted(self) -> list[ServicePlan]:
        return [service for service in self._services if service.shifts]

    def _group(self, service: ServicePlan) -> Step:
        """Let a deployment go on by itself where it waited for our checks: nobody continues it any more."""
        codedeploy = self._tools.aws.codedeploy
        application, group = service.application or "", service.deployment_group or ""
        config: dict[str, Any] = {}
        found = "goes on to traffic by itself already"
        try:
            info = codedeploy.get_deployment_group(applicationName=application, deploymentGroupName=group)
            config = dict(info["deploymentGroupInfo"].get("blueGreenDeploymentConfiguration", {}))
        except Exception as error:
            if error_code(error) not in _NO_GROUP:
                raise
            found = "does not exist"
        ready = config.get("deploymentReadyOption", {})
        wait = (ready.get("actionOnTimeout"), ready.get("waitTimeInMinutes", 0))
        waits = bool(config) and wait != tuple(GOES_ON.values())
        minutes = ready.get("waitTimeInMinutes", 0)

        def act() -> None:
            # The whole of it is replaced: what is left out here would be lost.
            wanted: Any = {**config, "deploymentReadyOption": GOES_ON}
            codedeploy.update_deployment_group(
                applicationName=application,
                currentDeploymentGroupName=group,
                blueGreenDeploymentConfiguration=wanted,
            )

        return Step(
            what=f"deployment group {group}",
            will=f"goes on to traffic by itself; now new tasks wait {minutes} minutes for our checks" if waits else "",
            found=found,
            by_hand=(
                f"`aws deploy update-deployment-group --application-name {application} "
                f"--current-deployment-group-name {group} --blue-green-deployment-configuration …` with "
                "deploymentReadyOption CONTINUE_DEPLOYMENT"
            ),
            act=act,
        )

    def _warden(self) -> Step:
        """Take the warden's rule away, with its targets: without it nobody calls the function."""
        targets = self._targets()

        def act() -> None:
            if targets:
                self._events.remove_targets(Rule=self._rule, Ids=targets)
            self._events.delete_rule(Name=self._rule)

        return Step(
            what=f"rule {self._rule}",
            will=""
            if targets is None
            else f"is deleted with {len(targets)} target(s): the warden is not called any more",
            found="is gone already",
            by_hand=(
                f"`aws events remove-targets --rule {self._rule} --ids warden`, then "
                f"`aws events delete-rule --name {self._rule}`"
            ),
            act=act,
        )

    def _targets(self) -> list[str] | None:
        """The ids of what the rule calls; None where there is no rule."""
        try:
            found = self._events.list_targets_by_rule(Rule=self._rule)
        except Exception as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise
        return [target["Id"] for target in found.get("Targets", [])]

    def _scaling(self) -> Step:
        """Let everything scale again: a release that was killed may have held it."""
        held = self._tools.scaling.suspended([one.scalable_target for one in self._services if one.scalable])
        return Step(
            what="autoscaling",
            will=f"is let go: {', '.join(held)}" if held else "",
            found="is held nowhere",
            by_hand="`aws application-autoscaling register-scalable-target … --suspended-state …`, all of it false",
            act=lambda: self._tools.scaling.resume(held),
        )

    def _wishes(self) -> Step:
        """Drop what was asked of releases that are over."""
        wishes = self._store.wishes()

        def act() -> None:
            for release in wishes:
                self._store.withdraw(release)

        return Step(
            what="what was asked of releases that are over",
            will=f"is removed: {', '.join(wishes)}" if wishes else "",
            found="there is nothing",
            by_hand=f"`aws s3 rm --recursive s3://{self._store.bucket}/control/`",
            act=act,
        )

    def _hold(self) -> Step:
        """Lift a hold: nobody asks for it any more, and whoever comes back should not stumble over it."""
        hold = self._store.hold()

        def act() -> None:
            if hold is not None:
                self._store.keep(hold.lifted(self._who, WHY, self._tools.clock.stamp()))

        return Step(
            what="hold",
            will=f"is lifted; it was {hold.told}" if hold else "",
            found="there is none",
            by_hand=f"`./slipway hold -s {self._environment} --lift --reason …`",
            act=act,
        )
