"""Rules that do not exist, and rules with targets."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.corrections import events_rules

pytestmark = pytest.mark.ministack

TARGET = {"Id": "f", "Arn": "arn:aws:lambda:eu-central-1:111122223333:function:f"}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("enable_rule", {"Name": "no"}),
    ("disable_rule", {"Name": "no"}),
    ("list_targets_by_rule", {"Rule": "no"}),
    ("remove_targets", {"Rule": "no", "Ids": ["f"]}),
]


@pytest.fixture
def events(ministack: Any) -> Any:
    client = ministack.client("events")
    client.put_rule(Name="ended", EventPattern='{"source": ["shop"]}')
    client.put_targets(Rule="ended", Targets=[TARGET])
    return client


def code(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**request)
    return str(refused.value.response["Error"]["Code"])


@pytest.mark.parametrize(("call", "request_"), CALLS)
def test_stock_ministack_answers_for_a_rule_that_is_not_there(events: Any, call: str, request_: Any) -> None:
    assert getattr(events, call)(**request_)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_stock_ministack_deletes_a_rule_with_its_targets(events: Any) -> None:
    events.delete_rule(Name="ended")
    assert events.list_rules()["Rules"] == []


@pytest.mark.parametrize(("call", "request_"), CALLS)
def test_a_rule_that_is_not_there_is_told(events: Any, binding: Any, call: str, request_: Any) -> None:
    events_rules.apply(binding)
    assert code(getattr(events, call), **request_) == "ResourceNotFoundException"


def test_a_rule_lives_as_the_terraform_provider_has_it(events: Any, binding: Any) -> None:
    events_rules.apply(binding)
    events.disable_rule(Name="ended")
    assert events.describe_rule(Name="ended")["State"] == "DISABLED"
    events.enable_rule(Name="ended")
    assert events.describe_rule(Name="ended")["State"] == "ENABLED"
    assert events.list_targets_by_rule(Rule="ended")["Targets"] == [TARGET]
    assert code(events.delete_rule, Name="ended") == "ValidationException"
    events.remove_targets(Rule="ended", Ids=["f"])
    events.delete_rule(Name="ended")
    assert code(events.describe_rule, Name="ended") == "ResourceNotFoundException"
    events.delete_rule(Name="ended")
