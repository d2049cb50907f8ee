"""Repositories of another account."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from ministack.services import ecr

from rehearsal.aws.corrections import ecr_accounts, ecr_images
from tests.rehearsal.aws.inprocess import _client

pytestmark = pytest.mark.ministack

OTHER = "444455556666"
POLICY = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture
def elsewhere(ministack: Any) -> Any:
    """A repository with an image, and a client of another account."""
    client = ministack.client("ecr")
    client.create_repository(repositoryName="shop/api")
    client.put_image(repositoryName="shop/api", imageManifest="{}", imageTag="1.0.0")
    client.set_repository_policy(repositoryName="shop/api", policyText=POLICY)
    return _client("ecr", OTHER, ministack.region)


def images(client: Any, **more: Any) -> int:
    return len(client.batch_get_image(repositoryName="shop/api", imageIds=[{"imageTag": "1.0.0"}], **more)["images"])


def test_stock_ministack_knows_the_callers_registry_only(ministack: Any, elsewhere: Any) -> None:
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        images(elsewhere, registryId=ministack.account)


def test_the_registry_that_is_named_answers(ministack: Any, elsewhere: Any, binding: Any) -> None:
    ecr_images.apply(binding)
    ecr_accounts.apply(binding)
    assert images(elsewhere, registryId=ministack.account) == 1
    assert images(ministack.client("ecr")) == 1
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        images(elsewhere)


def test_the_policy_is_that_of_the_repository_in_its_own_account(ministack: Any, elsewhere: Any, binding: Any) -> None:
    assert elsewhere
    ecr_accounts.apply(binding)
    arn = f"arn:aws:ecr:{ministack.region}:{{}}:repository/shop/api"
    assert ecr.repository_policy_for_arn(arn.format(ministack.account)) == (POLICY, ministack.account)
    assert ecr.repository_policy_for_arn(arn.format(OTHER)) is None
