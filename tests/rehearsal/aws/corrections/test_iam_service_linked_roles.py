"""Roles of AWS's own have the names that AWS gives them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery.founding import Look
from delivery.founding.linked import LINKED, LinkedRole
from rehearsal.aws.corrections import iam_service_linked_roles

pytestmark = pytest.mark.ministack


@pytest.fixture
def iam(ministack: Any) -> Any:
    return ministack.client("iam")


def test_stock_ministack_makes_the_name_up(iam: Any) -> None:
    made = iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]
    assert made["RoleName"] == "AWSServiceRoleForEcs"


def test_stock_ministack_takes_two_services_for_one(iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with pytest.raises(ClientError, match="EntityAlreadyExists"):
        iam.create_service_linked_role(AWSServiceName="ecs.application-autoscaling.amazonaws.com")


def test_what_init_makes_is_found_by_its_name(iam: Any, binding: Any) -> None:
    iam_service_linked_roles.apply(binding)
    for service in LINKED:
        role = LinkedRole(iam, service)
        assert not role.look().exists
        role.make(role.look())
        assert role.look() == Look(exists=True)
        found = iam.get_role(RoleName=LINKED[service])["Role"]
        assert found["Arn"].endswith(f":role/aws-service-role/{service}/{LINKED[service]}")
        role.make(Look(exists=False))  # somebody else was faster: as good


def test_a_second_one_is_refused_as_on_aws(iam: Any, binding: Any) -> None:
    iam_service_linked_roles.apply(binding)
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    with pytest.raises(ClientError, match="AWSServiceRoleForECS has been taken in this account") as caught:
        iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    assert caught.value.response["Error"]["Code"] == "InvalidInput"


def test_other_services_are_left_to_ministack(iam: Any, binding: Any) -> None:
    iam_service_linked_roles.apply(binding)
    assert iam.create_service_linked_role(AWSServiceName="spot.amazonaws.com")["Role"]["RoleName"].endswith("Spot")
