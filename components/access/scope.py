"""What is an environment's own: the ARNs of its things, found by their names, and those of what guards it.

A policy has to be there before what it speaks of, so it speaks of names. Where names of two environments could be
taken for each other (`prod` and `prod-eu`), the shorter one's reach the longer one's; give such places accounts of
their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from delivery.records import bucket_name
from naming import Kind, partition
from settings import GUARD_PATH, Place, Registry


def actions(service: str, names: str) -> list[str]:
    """Return the actions of a service, `names` being words: `CreateRole PutRolePolicy`."""
    return [f"{service}:{name}" for name in names.split()]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """An environment, and what shares its account with it."""

    place: Place
    others: tuple[str, ...]
    """The other environments of the project in this account."""
    registry: Registry
    state: str | None
    state_key: str | None

    @cached_property
    def prefix(self) -> str:
        """Return the partition's part of every ARN."""
        return f"arn:{partition(self.place.region)}"

    def arn(self, service: str, *resources: str) -> list[str]:
        """Return ARNs of a service in the environment's region and account."""
        place = self.place
        return [f"{self.prefix}:{service}:{place.region}:{place.account}:{resource}" for resource in resources]

    def iam(self, resource: str) -> str:
        """Return an ARN of IAM, which knows no regions."""
        return f"{self.prefix}:iam::{self.place.account}:{resource}"

    def named(self, kind: Kind) -> str:
        """Return the pattern that the names of a kind have."""
        return self.place.names.pattern(kind)

    @property
    def ecs(self) -> list[str]:
        """Return cluster, services, task sets and tasks."""
        cluster, service = self.named(Kind.CLUSTER), self.named(Kind.SERVICE)
        inner = (f"service/{cluster}/{service}", f"task-set/{cluster}/{service}/*", f"task/{cluster}/*")
        return [self.cluster, *self.arn("ecs", *inner), *self.definitions]

    @property
    def cluster(self) -> str:
        """Return the cluster."""
        return self.arn("ecs", f"cluster/{self.named(Kind.CLUSTER)}")[0]

    @property
    def definitions(self) -> list[str]:
        """Return the task definitions."""
        return self.arn("ecs", f"task-definition/{self.named(Kind.TASK_FAMILY)}:*")

    @property
    def codedeploy(self) -> list[str]:
        """Return applications, deployment groups, configurations; AWS's own configurations too, which all may use."""
        application, group = self.named(Kind.APPLICATION), self.named(Kind.DEPLOYMENT_GROUP)
        config = self.named(Kind.DEPLOYMENT_CONFIG)
        return self.arn(
            "codedeploy",
            f"application:{application}",
            f"deploymentgroup:{application}/{group}",
            f"deploymentconfig:{config}",
            "deploymentconfig:CodeDeployDefault.*",
        )

    @property
    def balancing(self) -> list[str]:
        """Return load balancer, listeners, rules and target groups."""
        door, group = self.named(Kind.LOAD_BALANCER), self.named(Kind.TARGET_GROUP)
        doors = (f"{what}/app/{door}" for what in ("loadbalancer", "listener", "listener-rule"))
        return self.arn("elasticloadbalancing", *doors, f"targetgroup/{group}")

    @property
    def functions(self) -> list[str]:
        """Return the Lambda functions."""
        return self.arn("lambda", f"function:{self.named(Kind.FUNCTION)}")

    @property
    def logs(self) -> list[str]:
        """Return the log groups: of services, and of functions."""
        names = self.place.names
        groups = (f"log-group:{names.log_group('*')}", f"log-group:/aws/lambda/{self.named(Kind.FUNCTION)}")
        return self.arn("logs", *groups)

    @property
    def alarms(self) -> list[str]:
        """Return the alarms."""
        return self.arn("cloudwatch", f"alarm:{self.named(Kind.ALARM)}")

    @property
    def rules(self) -> list[str]:
        """Return the rules of EventBridge."""
        return self.arn("events", f"rule/{self.named(Kind.EVENT_RULE)}")

    @property
    def targets(self) -> list[str]:
        """Return scalable targets, whose ARNs hold no name."""
        return self.arn("application-autoscaling", "scalable-target/*")

    @property
    def roles(self) -> list[str]:
        """Return the roles that deployments make; those of CI lie under another path."""
        return [self.iam(f"role/{self.named(Kind.ROLE)}")]

    @property
    def chat(self) -> list[str]:
        """Return the secret with a chat's address, where one is told; AWS adds six characters to its name."""
        secret = self.place.tell.webhook
        if not secret:
            return []
        if secret.startswith("arn:"):
            return [secret, f"{secret}-??????"]
        return self.arn("secretsmanager", f"secret:{secret}-??????")

    @property
    def boundary(self) -> str:
        """Return the boundary of the roles that deployments make."""
        names = self.place.names
        return self.iam(f"policy{GUARD_PATH}{names.project}-{names.stack}-boundary")

    @property
    def guards(self) -> list[str]:
        """Return what nobody in CI may touch: CI's own roles, boundaries, the OIDC provider."""
        return [self.iam(f"role{GUARD_PATH}*"), self.iam(f"policy{GUARD_PATH}*"), self.iam("oidc-provider/*")]

    @property
    def builds(self) -> bool:
        """Return whether images are made here; where they are taken, nobody has to write to a registry."""
        return self.place.origin is None

    @property
    def repositories(self) -> list[str]:
        """Return the repositories of images, in any region: the shared stack may be in another."""
        accounts = sorted({self.registry.account, self.place.account, self.place.origin_account})
        return [f"{self.prefix}:ecr:*:{account}:repository/{self.registry.prefix}/*" for account in accounts]

    @property
    def records(self) -> str:
        """Return the bucket of the environment's releases."""
        return self._bucket(self.place.name, self.place.account)

    @property
    def readable_records(self) -> list[str]:
        """Return the buckets of releases that it reads: its own, and of where releases come from or serve first."""
        place = self.place
        read = {place.origin: place.origin_account, place.after: place.after_account}
        return [self.records, *(self._bucket(name, account) for name, account in read.items() if name)]

    def _bucket(self, stack: str, account: str) -> str:
        return f"{self.prefix}:s3:::{bucket_name(self.place.names.project, stack, account)}"

    @property
    def asked(self) -> tuple[str, ...]:
        """Return the others that are asked how they are: a release comes from there, or must serve there first."""
        return tuple(other for other in self.others if other in (self.place.origin, self.place.after))

    @property
    def foreign(self) -> list[str]:
        """Return whatever bears the name of another environment."""
        return self.bearing(self.others)

    def bearing(self, others: tuple[str, ...]) -> list[str]:
        """Return whatever bears the name of one of these environments: things, secrets, log groups, records."""
        project, own = self.place.names.project, self.place.name
        found = [f"{self.prefix}:*:*:*:*{project}/{other}/*" for other in others]
        return found + [
            f"{self.prefix}:*:*:*:*{project}-{other}-*" for other in others if not own.startswith(f"{other}-")
        ]

    @property
    def tagged(self) -> dict[str, dict[str, str | list[str]]]:
        """Return the condition that holds of what bears another environment's tags: for what has no name of ours."""
        tags: dict[str, str | list[str]] = {
            "aws:ResourceTag/project": self.place.names.project,
            "aws:ResourceTag/stack": list(self.others),
        }
        return {"StringEquals": tags}

    @property
    def state_objects(self) -> list[str]:
        """Return what Pulumi keeps of this stack, and of no other.

        https://www.pulumi.com/docs/iac/concepts/state-and-backends/
        """
        stack = f"{self.place.names.project}/{self.place.name}"
        kept = (f"stacks/{stack}.*", f"history/{stack}/*", f"backups/{stack}/*", f"locks/organization/{stack}/*")
        return [f"{self.prefix}:s3:::{self.state}/.pulumi/{one}" for one in kept]
