"""AWS clients for a provider's configuration, each made when it is first used: the SDK is slow to load."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from delivery.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

    from delivery.aws import SecretsManager

#: A client's name here, and at AWS.
_SERVICES = {
    "autoscaling": "application-autoscaling",
    "functions": "lambda",
    **{
        name: name
        for name in ("cloudwatch", "codedeploy", "ec2", "ecr", "ecs", "elbv2", "logs", "s3", "secretsmanager", "sts")
    },
}
_CONNECT_SECONDS = 10
#: A function that asks many checks may take its time.
_READ_SECONDS = 120
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a provider acts: its configuration."""

    region: str = ""
    account: str = ""
    endpoint: str | None = None
    profile: str | None = None


class AwsClients:
    """The clients of one place; `clock` hears the time of every answer, also of refusals."""

    autoscaling: ApplicationAutoScalingClient
    cloudwatch: CloudWatchClient
    codedeploy: CodeDeployClient
    ec2: EC2Client
    ecr: ECRClient
    ecs: ECSClient
    elbv2: ElasticLoadBalancingv2Client
    functions: LambdaClient
    logs: CloudWatchLogsClient
    s3: S3Client
    secretsmanager: SecretsManager
    sts: STSClient

    def __init__(self, place: Place, clock: Clock) -> None:
        self._place = place
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        if name not in _SERVICES:
            raise AttributeError(name)
        client = self._client(_SERVICES[name])
        setattr(self, name, client)
        return client

    def _client(self, name: str) -> Any:
        from botocore.config import Config

        settings = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            user_agent_extra="slipway",
            # An endpoint of one's own has no names of buckets in front of it.
            s3={"addressing_style": "path"} if self._place.endpoint else None,
        )
        return self._session.client(name, endpoint_url=self._place.endpoint, config=settings)

    @cached_property
    def _session(self) -> Any:
        import boto3

        session = boto3.Session(profile_name=self._place.profile, region_name=self._place.region or None)
        session.events.register("after-call", self._hear)
        return session

    def _hear(self, parsed: dict[str, Any], **_: Any) -> None:
        self._clock.hear(parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {}))
