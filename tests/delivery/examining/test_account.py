"""Who asks, and AWS's own roles."""

from __future__ import annotations

from typing import Any

from delivery.examining import Level
from delivery.examining.account import credentials, linked_roles
from delivery.founding.linked import LINKED
from tests.delivery.fake_account import ACCOUNT, ROLE, Calls, Roles
from tests.delivery.fake_clients import AwsError


def sts(**answers: Any) -> Any:
    return lambda: Calls(get_caller_identity={"Account": ACCOUNT, "Arn": ROLE}, **answers)


def test_who_asks() -> None:
    who, found = credentials(sts(), {"USER": "ada"}, ACCOUNT)
    assert who is not None
    assert found.level == Level.OK
    assert found.what == f"ada ({ROLE}), in account {ACCOUNT} as the settings say"


def test_another_account_is_a_problem() -> None:
    who, found = credentials(sts(), {}, "999988887777")
    assert who is None
    assert found.level == Level.PROBLEM
    assert found.what == f"are of account {ACCOUNT}, the settings say 999988887777 ({ROLE})"
    assert "correct the setting `account`" in found.fix


def test_none_or_expired_is_a_problem() -> None:
    def no_profile() -> Any:
        raise RuntimeError("The config profile (x) could not be found")

    expired = Calls(get_caller_identity=AwsError("ExpiredToken", "the token has expired", "GetCallerIdentity"))
    for ask, said in ((no_profile, "The config profile (x)"), (lambda: expired, "ExpiredToken: the token has")):
        who, found = credentials(ask, {}, ACCOUNT)
        assert who is None
        assert found.level == Level.PROBLEM
        assert said in found.what
        assert "aws sso login" in found.fix


def test_roles_of_aws_that_are_missing_are_named() -> None:
    roles = Roles()
    iam = roles.client()
    found = list(linked_roles(iam))
    assert {one.level for one in found} == {Level.WARNING}
    assert "AWSServiceRoleForECS does not exist" in found[0].what
    assert "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com" in found[0].fix
    roles.names = set(LINKED.values())
    (found_all,) = linked_roles(iam)
    assert found_all.level == Level.OK
    assert iam.changed() == []
