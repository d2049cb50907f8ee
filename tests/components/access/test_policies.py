"""What each role of CI may do and what not: calls by name, judged as AWS judges them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.access.boundary import boundary
from components.access.deploying import deploy
from components.access.moving import moving, rollback
from components.access.reading import preview, reading
from components.access.scope import Scope
from components.policies import Document, document
from delivery.examining.rights import of_release
from delivery.health import troubles
from delivery.notices import Tell
from delivery.plan import ServicePlan
from delivery.records import Served
from naming import Kind, Names
from settings import Registry
from tests.components.access.evaluator import allowed
from tests.components.support import ACCOUNT, ARN, place
from tests.delivery.fakes import FakeAws, image, service_plan
from tests.examples import examples

KEY = f"arn:aws:kms:{ARN}:key/1234"
IAM = f"arn:aws:iam::{ACCOUNT}"
OWN = "shop-production"
BOUNDARY = f"{IAM}:policy/ci/{OWN}-boundary"
RECORDS = f"arn:aws:s3:::{OWN}-releases-{ACCOUNT}"
STATE = "arn:aws:s3:::state/.pulumi"
ROLE = f"{IAM}:role/{OWN}-api-task"


def scope(name: str = "production", others: tuple[str, ...] = ("staging",), **changes: Any) -> Scope:
    where = place(name, guarded=True, origin="staging", **changes)
    registry = Registry(account=ACCOUNT, prefix="shop", owned=True)
    return Scope(place=where, others=others, registry=registry, state="state", state_key=KEY)


def of(make: Callable[[Scope], Document], where: Scope) -> Document:
    """Return all that a role may do: what it shares with others, and what is its own."""
    shared = [reading] if make is preview else [reading, moving]
    return document([one for part in (*shared, make) for one in part(where)["Statement"]])


DOCUMENTS = {make.__name__: of(make, scope()) for make in (preview, deploy, rollback)} | {"boundary": boundary(scope())}
SECRET = f"arn:aws:secretsmanager:{ARN}:secret:shop/production/db"
GROUP = f"arn:aws:codedeploy:{ARN}:deploymentgroup:{OWN}-api/{OWN}-api"
BALANCING = f"arn:aws:elasticloadbalancing:{ARN}"
HERE = {"aws__RequestedRegion": "eu-central-1"}
IN_ITS_CLUSTER = {"ecs__cluster": f"arn:aws:ecs:{ARN}:cluster/{OWN}-cluster"}
IN_STAGINGS_CLUSTER = {"ecs__cluster": f"arn:aws:ecs:{ARN}:cluster/shop-staging-cluster"}
TARGET = f"arn:aws:application-autoscaling:{ARN}:scalable-target/0ab1"
STAGINGS = {"aws__ResourceTag_slash_project": "shop", "aws__ResourceTag_slash_stack": "staging"}
#: A call, then who may make it.
CALLS: list[tuple[str, str, dict[str, str], str]] = [
    # looking
    ("ecs:DescribeServices", f"arn:aws:ecs:{ARN}:service/{OWN}-cluster/{OWN}-api", {}, "preview deploy rollback"),
    ("ec2:DescribeVpcs", "*", {}, "preview deploy rollback"),
    ("codedeploy:GetDeployment", f"arn:aws:codedeploy:{ARN}:deploymentgroup:a/b", {}, "preview deploy rollback"),
    ("secretsmanager:DescribeSecret", SECRET, {}, "preview deploy rollback"),
    ("s3:GetObject", f"{RECORDS}/serving.json", {}, "preview deploy rollback"),
    ("s3:GetObject", f"arn:aws:s3:::shop-staging-releases-{ACCOUNT}/serving.json", {}, "preview deploy rollback"),
    ("s3:GetObject", f"{STATE}/stacks/shop/production.json", {}, "preview deploy rollback"),
    ("kms:Decrypt", KEY, {}, "preview deploy rollback"),
    ("lambda:GetFunction", f"arn:aws:lambda:{ARN}:function:{OWN}-checker", {}, "preview deploy rollback"),
    # values of secrets
    ("secretsmanager:GetSecretValue", SECRET, {}, ""),
    ("ssm:GetParameter", f"arn:aws:ssm:{ARN}:parameter/db", {}, ""),
    ("kms:Decrypt", f"arn:aws:kms:{ARN}:key/other", {}, ""),
    ("s3:GetObject", "arn:aws:s3:::customers/list.csv", {}, ""),
    ("s3:GetObject", f"{STATE}/stacks/shop/staging.json", {}, ""),
    ("logs:GetLogEvents", f"arn:aws:logs:{ARN}:log-group:/shop/production/api:*", {}, "deploy rollback"),
    # moving
    ("codedeploy:CreateDeployment", GROUP, {}, "deploy rollback"),
    ("codedeploy:StopDeployment", GROUP, {}, "deploy rollback"),
    ("ecs:UpdateService", f"arn:aws:ecs:{ARN}:service/{OWN}-cluster/{OWN}-worker", {}, "deploy rollback"),
    ("ecs:RunTask", f"arn:aws:ecs:{ARN}:task-definition/{OWN}-api:3", IN_ITS_CLUSTER, "deploy rollback"),
    ("ecs:RunTask", f"arn:aws:ecs:{ARN}:task-definition/{OWN}-api:3", IN_STAGINGS_CLUSTER, ""),
    ("ecs:RegisterTaskDefinition", "*", {}, "deploy rollback"),
    ("lambda:InvokeFunction", f"arn:aws:lambda:{ARN}:function:{OWN}-checker", {}, "deploy rollback"),
    ("s3:PutObject", f"{RECORDS}/releases/1.json", {}, "deploy rollback"),
    ("s3:PutObject", f"{RECORDS}/hold.json", {}, "deploy rollback"),
    ("s3:DeleteObject", f"{RECORDS}/hold.json", {}, "deploy rollback"),
    ("s3:PutObject", f"{RECORDS}/services.json", {}, "deploy rollback"),
    ("s3:PutObject", f"{STATE}/locks/organization/shop/production/1.json", {}, "deploy rollback"),
    ("iam:PassRole", ROLE, {"iam__PassedToService": "ecs-tasks.amazonaws.com"}, "deploy rollback"),
    ("iam:PassRole", ROLE, {"iam__PassedToService": "ec2.amazonaws.com"}, ""),
    ("s3:PutObject", f"{STATE}/stacks/shop/staging.json", {}, ""),
    ("ecs:UpdateService", f"arn:aws:ecs:{ARN}:service/shop-staging-cluster/shop-staging-api", {}, ""),
    ("s3:PutObject", f"arn:aws:s3:::shop-staging-releases-{ACCOUNT}/serving.json", {}, ""),
    ("s3:PutObject", f"arn:aws:s3:::shop-staging-releases-{ACCOUNT}/hold.json", {}, ""),
    # making
    ("ecs:CreateService", f"arn:aws:ecs:{ARN}:service/{OWN}-cluster/{OWN}-api", {}, "deploy"),
    ("elasticloadbalancing:CreateLoadBalancer", f"{BALANCING}:loadbalancer/app/{OWN}-door/1", {}, "deploy"),
    ("elasticloadbalancing:ModifyListener", f"{BALANCING}:listener/app/{OWN}-door/1/2", {}, "deploy"),
    # what it takes, another environment built and named
    ("ecr:BatchGetImage", f"arn:aws:ecr:{ARN}:repository/shop/api", {}, "preview deploy rollback"),
    ("ecr:InitiateLayerUpload", f"arn:aws:ecr:{ARN}:repository/shop/api", {}, ""),
    ("ecr:PutImage", f"arn:aws:ecr:{ARN}:repository/shop/api", {}, ""),
    ("ecr:BatchDeleteImage", f"arn:aws:ecr:{ARN}:repository/shop/api", {}, ""),
    ("ecr:InitiateLayerUpload", f"arn:aws:ecr:{ARN}:repository/others/api", {}, ""),
    ("s3:CreateBucket", RECORDS, {}, "deploy"),
    ("ec2:CreateVpc", "*", HERE, "deploy"),
    ("ec2:CreateVpc", "*", {"aws__RequestedRegion": "us-east-1"}, ""),
    ("ec2:DeleteVpc", f"arn:aws:ec2:{ARN}:vpc/vpc-1", HERE, "deploy"),
    ("ec2:DeleteVpc", f"arn:aws:ec2:{ARN}:vpc/vpc-1", HERE | STAGINGS, ""),
    ("ec2:RunInstances", "*", HERE, ""),
    ("application-autoscaling:DeregisterScalableTarget", TARGET, {}, "deploy"),
    ("application-autoscaling:DeregisterScalableTarget", TARGET, STAGINGS, ""),
    ("application-autoscaling:RegisterScalableTarget", TARGET, STAGINGS, ""),
    # roles, only within their boundary
    ("iam:CreateRole", ROLE, {"iam__PermissionsBoundary": BOUNDARY}, "deploy"),
    ("iam:CreateRole", ROLE, {}, ""),
    ("iam:CreateRole", ROLE, {"iam__PermissionsBoundary": f"{IAM}:policy/AdministratorAccess"}, ""),
    ("iam:CreateRole", f"{IAM}:role/admin", {"iam__PermissionsBoundary": BOUNDARY}, ""),
    ("iam:PutRolePolicy", ROLE, {"iam__PermissionsBoundary": BOUNDARY}, "deploy"),
    ("iam:PutRolePolicy", ROLE, {}, ""),
    ("iam:AttachRolePolicy", ROLE, {}, ""),
    ("iam:DeleteRolePermissionsBoundary", ROLE, {}, ""),
    ("iam:CreateServiceLinkedRole", "*", {"iam__AWSServiceName": "ecs.amazonaws.com"}, "deploy"),
    ("iam:CreateServiceLinkedRole", "*", {"iam__AWSServiceName": "organizations.amazonaws.com"}, ""),
    # what guards them
    ("iam:PutRolePolicy", f"{IAM}:role/ci/{OWN}-ci-deploy", {"iam__PermissionsBoundary": BOUNDARY}, ""),
    ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/ci/{OWN}-ci-deploy", {}, ""),
    ("iam:PassRole", f"{IAM}:role/ci/{OWN}-ci-deploy", {"iam__PassedToService": "lambda.amazonaws.com"}, ""),
    ("iam:CreatePolicyVersion", BOUNDARY, {}, ""),
    ("iam:SetDefaultPolicyVersion", BOUNDARY, {}, ""),
    ("iam:UpdateOpenIDConnectProviderThumbprint", f"{IAM}:oidc-provider/token.actions.githubusercontent.com", {}, ""),
    ("iam:CreateUser", f"{IAM}:user/me", {}, ""),
    ("sts:AssumeRole", f"{IAM}:role/ci/shop-staging-ci-deploy", {}, ""),
    ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/shop-staging-api-task", {}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("action", "resource", "context", "who"), CALLS)
def test_a_call_is_for_some_roles_only(action: str, resource: str, context: dict[str, str], who: str) -> None:
    may = [role for role in ("preview", "deploy", "rollback") if allowed(DOCUMENTS[role], action, resource, **context)]
    assert may == who.split()


@pytest.mark.parametrize(
    ("action", "resource", "may"),
    [
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{ARN}:secret:shop/production/db-AbC", True),
        ("s3:PutObject", "arn:aws:s3:::uploads/a.png", True),
        ("ecs:UpdateServicePrimaryTaskSet", f"arn:aws:ecs:{ARN}:service/{OWN}-cluster/{OWN}-api", True),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{ARN}:secret:shop/staging/db-AbC", False),
        ("s3:GetObject", f"{STATE}/stacks/shop/production.json", False),
        ("kms:Decrypt", KEY, False),
        ("iam:CreateUser", f"{IAM}:user/me", False),
        ("iam:DeleteRolePermissionsBoundary", ROLE, False),
        ("sts:AssumeRole", f"{IAM}:role/admin", False),
        ("organizations:LeaveOrganization", "*", False),
        ("ecr:BatchGetImage", f"arn:aws:ecr:{ARN}:repository/shop/api", True),
        ("ecr:GetAuthorizationToken", "*", True),
        ("ecr:BatchDeleteImage", f"arn:aws:ecr:{ARN}:repository/shop/api", False),
        ("ecr:PutImage", f"arn:aws:ecr:{ARN}:repository/shop/api", False),
        ("ecr:SetRepositoryPolicy", f"arn:aws:ecr:{ARN}:repository/shop/api", False),
    ],
)
def test_what_a_deployment_makes_stays_within_the_boundary(action: str, resource: str, may: bool) -> None:
    assert allowed(DOCUMENTS["boundary"], action, resource) is may


@pytest.mark.parametrize("action", ["ec2:DeleteVpc", "application-autoscaling:DeregisterScalableTarget"])
def test_what_a_deployment_makes_does_not_go_round_what_the_deployment_is_kept_off(action: str) -> None:
    """A function that it makes, with a role that may do anything, is no way to another environment's network."""
    assert allowed(DOCUMENTS["boundary"], action, "*")
    assert not allowed(DOCUMENTS["boundary"], action, "*", **STAGINGS)


@pytest.mark.parametrize("secret", ["shop/chat", f"arn:aws:secretsmanager:{ARN}:secret:shop/chat-a1b2c3"])
def test_those_whom_an_environment_names_are_told_and_nobody_else(secret: str) -> None:
    topic, chat = f"arn:aws:sns:{ARN}:shop", f"arn:aws:secretsmanager:{ARN}:secret:shop/chat-a1b2c3"
    telling, silent = scope(tell=Tell(webhook=secret, topic=topic)), scope()
    for make, may in ((deploy, True), (rollback, True), (preview, False)):
        for action, resource in (("sns:Publish", topic), ("secretsmanager:GetSecretValue", chat)):
            assert allowed(of(make, telling), action, resource) is may
            assert not allowed(of(make, telling), action, f"{resource.partition('shop')[0]}other-a1b2c3")
            assert not allowed(of(make, silent), action, resource)


def test_who_builds_pushes_and_names_images() -> None:
    builds = Scope(
        place=place("staging"),
        others=("production",),
        registry=Registry(account=ACCOUNT, prefix="shop", owned=True),
        state=None,
        state_key=None,
    )
    for action in ("ecr:InitiateLayerUpload", "ecr:PutImage"):
        assert allowed(of(deploy, builds), action, f"arn:aws:ecr:{ARN}:repository/shop/api")
        assert not allowed(of(preview, builds), action, f"arn:aws:ecr:{ARN}:repository/shop/api")


def test_codedeploy_still_passes_tasks_their_roles() -> None:
    assert allowed(DOCUMENTS["boundary"], "iam:PassRole", ROLE, iam__PassedToService="ecs-tasks.amazonaws.com")
    assert not allowed(DOCUMENTS["boundary"], "iam:PassRole", ROLE, iam__PassedToService="lambda.amazonaws.com")


def test_a_preview_changes_nothing() -> None:
    changing = (
        "Put",
        "Create",
        "Delete",
        "Update",
        "Run",
        "Stop",
        "Modify",
        "Attach",
        "Register",
        "Tag",
        "Invoke",
        "Pass",
    )
    granted = [
        action
        for statement in DOCUMENTS["preview"]["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    ]
    assert not [action for action in granted if action.partition(":")[2].startswith(changing)]
    assert not [action for action in granted if action.endswith(":*")]


def test_aws_takes_documents_of_this_length() -> None:
    """10,240 characters for a role's own policies, 6,144 for others, spaces not counted; here at the longest names."""
    longest = scope("p" * 20, others=("s" * 20, "d" * 20), names=Names(project="s" * 20, stack="p" * 20))
    for make in (preview, deploy, rollback):
        assert len(json.dumps(make(longest), separators=(",", ":"))) <= 10240, make.__name__
    for make in (boundary, moving, reading):
        assert len(json.dumps(make(longest), separators=(",", ":"))) <= 6144, make.__name__


def test_an_environment_alone_in_its_account_is_kept_off_nobody() -> None:
    alone = scope(others=())
    assert not [one for one in deploy(alone)["Statement"] if one.get("Sid", "").startswith("KeepOthers")]


def test_an_environment_is_not_kept_off_itself_by_a_name_that_begins_alike() -> None:
    mine = of(deploy, scope("prod-eu", others=("prod",)))
    assert allowed(mine, "lambda:InvokeFunction", f"arn:aws:lambda:{ARN}:function:shop-prod-eu-checker")


@examples(40)
@given(
    project=st.from_regex(r"[a-z](-?[a-z0-9]){0,19}", fullmatch=True),
    stack=st.from_regex(r"[a-z](-?[a-z0-9]){0,19}", fullmatch=True),
    what=st.from_regex(r"[a-z](-?[a-z0-9]){0,40}", fullmatch=True),
    kind=st.sampled_from(Kind),
)
def test_policies_speak_of_the_names_that_things_get(project: str, stack: str, what: str, kind: Kind) -> None:
    names = Names(project=project[:20], stack=stack[:20])
    assert names.of(kind, what).startswith(names.pattern(kind).removesuffix("*"))


def asked(call: Callable[[FakeAws], Any]) -> set[str]:
    """Return the actions that something asks of AWS."""
    aws, made = FakeAws(), set[str]()
    aws.before_call = made.add
    call(aws)
    return made


def look_at_staging(aws: FakeAws) -> None:
    """Ask how a service there is, that serves another definition than it should."""
    old, new = aws.define(1, image("a")), aws.define(2, image("b"))
    aws.add_service("api", old)
    assert troubles(
        [service_plan(new, image("b"))], {"api": Served(image=image("b"), task_definition=new)}, aws.tools()
    )


HEALTH = {
    "describe_services": ("ecs:DescribeServices", f"arn:aws:ecs:{ARN}:service/shop-staging-cluster/shop-staging-api"),
    "describe_task_definition": (
        "ecs:DescribeTaskDefinition",
        f"arn:aws:ecs:{ARN}:task-definition/shop-staging-api:3",
    ),
    "describe_listeners": (
        "elasticloadbalancing:DescribeListeners",
        f"{BALANCING}:listener/app/shop-staging-door/1/2",
    ),
    "describe_alarms": ("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{ARN}:alarm:shop-staging-api-errors"),
}


@pytest.mark.parametrize("role", ["deploy", "rollback"])
def test_where_releases_come_from_is_asked_how_it_is_and_no_more(role: str) -> None:
    """All that `delivery.health` asks, and of nothing else of the other environment anything but its records."""
    assert asked(look_at_staging) == set(HEALTH)
    for action, resource in HEALTH.values():
        assert allowed(DOCUMENTS[role], action, resource), action
    for action, resource in (
        ("ecs:DescribeTasks", f"arn:aws:ecs:{ARN}:task/shop-staging-cluster/1"),
        ("lambda:GetFunction", f"arn:aws:lambda:{ARN}:function:shop-staging-checker"),
        ("iam:GetRole", f"{IAM}:role/shop-staging-api-task"),
        ("secretsmanager:DescribeSecret", f"arn:aws:secretsmanager:{ARN}:secret:shop/staging/db"),
    ):
        assert not allowed(DOCUMENTS[role], action, resource), action


def test_of_the_others_nobody_is_asked_anything() -> None:
    stranger = of(deploy, scope(others=("staging", "qa")))
    assert not allowed(stranger, "ecs:DescribeServices", f"arn:aws:ecs:{ARN}:service/shop-qa-cluster/shop-qa-api")
    asks = of(deploy, scope(others=("staging", "qa"), after="qa", after_account=ACCOUNT))
    assert allowed(asks, "ecs:DescribeServices", f"arn:aws:ecs:{ARN}:service/shop-qa-cluster/shop-qa-api")
    assert allowed(asks, "s3:GetObject", f"arn:aws:s3:::shop-qa-releases-{ACCOUNT}/serving.json")


@pytest.mark.parametrize("role", ["deploy", "rollback"])
def test_who_releases_may_do_what_doctor_asks_for(role: str) -> None:
    called = f"{OWN}-api"
    service = ServicePlan(
        name="api",
        cluster=f"{OWN}-cluster",
        service=called,
        task_definition="td",
        image="image",
        container="api",
        port=80,
        application=called,
        deployment_group=called,
        scalable=True,
    )
    bucket = RECORDS.rpartition(":")[2]
    wanted = of_release([service], bucket, partition="aws", region=ARN.partition(":")[0], account=ACCOUNT)
    denied = [
        (action, resource)
        for right in wanted
        for action in right.actions
        for resource in right.resources
        if not allowed(DOCUMENTS[role], action, resource)
    ]
    assert denied == []
    assert not allowed(DOCUMENTS["preview"], "codedeploy:CreateDeployment", GROUP)
