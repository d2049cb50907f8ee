"""IAM documents, as plain data: who may take a role, and what it may do. Least privilege: things are named.

`"*"` stands only where AWS knows no narrower resource for the action
(https://docs.aws.amazon.com/service-authorization/latest/reference/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from delivery.records import JOURNAL, POINTER, RELEASES

Document = dict[str, Any]


def trust(service: str, account: str) -> Document:
    """Let an AWS service take a role, on behalf of this account alone where the service says whom it acts for."""
    statement: Document = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if service == "ecs-tasks.amazonaws.com":
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return document([statement])


def execution(*, repository: str, log_group: str, secrets: Sequence[str]) -> Document:
    """Let ECS start tasks: pull the image, write logs, hand over secrets. All are ARNs."""
    statements = [
        allow(["ecr:GetAuthorizationToken"], ["*"]),
        allow(["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], [repository]),
        write_logs(log_group),
    ]
    if secrets:
        statements.append(allow(["secretsmanager:GetSecretValue"], sorted(set(secrets))))
    return document(statements)


def code_deploy(*, services: Sequence[str], listeners: Sequence[str], roles: Sequence[str]) -> Document:
    """Let CodeDeploy move the traffic of these services: task sets, listeners, and the roles that new tasks get.

    `services` are the services' ARNs and those of their task sets.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/codedeploy_IAM_role.html
    """
    # AWS describes load balancers and alarms to those who may describe all of them.
    describe = ["DescribeListeners", "DescribeRules", "DescribeTargetGroups"]
    everything = ["cloudwatch:DescribeAlarms", *(f"elasticloadbalancing:{action}" for action in describe)]
    task_sets = ["ecs:CreateTaskSet", "ecs:DeleteTaskSet", "ecs:DescribeServices", "ecs:UpdateServicePrimaryTaskSet"]
    return document(
        [
            allow(task_sets, services),
            allow(["elasticloadbalancing:ModifyListener"], listeners),
            allow(everything, ["*"]),
            allow(["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}),
        ]
    )


def checker(*, log_group: str, function: str) -> Document:
    """Let the check function write logs, and Lambda put it into the VPC; its own code may not use the latter.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    interfaces = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ]
    not_the_code: Document = {
        "Effect": "Deny",
        "Action": interfaces,
        "Resource": ["*"],
        "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": [function]}},
    }
    return document([write_logs(log_group), allow(interfaces, ["*"]), not_the_code])


def warden(
    *, log_group: str, groups: Sequence[str], services: Sequence[str], targets: Sequence[str], bucket: str
) -> Document:
    """Let the warden read deployments and what serves, write to the bucket of records, and free autoscaling.

    All are ARNs: of deployment groups, ECS services, their scalable targets, the bucket. Application Auto Scaling lets
    nobody change a target who could not change the service's number of tasks, so that has to be allowed too.
    https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
    """
    statements = [
        write_logs(log_group),
        allow(["codedeploy:GetDeployment"], groups),
        allow(["ecs:DescribeServices"], services),
        # Without the right to list, S3 says `AccessDenied` about what is not there.
        allow(["s3:ListBucket"], [bucket]),
        allow(["s3:GetObject", "s3:PutObject"], [f"{bucket}/{name}" for name in (f"{RELEASES}*", POINTER, JOURNAL)]),
        allow(["s3:DeleteObject"], [f"{bucket}/{JOURNAL}"]),
    ]
    if targets:
        statements += [
            # AWS describes scalable targets to those who may describe all of them.
            allow(["application-autoscaling:DescribeScalableTargets"], ["*"]),
            allow(["application-autoscaling:RegisterScalableTarget"], targets),
            allow(["ecs:UpdateService"], services),
        ]
    return document(statements)


def releases(bucket: str, readers: Sequence[str]) -> Document:
    """Refuse requests to a bucket (an ARN) that are not encrypted on the way; let other accounts (ARNs) read it.

    Who of an account may, its own policies say.
    """
    plain: Document = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket, f"{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    if not readers:
        return document([plain])
    who = {"Principal": {"AWS": list(readers)}}
    reads = [
        allow(["s3:ListBucket"], [bucket]) | who,
        allow(["s3:GetObject", "s3:GetObjectVersion"], [f"{bucket}/*"]) | who,
    ]
    return document([plain, *reads])


def pull(pullers: Sequence[str]) -> Document:
    """Let other accounts (ARNs) look at the images of a repository and run them, and no more.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
    """
    reads = "BatchCheckLayerAvailability BatchGetImage DescribeImages DescribeRepositories GetDownloadUrlForLayer"
    taken = [f"ecr:{action}" for action in f"{reads} ListImages ListTagsForResource".split()]
    return document([{"Sid": "Pull", "Effect": "Allow", "Principal": {"AWS": list(pullers)}, "Action": taken}])


def account_arns(accounts: Sequence[str], partition: str) -> list[str]:
    """Return accounts as policies name them: whoever their own policies let."""
    return [f"arn:{partition}:iam::{account}:root" for account in accounts]


def expire_untagged(days: int) -> Document:
    """Let ECR delete images without a tag after some days: what no release ever named."""
    return _lifecycle("images that no release named", {"tagStatus": "untagged"}, days)


def expire_all(days: int) -> Document:
    """Let ECR delete every image after some days: a cache can be filled again."""
    return _lifecycle("cached layers", {"tagStatus": "any"}, days)


def write_logs(log_group: str) -> Document:
    """Return the statement that lets someone write to a log group (an ARN without the trailing `:*`)."""
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group}:*"])


def allow(
    actions: Sequence[str], resources: Sequence[str], condition: Mapping[str, Mapping[str, str]] | None = None
) -> Document:
    """Return a statement that allows `actions` on `resources`."""
    statement: Document = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return statement | ({"Condition": condition} if condition else {})


def document(statements: Sequence[Document]) -> Document:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _lifecycle(what: str, selection: Mapping[str, Any], days: int) -> Document:
    """Return a lifecycle policy of one rule: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html."""
    limit = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    rule = {
        "rulePriority": 1,
        "description": f"{what}, after {days} days",
        "selection": {**selection, **limit},
        "action": {"type": "expire"},
    }
    return {"rules": [rule]}
