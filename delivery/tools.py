"""All that a release works with, made once from the AWS clients."""

from __future__ import annotations

from dataclasses import dataclass

from delivery.aws import Clients
from delivery.causes import Causes
from delivery.clock import Clock
from delivery.definitions import Definitions
from delivery.deployments import Deployments
from delivery.listeners import Listeners
from delivery.scaling import Scaling
from delivery.serving import World
from delivery.stop import Stop
from delivery.telling import Teller
from delivery.web import PublicWeb, Web


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The AWS clients, what reads and acts through them, the clock, the web, who listens, and who may say stop."""

    aws: Clients
    clock: Clock
    teller: Teller
    stop: Stop
    listeners: Listeners
    world: World
    deployments: Deployments
    causes: Causes
    scaling: Scaling
    web: Web

    @classmethod
    def make(cls, aws: Clients, clock: Clock, teller: Teller, stop: Stop, web: Web | None = None) -> Tools:
        """Put them together. web: how the service's URL is asked; as any client would, where nothing is said."""
        definitions = Definitions(aws.ecs)
        listeners = Listeners(aws.elbv2, aws.ec2)
        return cls(
            aws=aws,
            clock=clock,
            teller=teller,
            stop=stop,
            listeners=listeners,
            world=World(aws.ecs, listeners, definitions),
            deployments=Deployments(aws.codedeploy),
            causes=Causes(aws.ecs, aws.elbv2, aws.logs, definitions),
            scaling=Scaling(aws.autoscaling),
            web=web or PublicWeb(),
        )
