"""The release of an environment: the one resource that moves what the others declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

import plugin
from components.checker import Checker
from components.component import Component
from components.records import Records
from components.service import Service
from components.warden import Warden
from settings import Cargo, Environment, Ran


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseArgs:
    """What is released, and what it is delivered with."""

    env: Environment
    cargo: Cargo
    records: Records
    services: Sequence[Service]
    checker: Checker | None
    """None where no service has a port: nobody to ask."""
    warden: Warden | None
    """None where no service has a port: CodeDeploy moves none."""


class Release(Component):
    """Everything that moves, moves in here: see `delivery/`."""

    TYPE = "slipway:aws:Release"

    version: pulumi.Output[str]
    release_id: pulumi.Output[str]
    serving: pulumi.Output[Mapping[str, str]]
    """The task definition that each service runs."""

    def __init__(self, name: str, args: ReleaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        env, ran = args.env, args.cargo.ran
        again = _as_it_ran(ran, args.services)
        release = plugin.Release(
            f"{name}-release",
            plugin.ReleaseArgs(
                environment=env.names.stack,
                records_bucket=args.records.bucket,
                checker_function=args.checker.function if args.checker else None,
                version=args.cargo.version,
                commit=args.cargo.commit,
                source=args.cargo.source,
                strategy=env.strategy,
                services=[
                    replace(service.release, task_definition=_definition(again, ran, service))
                    for service in args.services
                ],
                settings=again.apply(lambda so: dict(ran.settings if so and ran else env.plain)),
                settings_hash=again.apply(lambda so: ran.settings_hash if so and ran else env.settings_hash),
                secrets=pulumi.Output.all(again, args.services[0].secrets).apply(
                    lambda known: dict(ran.secrets) if known[0] and ran else known[1]
                ),
                asked=env.release,
                checks_budget_seconds=env.checks_budget_seconds,
                waive=env.waive,
                together=env.together,
                gates=env.gates,
            ),
            # Everything must be there before anything moves, and goes after it: so protecting this protects it all.
            opts=self.child(
                depends_on=[args.records, *args.services, *(one for one in (args.checker, args.warden) if one)],
                protect=env.protect,
            ),
        )
        self.version = release.version
        self.release_id = release.release_id
        self.serving = release.serving
        self.finish()


def _as_it_ran(ran: Ran | None, services: Sequence[Service]) -> pulumi.Output[bool]:
    """Return whether a release is gone back to as it ran, rather than its images brought under what is declared now."""
    if ran is None or ran.declared is None:
        return pulumi.Output.from_input(ran is not None)
    then = dict(ran.declared)
    now = pulumi.Output.all(**{service.release.name: service.release.declared for service in services})
    return now.apply(lambda known: known == then)


def _definition(again: pulumi.Output[bool], ran: Ran | None, service: Service) -> pulumi.Output[str]:
    """Return the task definition that the service is to run."""
    if ran is None:
        return service.task_definition
    then, now = pulumi.Output.from_input(ran.definitions[service.release.name]), service.task_definition
    return again.apply(lambda so: then if so else now)
