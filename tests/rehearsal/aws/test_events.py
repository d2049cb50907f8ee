"""CodeDeploy's events on their way: through a rule of the emulated EventBridge to the function behind it."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ministack.services import eventbridge

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.corrections import emulated_time
from rehearsal.aws.events import Bus
from rehearsal.aws.world import World
from tests.rehearsal.aws.emulator import ACCOUNT, REGION

pytestmark = pytest.mark.ministack

ROOT = Path(__file__).resolve().parents[3]
KIND = "CodeDeploy Deployment State-change Notification"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


def world(clock: ManualClock) -> World:
    return World(clock=clock, account=ACCOUNT, region=REGION, port=1, proxy_port=2, home=Path(), label="a=b")


def entry(application: str = "shop", state: str = "STOP") -> dict[str, Any]:
    detail = json.dumps({"application": application, "deploymentId": "d-1", "state": state})
    return {"Source": "aws.codedeploy", "DetailType": KIND, "Detail": detail, "Resources": ["arn"]}


@pytest.fixture
def heard(ministack: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the function hears behind a rule for what ends in the application `shop`."""
    heard: list[Any] = []
    monkeypatch.setattr(eventbridge, "_dispatch_to_lambda", lambda arn, payload: heard.append(json.loads(payload)))
    pattern = {
        "source": ["aws.codedeploy"],
        "detail-type": [KIND],
        "detail": {"application": ["shop"], "state": ["SUCCESS", "FAILURE", "STOP"]},
    }
    events = ministack.client("events")
    events.put_rule(Name="ended", EventPattern=json.dumps(pattern))
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:warden"
    events.put_targets(Rule="ended", Targets=[{"Id": "warden", "Arn": arn}])
    return heard


def test_an_event_arrives_as_eventbridge_hands_it_over(heard: Any, binding: Any) -> None:
    clock = ManualClock(1_767_323_045.0)
    emulated_time.apply(binding, clock)
    Bus(world(clock)).publish(entry())
    (event,) = heard
    assert event.pop("id")
    assert event == {
        "version": "0",
        "source": "aws.codedeploy",
        "account": ACCOUNT,
        "time": "2026-01-02T03:04:05Z",
        "region": REGION,
        "resources": ["arn"],
        "detail-type": KIND,
        "detail": {"application": "shop", "deploymentId": "d-1", "state": "STOP"},
    }


def test_what_the_rule_does_not_ask_for_stays_away(heard: Any) -> None:
    bus = Bus(world(ManualClock()))
    bus.publish(entry(application="another"))
    bus.publish(entry(state="READY"))
    assert heard == []


def test_a_disabled_rule_hears_nothing(ministack: Any, heard: Any) -> None:
    ministack.client("events").disable_rule(Name="ended")
    Bus(world(ManualClock())).publish(entry())
    assert heard == []


@pytest.mark.process
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_function_runs_as_it_is_packed(ministack: Any) -> None:
    """Its folders stay: the handler is named by its module, and takes what it shares from beside it.

    MiniStack does not close the pipes of the processes that it ends.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for folder in (ROOT / "delivery", ROOT / "delivery" / "warden"):
            for path in folder.glob("*.py"):
                archive.write(path, path.relative_to(ROOT))
    client = ministack.client("lambda")
    client.create_function(
        FunctionName="warden",
        Runtime="python3.12",
        Handler="delivery.warden.handler.handle",
        Role=ROLE,
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"RECORDS_BUCKET": "b", "SERVICES": "[]"}},
    )
    event = {"detail": {"application": "another", "deploymentId": "d-1", "state": "STOP"}}
    answer = client.invoke(FunctionName="warden", Payload=json.dumps(event).encode())
    assert json.load(answer["Payload"]) == {"did": "another is not of this environment"}
