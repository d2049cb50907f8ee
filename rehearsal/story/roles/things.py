"""What the calls are about, put there by an administrator: buckets, secrets, an image, networks, scalable targets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.stage.stage import Stage

CONFIG = "application/vnd.oci.image.config.v1+json"
#: An image of no layers.
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": CONFIG, "digest": "sha256:" + "0" * 64, "size": 2},
        "layers": [],
    }
)
DIMENSION = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}


@dataclass(frozen=True)
class Place:
    """An environment, and what bears its name."""

    project: str
    name: str
    account: str
    region: str

    @property
    def stem(self) -> str:
        """What its names begin with."""
        return f"{self.project}-{self.name}"

    @property
    def bucket(self) -> str:
        """The bucket of its releases."""
        return f"{self.stem}-releases-{self.account}"

    @property
    def secret(self) -> str:
        """A secret of it."""
        return f"{self.project}/{self.name}/db"

    def iam(self, resource: str) -> str:
        """Return an ARN of IAM in its account."""
        return f"arn:aws:iam::{self.account}:{resource}"

    @property
    def boundary(self) -> str:
        """The boundary of the roles that its deployments make."""
        return self.iam(f"policy/ci/{self.stem}-boundary")

    @property
    def made(self) -> str:
        """A role that its deployment makes."""
        return f"{self.stem}-made"

    @property
    def service(self) -> dict[str, str]:
        """Its service, as ECS is asked for it."""
        return {"cluster": f"{self.stem}-cluster", "service": f"{self.stem}-api"}

    @property
    def target(self) -> dict[str, str]:
        """The scalable target of its service."""
        return {**DIMENSION, "ResourceId": f"service/{self.stem}-cluster/{self.stem}-api"}

    @property
    def group(self) -> dict[str, str]:
        """Its deployment group."""
        return {"applicationName": f"{self.stem}-api", "deploymentGroupName": f"{self.stem}-api"}


@dataclass(frozen=True)
class Things:
    """What there is beside what has a name of its own."""

    repository: str
    digest: str
    state: str
    """The bucket of Pulumi's state."""
    networks: dict[str, str]
    """VPC by environment."""


def put_image(stage: Stage, repository: str) -> str:
    """Put an image into the registry; return its digest."""
    made = stage.client("ecr").put_image(repositoryName=repository, imageManifest=MANIFEST, imageTag="1.0.0")["image"]
    return str(made["imageId"]["imageDigest"])


def put(stage: Stage, places: Sequence[Place], repository: str, digest: str, state: str) -> Things:
    """Put everything there, in the account of each place; the state in that of the first."""
    _bucket(stage, places[0].account, state, ".pulumi/meta.yaml")
    networks = {}
    for place in places:
        _bucket(stage, place.account, place.bucket, "serving.json")
        stage.client("secretsmanager", place.account).create_secret(Name=place.secret, SecretString="not-yours")
        stage.client("ssm", place.account).put_parameter(
            Name=f"/{place.secret}", Value="not-yours", Type="SecureString"
        )
        tags = [{"Key": "project", "Value": place.project}, {"Key": "stack", "Value": place.name}]
        made = stage.client("ec2", place.account).create_vpc(
            CidrBlock="10.9.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}]
        )
        networks[place.name] = str(made["Vpc"]["VpcId"])
        stage.client("application-autoscaling", place.account).register_scalable_target(
            **place.target, MinCapacity=1, MaxCapacity=2, Tags={"project": place.project, "stack": place.name}
        )
    return Things(repository, digest, state, networks)


def remove_roles(stage: Stage, places: Sequence[Place]) -> None:
    """Remove the roles that deployments have made: while they stand, nobody removes their boundary."""
    for place in places:
        iam = stage.client("iam", place.account)
        for name in iam.list_role_policies(RoleName=place.made)["PolicyNames"]:
            iam.delete_role_policy(RoleName=place.made, PolicyName=name)
        iam.delete_role(RoleName=place.made)


def _bucket(stage: Stage, account: str, name: str, key: str) -> None:
    s3 = stage.client("s3", account)
    if name not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": stage.emulator.region})
    s3.put_object(Bucket=name, Key=key, Body=b"{}")
