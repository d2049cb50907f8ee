"""The task of a service: the revision to run, the roles it runs with, where its logs go."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, ecs

from components.component import Component
from components.containers import container
from components.image import Image
from components.policies import execution
from components.role import Role, RoleArgs
from components.secrets import named, refer
from naming import Kind, partition
from settings import App, Environment, Ran

_ECS_TASKS = "ecs-tasks.amazonaws.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskArgs:
    """Which service's task, and its image. ran: how the release ran that is gone back to, or stayed with."""

    env: Environment
    app: App
    image: Image
    ran: Ran | None = None


class Task(Component):
    """A task definition with all that it names. Old revisions stay registered, since going back needs them."""

    TYPE = "slipway:aws:Task"

    definition: pulumi.Output[str]
    """ARN of the revision."""
    execution_role: pulumi.Output[str]
    task_role: pulumi.Output[str]

    def __init__(self, name: str, args: TaskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        env, app = args.env, args.app
        cloudwatch.LogGroup(
            f"{name}-logs",
            name=env.names.log_group(app.name),
            retention_in_days=env.log_retention_days,
            opts=self.child(),
        )
        secrets = [refer(secret, self.lookup()) for secret in env.secrets]
        # A release that is gone back to may need a secret that the settings name no more.
        earlier = named(args.ran.secrets) if args.ran else []
        starts = self._execution_role(args, [*(secret.arn for secret in secrets), *earlier])
        runs = self._task_role(args)

        def containers(known: dict[str, Any]) -> str:
            image, references = known["image"], known["secrets"]
            definition = container(app=app, names=env.names, region=env.region, image=image, secrets=references)
            return json.dumps([definition], sort_keys=True)

        references = {secret.variable: secret.value_from for secret in secrets}
        described = pulumi.Output.all(image=args.image.ref, secrets=references).apply(containers)
        definition = ecs.TaskDefinition(
            f"{name}-definition",
            family=env.names.of(Kind.TASK_FAMILY, app.name),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(app.cpu),
            memory=str(app.memory),
            runtime_platform=ecs.TaskDefinitionRuntimePlatformArgs(
                operating_system_family="LINUX", cpu_architecture=env.architecture.upper()
            ),
            execution_role_arn=starts.arn,
            task_role_arn=runs.arn,
            container_definitions=described,
            skip_destroy=True,
            opts=self.child(),
        )
        self.definition = definition.arn
        #: A fingerprint of what it says, known before the revision has a number.
        self.declared = described.apply(lambda text: _fingerprint(text, app.cpu, app.memory, env.architecture))
        #: What ECS looks up for each variable: the secret, and the version where it is pinned.
        self.secrets: pulumi.Output[Any] = pulumi.Output.from_input(references)
        self.execution_role = starts.arn
        self.task_role = runs.arn
        self.finish()

    def _execution_role(self, args: TaskArgs, secrets: Sequence[pulumi.Input[str]]) -> Role:
        """Make the role that ECS starts tasks with."""
        env, app = args.env, args.app
        logs = f"arn:{partition(env.region)}:logs:{env.region}:{env.account}:log-group:{env.names.log_group(app.name)}"
        return Role(
            f"{self.name}-execution",
            RoleArgs(
                stack=env,
                what=f"{app.name}-execution",
                description=f"Starts tasks of {app.name}: image, logs, secrets",
                service=_ECS_TASKS,
                policy=pulumi.Output.all(args.image.repository_arn, *secrets).apply(
                    lambda arns: execution(repository=arns[0], log_group=logs, secrets=arns[1:])
                ),
            ),
            self.child(),
        )

    def _task_role(self, args: TaskArgs) -> Role:
        """Make the role that the application itself has: nothing but what `policies` gives it."""
        return Role(
            f"{self.name}-own",
            RoleArgs(
                stack=args.env,
                what=f"{args.app.name}-task",
                description=f"What {args.app.name} itself may do",
                service=_ECS_TASKS,
                attached=args.app.policies,
            ),
            self.child(),
        )


def _fingerprint(*what: object) -> str:
    """Return a short name for what a task definition says."""
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:12]
