"""Functions are called where their policy allows it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from ministack.services import eventbridge, lambda_svc

from rehearsal.aws.corrections import events_permission

pytestmark = pytest.mark.ministack

RULE = "arn:aws:events:eu-central-1:111122223333:rule/ended"


@pytest.fixture
def called(ministack: Any, monkeypatch: pytest.MonkeyPatch, wait: Any) -> Any:
    """A rule on everything of `shop` with a function behind it; tells an event and says what the function heard."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("f.py", "def handle(event, context): return event")
    function = ministack.client("lambda").create_function(
        FunctionName="warden",
        Runtime="python3.12",
        Handler="f.handle",
        Role="arn:aws:iam::111122223333:role/r",
        Code={"ZipFile": packed.getvalue()},
    )
    events = ministack.client("events")
    events.put_rule(Name="ended", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="ended", Targets=[{"Id": "warden", "Arn": function["FunctionArn"]}])
    heard: list[Any] = []
    monkeypatch.setattr(eventbridge, "_dispatch_to_lambda", lambda arn, payload: heard.append(json.loads(payload)))

    def tell() -> list[Any]:
        events.put_events(Entries=[{"Source": "shop", "DetailType": "t", "Detail": '{"state": "STOP"}'}])
        return [event["detail"]["state"] for event in heard]

    return tell


def allow(ministack: Any, **more: Any) -> None:
    ministack.client("lambda").add_permission(
        FunctionName="warden", StatementId="s", Action="lambda:InvokeFunction", **more
    )


def test_stock_ministack_calls_a_function_that_allows_nobody(called: Any) -> None:
    assert called() == ["STOP"]


def test_a_function_that_allows_nobody_is_not_called(called: Any, binding: Any, caplog: Any) -> None:
    events_permission.apply(binding)
    assert called() == []
    assert "rule ended may not call" in caplog.text


@pytest.mark.parametrize("source", [{}, {"SourceArn": RULE}, {"SourceArn": f"{RULE[:-5]}*"}])
def test_one_that_allows_the_rule_is_called(ministack: Any, called: Any, binding: Any, source: Any) -> None:
    events_permission.apply(binding)
    allow(ministack, Principal="events.amazonaws.com", **source)
    assert called() == ["STOP"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Principal": "s3.amazonaws.com"},
        {"Principal": "events.amazonaws.com", "SourceArn": f"{RULE}-of-another"},
    ],
)
def test_one_that_allows_something_else_is_not(ministack: Any, called: Any, binding: Any, wrong: Any) -> None:
    events_permission.apply(binding)
    allow(ministack, **wrong)
    assert called() == []


def test_other_targets_are_not_asked(
    ministack: Any, called: Any, binding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    events_permission.apply(binding)
    sent: list[Any] = []
    monkeypatch.setattr(eventbridge, "_dispatch_to_sqs", lambda spec, payload, more: sent.append(payload))
    target = {"Id": "queue", "Arn": "arn:aws:sqs:eu-central-1:111122223333:q"}
    ministack.client("events").put_targets(Rule="ended", Targets=[target])
    called()
    assert len(sent) == 1
    assert lambda_svc.function_policy_for_arn("arn:aws:lambda:eu-central-1:111122223333:function:warden") is not None
