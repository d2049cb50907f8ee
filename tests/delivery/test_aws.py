"""What a failed call to AWS is told as."""

from __future__ import annotations

import pytest

from delivery.aws import error_code, explained
from delivery.errors import Refused
from tests.delivery.fake_clients import AwsError


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("AccessDeniedException", "the identity that runs this needs the permission for CreateDeployment"),
        ("ExpiredTokenException", "the AWS credentials are not valid (any more)"),
        ("ThrottlingException", "AWS is limiting requests"),
        ("InternalFailure", "run the update again; it takes up from here"),
    ],
)
def test_the_operation_awss_words_and_the_usual_cause(code: str, fix: str) -> None:
    told = explained(AwsError(code, "in AWS's words", "CreateDeployment"))
    assert told.message == f"CreateDeployment: {code}: in AWS's words"
    assert told.fix.startswith(fix)


def test_an_error_that_aws_did_not_send() -> None:
    told = explained(ConnectionError("no route"))
    assert told.message == "ConnectionError: no route"
    assert error_code(ConnectionError("no route")) == ""


def test_missing_credentials_are_told_with_the_way_to_get_some() -> None:
    class NoCredentialsError(Exception):
        pass

    assert "aws sso login" in explained(NoCredentialsError("Unable to locate credentials")).fix


def test_what_is_explained_already_stays() -> None:
    refused = Refused("no", "yes")
    assert explained(refused) is refused
    assert str(refused) == "no\nFix: yes"
    assert str(Refused("no")) == "no"
