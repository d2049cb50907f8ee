"""What MiniStack compares with policies, and what it must; refusals that say who, what, on what and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.corrections import ecr_accounts
from tests.rehearsal.aws.iam.conftest import OTHER, ROLE, Enforced, Role, allow

pytestmark = pytest.mark.ministack

ARN = "eu-central-1:111122223333"
MINE = f"arn:aws:ecs:{ARN}:service/mine/api"


def refused(call: Any) -> str:
    """Return what is said of a call that is refused."""
    with pytest.raises(ClientError) as raised:
        call()
    said = raised.value.response["Error"]
    assert said["Code"] in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"), said
    return str(said["Message"])


def answered(call: Any) -> None:
    """Make a call that policies let through, whatever is there."""
    said = ""
    try:
        call()
    except ClientError as error:
        said = str(error)
    assert "not authorized" not in said


def update(role: Role, cluster: str) -> Any:
    return lambda: role.client("ecs").update_service(cluster=cluster, service="api", desiredCount=1)


def test_stock_ministack_takes_a_services_cluster_for_the_service(stock: Enforced) -> None:
    refused(update(stock.role(allow(["ecs:UpdateService"], [MINE])), "mine"))


def test_a_call_is_made_on_the_service(enforced: Enforced) -> None:
    role = enforced.role(allow(["ecs:UpdateService"], [MINE]))
    answered(update(role, "mine"))
    said = refused(update(role, "theirs"))
    assert said == (
        f"User: arn:aws:sts::111122223333:assumed-role/{ROLE}/test is not authorized to perform: ecs:UpdateService on "
        f"resource: arn:aws:ecs:{ARN}:service/theirs/api because no identity-based policy allows the ecs:UpdateService "
        "action"
    )


def test_an_explicit_deny_is_told_as_one(enforced: Enforced) -> None:
    deny = {**allow(["ecs:*"], [f"arn:aws:ecs:{ARN}:service/theirs/*"]), "Effect": "Deny"}
    role = enforced.role(allow(["ecs:*"]), deny)
    answered(update(role, "mine"))
    assert refused(update(role, "theirs")).endswith("with an explicit deny in an identity-based policy")


def define(role: Role, arn: str) -> Any:
    container = {"name": "app", "image": "scratch", "memory": 128}
    return lambda: role.client("ecs").register_task_definition(
        family="f", containerDefinitions=[container], taskRoleArn=arn
    )


PASSED = "arn:aws:iam::111122223333:role/task"


def test_stock_ministack_lets_anybody_pass_any_role(stock: Enforced) -> None:
    answered(define(stock.role(allow(["ecs:RegisterTaskDefinition"])), PASSED))


@pytest.mark.parametrize(
    ("resource", "service", "may"),
    [
        (PASSED, "ecs-tasks.amazonaws.com", True),
        (f"{PASSED}-of-another", "ecs-tasks.amazonaws.com", False),
        (PASSED, "lambda.amazonaws.com", False),
    ],
)
def test_a_role_is_passed_by_who_may_pass_it_to_that_service(
    enforced: Enforced, resource: str, service: str, may: bool
) -> None:
    passing = allow(["iam:PassRole"], [resource], StringEquals={"iam:PassedToService": service})
    call = define(enforced.role(allow(["ecs:RegisterTaskDefinition"]), passing), PASSED)
    if may:
        answered(call)
    else:
        assert f"iam:PassRole on resource: {PASSED} because" in refused(call)


def test_who_runs_a_task_passes_the_roles_of_its_definition(enforced: Enforced) -> None:
    enforced.client("iam").create_role(RoleName="task", AssumeRolePolicyDocument="{}")
    define(_Root(enforced), PASSED)()  # type: ignore[arg-type]
    role = enforced.role(allow(["ecs:RunTask"]))
    assert "iam:PassRole" in refused(lambda: role.client("ecs").run_task(cluster="mine", taskDefinition="f"))


class _Root:
    def __init__(self, enforced: Enforced) -> None:
        self.client = enforced.client


def test_the_cluster_that_a_task_runs_in_can_be_asked(enforced: Enforced) -> None:
    where = {"ecs:cluster": f"arn:aws:ecs:{ARN}:cluster/mine"}
    role = enforced.role(allow(["ecs:RunTask"], ArnLike=where))
    answered(lambda: role.client("ecs").run_task(cluster="mine", taskDefinition="g"))
    refused(lambda: role.client("ecs").run_task(cluster="theirs", taskDefinition="g"))


def change(role: Role, name: str) -> Any:
    return lambda: role.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument="{}")


def test_stock_ministack_forgets_the_path_of_a_role(stock: Enforced) -> None:
    guards = {**allow(["iam:*"], ["arn:aws:iam::111122223333:role/ci/*"]), "Effect": "Deny"}
    answered(change(stock.role(allow(["iam:*"]), guards), ROLE))


def test_a_role_is_known_by_its_path(enforced: Enforced) -> None:
    guards = {**allow(["iam:*"], ["arn:aws:iam::111122223333:role/ci/*"]), "Effect": "Deny"}
    assert f"role/ci/{ROLE} with an explicit deny" in refused(change(enforced.role(allow(["iam:*"]), guards), ROLE))


def make(role: Role, name: str, **more: Any) -> Any:
    return lambda: role.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}", **more)


def test_roles_are_made_within_the_boundary_that_is_asked_for(enforced: Enforced) -> None:
    boundary = enforced.client("iam").create_policy(
        PolicyName="boundary", PolicyDocument=json.dumps({"Statement": [allow(["s3:*"])]})
    )["Policy"]["Arn"]
    role = enforced.role(
        allow(["iam:CreateRole", "iam:PutRolePolicy"], StringEquals={"iam:PermissionsBoundary": boundary})
    )
    answered(make(role, "within", PermissionsBoundary=boundary))
    refused(make(role, "without"))
    refused(make(role, "other", PermissionsBoundary=f"{boundary}-of-another"))
    answered(change(role, "within"))
    refused(change(role, ROLE))


def test_what_a_boundary_does_not_allow_no_policy_does(enforced: Enforced) -> None:
    boundary = enforced.client("iam").create_policy(
        PolicyName="boundary", PolicyDocument=json.dumps({"Statement": [allow(["ecs:UpdateService"], [MINE])]})
    )["Policy"]["Arn"]
    role = enforced.role(allow(["*"]), PermissionsBoundary=boundary)
    answered(update(role, "mine"))
    refused(update(role, "theirs"))


def test_the_tags_of_a_network_can_be_asked(enforced: Enforced) -> None:
    ec2 = enforced.client("ec2")
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "stack", "Value": "production"}]}]
    theirs = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    mine = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    keep = {**allow(["ec2:*"], StringEquals={"aws:ResourceTag/stack": ["production"]}), "Effect": "Deny"}
    role = enforced.role(allow(["ec2:*"]), keep)
    said = refused(lambda: role.client("ec2").delete_vpc(VpcId=theirs))
    assert said.startswith("You are not authorized to perform this operation. User: ")
    refused(lambda: role.client("ec2").create_tags(Resources=[theirs], Tags=[{"Key": "stack", "Value": "staging"}]))
    answered(lambda: role.client("ec2").delete_vpc(VpcId=mine))


def test_a_signature_of_another_key_is_refused(enforced: Enforced) -> None:
    role = enforced.role(allow(["*"]))
    with pytest.raises(ClientError, match=r"InvalidSignature|SignatureDoesNotMatch"):
        role.client("ecs", aws_secret_access_key="of somebody else").list_clusters()


def test_another_account_needs_both_its_own_policy_and_the_repositorys(enforced: Enforced, binding: Any) -> None:
    ecr_accounts.apply(binding)
    ecr = enforced.client("ecr")
    ecr.create_repository(repositoryName="shop/api")
    ecr.put_image(repositoryName="shop/api", imageManifest="{}", imageTag="1.0.0")
    taker = enforced.role(allow(["ecr:*"]), account=OTHER).client("ecr")
    asked = {"registryId": enforced.account, "repositoryName": "shop/api"}

    def pull() -> Any:
        return taker.batch_get_image(imageIds=[{"imageTag": "1.0.0"}], **asked)

    assert "because no resource-based policy allows the ecr:BatchGetImage action" in refused(pull)
    who = {"Principal": {"AWS": [f"arn:aws:iam::{OTHER}:root"]}}
    statement = {"Effect": "Allow", "Action": ["ecr:BatchGetImage"], **who}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.set_repository_policy(repositoryName="shop/api", policyText=policy)
    assert len(pull()["images"]) == 1
    refused(lambda: taker.put_image(imageManifest="{}", imageTag="6.6.6", **asked))
    refused(lambda: taker.batch_delete_image(imageIds=[{"imageTag": "1.0.0"}], **asked))
    stranger = enforced.role(allow(["s3:*"]), name="stranger", account=OTHER).client("ecr")
    refused(lambda: stranger.batch_get_image(imageIds=[{"imageTag": "1.0.0"}], **asked))


def test_a_bucket_that_wants_tls_is_met_as_over_tls(enforced: Enforced) -> None:
    s3 = enforced.client("s3")
    s3.create_bucket(Bucket="records", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    plain = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::records", "arn:aws:s3:::records/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="records", Policy=json.dumps({"Version": "2012-10-17", "Statement": [plain]}))
    role = enforced.role(allow(["s3:PutObject"], ["arn:aws:s3:::records/mine/*"]))
    role.client("s3").put_object(Bucket="records", Key="mine/a", Body=b"")
    assert "s3:PutObject on resource: arn:aws:s3:::records/theirs" in refused(
        lambda: role.client("s3").put_object(Bucket="records", Key="theirs", Body=b"")
    )
