"""The way to AWS and GitHub: one provider of each kind, and clients for what is read before. Endpoints enter here only.

Default providers are switched off in `Pulumi.yaml`, so whatever forgets these fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pulumi
import pulumi_aws as aws
import pulumi_docker_build as docker

from plugin import Provider, ProviderArgs
from settings import GitHub, Shared, Stack

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_s3 import S3Client

#: The services of AWS that the program declares things in, as the provider calls them.
_SERVICES = (
    "appautoscaling",
    "cloudwatch",
    "codedeploy",
    "ec2",
    "ecr",
    "ecs",
    "elbv2",
    "events",
    "iam",
    "lambda_",
    "logs",
    "s3",
    "secretsmanager",
    "sts",
)


@dataclass(frozen=True, slots=True)
class Clients:
    """Clients of AWS for what has to be read before anything is declared."""

    endpoint: str | None

    def s3(self, region: str) -> S3Client:
        """Return a client of S3 in a region, with the credentials that every AWS tool finds."""
        return boto3.session.Session().client("s3", region_name=region, endpoint_url=self.endpoint)

    def ecr(self, region: str) -> ECRClient:
        """Return a client of ECR in a region."""
        return boto3.session.Session().client("ecr", region_name=region, endpoint_url=self.endpoint)

    def ecs(self, region: str) -> ECSClient:
        """Return a client of ECS in a region."""
        return boto3.session.Session().client("ecs", region_name=region, endpoint_url=self.endpoint)


def connect(stack: Stack) -> tuple[pulumi.ResourceOptions, Clients]:
    """Return the options that put a component on the program's providers, and the clients."""
    providers: list[pulumi.ProviderResource] = [
        aws.Provider("aws", aws_args(stack)),
        docker.Provider("docker-build"),
        Provider("slipway", ProviderArgs(region=stack.region, account=stack.account, endpoint=stack.endpoint)),
    ]
    if isinstance(stack, Shared) and stack.github:
        providers.append(_github(stack.github))
    return pulumi.ResourceOptions(providers=providers), Clients(stack.endpoint)


def _github(wanted: GitHub) -> pulumi.ProviderResource:
    """Return how GitHub is reached. The token is the environment's own, as for all of GitHub's tools."""
    # Loading it takes a fifth of a second that no other stack has to spend.
    import pulumi_github as github

    args = github.ProviderArgs(owner=wanted.owner)
    if wanted.endpoint:
        args.base_url = wanted.endpoint
        # A second between two writes is what github.com asks for; a server of one's own has no such limit.
        args.write_delay_ms = 1
    return github.Provider("github", args)


def aws_args(stack: Stack) -> aws.ProviderArgs:
    """Return how AWS is reached: in the stack's region, in its account and no other, with its tags on everything."""
    args = aws.ProviderArgs(
        region=stack.region,
        allowed_account_ids=[stack.account],
        default_tags=aws.ProviderDefaultTagsArgs(tags=dict(stack.tags)),
    )
    if stack.endpoint:
        args.endpoints = [aws.ProviderEndpointArgs(**dict.fromkeys(_SERVICES, stack.endpoint))]
        # One address for everything has no names for buckets.
        args.s3_use_path_style = True
    return args
