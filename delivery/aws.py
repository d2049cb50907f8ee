"""The AWS clients a delivery needs, and what their errors say; the SDK itself is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from delivery.errors import DeliveryError
from delivery.redact import shown

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

_LONGEST_MESSAGE = 1000


class SecretsManager(Protocol):
    """The part of the client that is used: nothing that could hand out a value."""

    def list_secret_version_ids(self, **request: Any) -> Mapping[str, Any]: ...


class Clients(Protocol):
    """One client per AWS service, all of one account and region; each may be made when it is first asked for."""

    @property
    def autoscaling(self) -> ApplicationAutoScalingClient: ...

    @property
    def cloudwatch(self) -> CloudWatchClient: ...

    @property
    def codedeploy(self) -> CodeDeployClient: ...

    @property
    def ec2(self) -> EC2Client: ...

    @property
    def ecr(self) -> ECRClient: ...

    @property
    def ecs(self) -> ECSClient: ...

    @property
    def elbv2(self) -> ElasticLoadBalancingv2Client: ...

    @property
    def functions(self) -> LambdaClient: ...

    @property
    def logs(self) -> CloudWatchLogsClient: ...

    @property
    def s3(self) -> S3Client: ...

    @property
    def secretsmanager(self) -> SecretsManager: ...

    @property
    def sts(self) -> STSClient: ...


def error_code(error: BaseException) -> str:
    """AWS's name of an error, such as `NoSuchKey`; empty for an exception that AWS did not send."""
    return str(_error(error).get("Code", ""))


def explained(error: Exception) -> DeliveryError:
    """Turn a failed AWS call into a message: which operation, AWS's own words, and what usually causes it."""
    if isinstance(error, DeliveryError):
        return error
    code, name = error_code(error), str(getattr(error, "operation_name", ""))
    said = shown(str(_error(error).get("Message") or error), _LONGEST_MESSAGE)
    what = f"{name or type(error).__name__}: {f'{code}: ' if code else ''}{said}"
    return DeliveryError(what, _usual_cause(code, name, type(error).__name__))


def _usual_cause(code: str, name: str, kind: str) -> str:
    if "AccessDenied" in code or code in ("UnauthorizedOperation", "AccessDeniedException", "403"):
        return f"the identity that runs this needs the permission for {name or 'this call'}; the role is in components/"
    if code in ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"):
        return (
            "the AWS credentials are not valid (any more): renew them and run the update again; it takes up from here"
        )
    if kind in ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"):
        return "no AWS credentials were found: set AWS_PROFILE or AWS_ACCESS_KEY_ID, or log in (`aws sso login`)"
    if kind in ("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError"):
        return "AWS could not be reached: check the network and the endpoint, then run the update again"
    if "Throttl" in code or code in ("RequestLimitExceeded", "TooManyRequestsException"):
        return "AWS is limiting requests: wait a minute and run the update again; it takes up from here"
    return "run the update again; it takes up from here"


def _error(error: BaseException) -> dict[str, Any]:
    response = getattr(error, "response", None)
    found = response.get("Error") if isinstance(response, dict) else None
    return found if isinstance(found, dict) else {}
