"""What environments in two accounts declare for each other, judged by the emulated AWS: it suffices, and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.access.deploying import deploy
from components.access.moving import moving
from components.access.reading import reading
from components.access.scope import Scope
from components.policies import account_arns, pull, releases
from rehearsal.aws.corrections import ecr_accounts
from settings import Registry
from tests.components.support import place
from tests.rehearsal.aws.iam.conftest import OTHER, Enforced, Role
from tests.rehearsal.aws.iam.test_enforcing import refused

pytestmark = pytest.mark.ministack

BUCKET = "shop-staging-releases-111122223333"


@pytest.fixture
def production(enforced: Enforced, binding: Any) -> Role:
    """The role that deploys production, in an account of its own; staging's bucket and registry in the first one."""
    ecr_accounts.apply(binding)
    there = place("production", account=OTHER, origin="staging", guarded=True)
    registry = Registry(account=enforced.account, prefix="shop", owned=True)
    scope = Scope(place=there, others=(), registry=registry, state=None, state_key=None)
    s3, ecr = enforced.client("s3"), enforced.client("ecr")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=BUCKET, Key="serving.json", Body=b"{}")
    ecr.create_repository(repositoryName="shop/api")
    ecr.put_image(repositoryName="shop/api", imageManifest="{}", imageTag="1.0.0")
    statements = [one for part in (reading, moving, deploy) for one in part(scope)["Statement"]]
    return enforced.role(*statements, account=OTHER)


def test_releases_are_read_where_the_bucket_lets_the_account(enforced: Enforced, production: Role) -> None:
    s3, arn = production.client("s3"), f"arn:aws:s3:::{BUCKET}"

    def read() -> Any:
        return s3.get_object(Bucket=BUCKET, Key="serving.json")["Body"].read()

    for readers, may in (((), False), ((OTHER,), True)):
        policy = releases(arn, account_arns(readers, "aws"))
        enforced.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
        if may:
            assert read() == b"{}"
            assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1
        else:
            refused(read)
        refused(lambda: s3.put_object(Bucket=BUCKET, Key="serving.json", Body=b""))
        refused(lambda: s3.delete_object(Bucket=BUCKET, Key="serving.json"))


def test_images_are_pulled_where_the_repository_lets_the_account(enforced: Enforced, production: Role) -> None:
    ecr = production.client("ecr")
    asked = {"registryId": enforced.account, "repositoryName": "shop/api"}

    def look() -> Any:
        return ecr.batch_get_image(imageIds=[{"imageTag": "1.0.0"}], **asked)["images"]

    refused(look)
    policy = json.dumps(pull(account_arns([OTHER], "aws")))
    enforced.client("ecr").set_repository_policy(repositoryName="shop/api", policyText=policy)
    assert len(look()) == 1
    assert ecr.describe_repositories(registryId=enforced.account, repositoryNames=["shop/api"])["repositories"]
    refused(lambda: ecr.put_image(imageManifest="{}", imageTag="6.6.6", **asked))
    refused(lambda: ecr.initiate_layer_upload(**asked))
    refused(lambda: ecr.batch_delete_image(imageIds=[{"imageTag": "1.0.0"}], **asked))
    refused(lambda: ecr.delete_repository_policy(**asked))
