"""The warden: a function that hears of CodeDeploy's deployments and writes down what happens when no update runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_aws import cloudwatch, lambda_

from components.component import Component
from components.policies import warden
from components.records import Records
from components.role import Role, RoleArgs
from components.service import Service
from naming import Kind, partition
from settings import Environment

#: The function's code, relative to the project: all of `delivery`, whose records and journal it shares, and its own.
CODE = (Path("delivery"), Path("delivery", "warden"))
#: It waits for an update that may still be watching: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
_TIMEOUT_SECONDS = 900
_MEMORY_MB = 256
#: The states of a deployment that has ended; https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html
_ENDED = ["SUCCESS", "FAILURE", "STOP"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WardenArgs:
    """Whose deployments it hears of, and where it writes."""

    env: Environment
    records: Records
    services: Sequence[Service]


class Warden(Component):
    """A Lambda function behind an EventBridge rule.

    It has no switch of its own. Who wants to see the environment without it, as the rehearsal's faults do, disables
    its rule: `aws events disable-rule --name <project>-<stack>-warden`. Only an update with `--refresh` sees that, and
    enables it again.
    """

    TYPE = "slipway:aws:Warden"

    function: pulumi.Output[str]
    """The function's name."""
    rule: pulumi.Output[str]
    """The name of the rule that calls it."""

    def __init__(self, name: str, args: WardenArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        env = args.env
        shifted = [service for service in args.services if service.release.application is not None]
        called = env.names.of(Kind.FUNCTION, "warden")
        logs = cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{called}",
            retention_in_days=env.log_retention_days,
            opts=self.child(),
        )
        role = self._role(args, shifted, called)
        function = lambda_.Function(
            f"{name}-function",
            name=called,
            description="Writes down what CodeDeploy does when no update runs",
            runtime="python3.12",
            handler="delivery.warden.handler.handle",
            code=code(),
            role=role.arn,
            timeout=_TIMEOUT_SECONDS,
            memory_size=_MEMORY_MB,
            environment=lambda_.FunctionEnvironmentArgs(
                variables={"RECORDS_BUCKET": args.records.bucket, "SERVICES": _watched(shifted)}
            ),
            opts=self.child(depends_on=[logs, *role.policies]),
        )
        rule = self._rule(env, shifted)
        allowed = lambda_.Permission(
            f"{name}-permission",
            action="lambda:InvokeFunction",
            function=function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            opts=self.child(),
        )
        cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            target_id="warden",
            arn=function.arn,
            opts=self.child(depends_on=[allowed]),
        )
        self.function = function.name
        self.rule = rule.name
        self.finish()

    def _rule(self, env: Environment, services: Sequence[Service]) -> cloudwatch.EventRule:
        """Make the rule: deployments that have ended, of these services alone."""
        pattern = {
            "source": ["aws.codedeploy"],
            "detail-type": ["CodeDeploy Deployment State-change Notification"],
            "detail": {
                "application": [service.release.application for service in services],
                "state": _ENDED,
            },
        }
        return cloudwatch.EventRule(
            f"{self.name}-rule",
            name=env.names.of(Kind.EVENT_RULE, "warden"),
            description="Deployments that have ended",
            event_pattern=pulumi.Output.json_dumps(pattern),
            opts=self.child(),
        )

    def _role(self, args: WardenArgs, services: Sequence[Service], function: str) -> Role:
        """Make the role: it reads these services and their deployments, and writes to its bucket and its logs."""
        env = args.env
        known, place = partition(env.region), f"{env.region}:{env.account}"
        released = [service.release for service in services]
        groups = [
            pulumi.Output.concat(
                f"arn:{known}:codedeploy:{place}:deploymentgroup:",
                one.application or "",
                "/",
                one.deployment_group or "",
            )
            for one in released
        ]
        running = [
            pulumi.Output.concat(f"arn:{known}:ecs:{place}:service/", one.cluster, "/", one.service) for one in released
        ]
        targets = [service.scalable_target for service in services if service.scalable_target is not None]
        policy = pulumi.Output.all(groups=groups, services=running, targets=targets, bucket=args.records.bucket).apply(
            lambda found: warden(
                log_group=f"arn:{known}:logs:{place}:log-group:/aws/lambda/{function}",
                groups=found["groups"],
                services=found["services"],
                targets=found["targets"],
                bucket=f"arn:{known}:s3:::{found['bucket']}",
            )
        )
        return Role(
            f"{self.name}-role",
            RoleArgs(
                stack=env,
                what="warden",
                description="The warden: reads deployments, writes records, frees autoscaling",
                service="lambda.amazonaws.com",
                policy=policy,
            ),
            self.child(),
        )


def code() -> pulumi.AssetArchive:
    """Return the function's Python files in their folders; compiled leftovers would change it with every run."""
    files = sorted(path for folder in CODE for path in folder.glob("*.py"))
    return pulumi.AssetArchive({path.as_posix(): pulumi.FileAsset(str(path)) for path in files})


def _watched(services: Sequence[Service]) -> pulumi.Output[str]:
    """Return what the function has to know of each service: `delivery.warden.warden.Watched`, as JSON."""
    return pulumi.Output.json_dumps(
        [
            {
                "name": one.name,
                "application": one.application,
                "cluster": one.cluster,
                "service": one.service,
                "scalable": one.scalable,
            }
            for one in (service.release for service in services)
        ]
    )
