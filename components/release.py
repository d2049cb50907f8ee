"""The release of an environment: the one resource that moves what the others declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

import plugin
from components.checker import Checker
from components.component import Component
from components.records import Records
from components.service import Service
from components.warden import Warden
from settings import Cargo, Environment


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
        env = args.env
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
                services=[service.release for service in args.services],
                settings=dict(env.plain),
                settings_hash=env.settings_hash,
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
