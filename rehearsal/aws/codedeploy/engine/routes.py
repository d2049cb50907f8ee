"""Where a deployment's traffic goes: the two target groups and the listeners before them."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.aws.codedeploy.engine.cloud import Cloud, Document
from rehearsal.aws.codedeploy.engine.errors import DeploymentError, on_aws


@dataclass(frozen=True)
class Routes:
    """Target groups and listeners, by ARN. `test` is None where the group has no test listener."""

    blue: str
    green: str
    production: str
    test: str | None

    @property
    def listeners(self) -> tuple[str, ...]:
        """Production first."""
        return (self.production,) if self.test is None else (self.production, self.test)


def find(cloud: Cloud, group: Document, primary: Document) -> Routes:
    """The routes of a deployment group whose service has this primary task set: blue is where that stands now."""
    (pair,) = group["loadBalancerInfo"]["targetGroupPairInfoList"]
    blue = primary["loadBalancers"][0]["targetGroupArn"]
    arns = [on_aws(cloud.target_group, each["name"]) for each in pair["targetGroups"]]
    others = [arn for arn in arns if arn and arn != blue]
    if blue not in arns or not others:
        raise DeploymentError(
            "ECS_UPDATE_ERROR", "The primary task set's target group is not one of the deployment group's pair."
        )
    test = (pair.get("testTrafficRoute") or {}).get("listenerArns") or [None]
    return Routes(blue, others[0], pair["prodTrafficRoute"]["listenerArns"][0], test[0])


def check(cloud: Cloud, routes: Routes) -> None:
    """Refuse to start where a listener does not forward to the primary task set, as CodeDeploy does."""
    for listener in routes.listeners:
        if not on_aws(cloud.forwards, listener).get(routes.blue):
            raise DeploymentError(
                "ECS_UPDATE_ERROR",
                "The ELB could not be updated due to the following error: "
                f"Primary taskset target group must be behind listener {listener}.",
            )
