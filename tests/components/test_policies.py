"""Documents that say who may do what."""

from __future__ import annotations

from components import policies


def test_tasks_take_their_roles_in_this_account_only() -> None:
    assert policies.trust("ecs-tasks.amazonaws.com", "111122223333") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
            }
        ],
    }


def test_other_services_take_theirs() -> None:
    (statement,) = policies.trust("codedeploy.amazonaws.com", "111122223333")["Statement"]
    assert "Condition" not in statement
    assert statement["Principal"] == {"Service": "codedeploy.amazonaws.com"}


def test_nothing_is_allowed_on_everything_but_what_aws_cannot_name() -> None:
    documents = [
        policies.execution(repository="r", log_group="l", secrets=["s"]),
        policies.code_deploy(services=["s"], listeners=["l"], roles=["r"]),
        policies.checker(log_group="l", function="f"),
        policies.warden(log_group="l", groups=["g"], services=["s"], targets=["t"], bucket="b"),
    ]
    wide = {
        action
        for document in documents
        for statement in document["Statement"]
        if statement["Effect"] == "Allow" and "*" in statement["Resource"]
        for action in statement["Action"]
    }
    assert wide == {
        "ecr:GetAuthorizationToken",
        "application-autoscaling:DescribeScalableTargets",
        "cloudwatch:DescribeAlarms",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTargetGroups",
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    }
    assert not any(action.endswith("*") for action in wide)
