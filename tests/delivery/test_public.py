"""Checks at the URL of users: what takes a release back, and what only warns."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.plan import Check
from tests.delivery.fake_clients import Killed
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves, world

URL = "http://api.shop.example/api/health"


def warnings(aws: FakeAws) -> list[str]:
    return [line.removeprefix("warning: ") for line in aws.heard if line.startswith("warning: ")]


def test_users_are_asked_for_before_the_shift_and_at_both_ends_of_the_bake() -> None:
    aws, old, new = world()
    asked: list[tuple[str, float]] = []

    def visit(definition: str, url: str) -> dict[str, Any]:
        asked.append((definition, aws.now))
        return {"status": 200}

    aws.visit = visit
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.succeeded
    assert [definition for definition, _ in asked] == [old, new, new]
    assert asked[2][1] - asked[1][1] >= 59  # the bake began a moment before they were asked
    assert aws.visited == [URL] * 3
    assert warnings(aws) == []


def test_without_a_bake_users_are_asked_for_once_after_the_shift() -> None:
    aws, old, new = world()
    run(aws, release_plan(service_plan(old, image("a")), version="1.7.4"))
    run(aws, release_plan(service_plan(new, image("b"))))
    aws.sleep(5000)
    aws.visited.clear()
    outcome = run(aws, release_plan(service_plan(old, image("a")), version="1.7.4", source="pin"))
    assert outcome.succeeded
    assert aws.visited == [URL] * 2


def test_nobody_is_asked_for_where_nothing_moves() -> None:
    aws, old, _ = world()
    run(aws, release_plan(service_plan(old, image("a"))))
    assert aws.visited == []


def test_what_users_get_wrong_after_the_shift_takes_the_release_back() -> None:
    aws, old, new = world()
    aws.running_tasks = [{"taskArn": "task/shop/1", "startedBy": "ecs-svc/100"}]
    aws.log = ["no such host"]
    aws.visit = lambda definition, url: (
        {"status": 500, "body": "boom password=x"} if definition == new else {"status": 200}
    )
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "failed"
    problem, log = outcome.record.cause.splitlines()
    assert problem.startswith(f"api: GET {URL}: answered 500, expected 200: boom password=*** (")
    assert log == "api: last lines of its log: no such host"
    assert outcome.fix.startswith("the same checks passed before the shift: look at what only users meet")
    assert serves(aws, old)
    assert left_behind(aws) == []
    assert outcome.record.seconds["bake"] < 100


def test_a_check_that_fails_for_a_while_is_asked_again() -> None:
    aws, _, new = world()
    refusals = [503, 500, 404]
    aws.visit = lambda definition, url: {"status": refusals.pop() if definition == new and refusals else 200}
    assert run(aws, release_plan(service_plan(new, image("b")))).succeeded


def test_what_goes_wrong_in_the_bake_is_found_at_its_end() -> None:
    aws, old, new = world()
    aws.visit = lambda definition, url: {"status": 500 if definition == new and len(aws.visited) > 2 else 200}
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "failed"
    assert outcome.record.seconds["bake"] >= 119
    assert serves(aws, old)


def test_the_end_of_the_connection_is_wrong_where_there_was_one() -> None:
    aws, old, new = world()
    aws.visit = lambda definition, url: {"status": 200} if definition == old else {"error": "timed out"}
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.result == "failed"
    assert f"GET {URL}: no answer: timed out" in outcome.record.cause


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "ConnectionError: unreachable"}, "no answer: ConnectionError: unreachable"),
        ({"status": 503}, "answered 503, expected 200"),
        ({"status": 407}, "answered 407, expected 200"),
    ],
)
def test_where_nobody_answered_before_it_only_warns_and_waits_for_nothing(answer: dict[str, Any], said: str) -> None:
    aws, _, new = world()
    aws.visit = lambda definition, url: answer
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.succeeded
    assert warnings(aws) == [
        f"api: GET {URL}: {said}; nobody answered there before this release, so it cannot be checked from where this "
        "update runs"
    ]
    assert len(aws.visited) == 2


def test_the_first_answer_of_all_is_no_warning() -> None:
    aws, old, new = world()
    aws.visit = lambda definition, url: {"error": "no such name"} if definition == old else {"status": 200}
    assert run(aws, release_plan(service_plan(new, image("b")))).succeeded
    assert warnings(aws) == []


def test_what_was_wrong_before_in_the_same_way_is_no_fault_of_the_release() -> None:
    aws, _, new = world()
    aws.visit = lambda definition, url: {"status": 401, "body": f"request {len(aws.visited)}"}
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.succeeded
    (warning,) = warnings(aws)
    assert warning.startswith(f"api: GET {URL}: answered 401, expected 200")
    assert warning.endswith("it was the same before this release, which goes on")


def test_what_was_wrong_before_in_another_way_counts() -> None:
    aws, _, new = world()
    checks = (Check("/api/health", json={"db": "ok"}),)
    aws.answer = lambda definition, request: {"status": 200, "body": '{"db": "ok"}'}
    aws.visit = lambda definition, url: {"status": 200, "body": f'{{"db": "{definition}"}}'}
    outcome = run(aws, release_plan(service_plan(new, image("b"), checks=checks)))
    assert outcome.record.result == "failed"


def test_an_alarm_that_rings_meanwhile_is_not_waited_out() -> None:
    aws, old, new = world()

    def visit(definition: str, url: str) -> dict[str, Any]:
        if definition == new:
            aws.ringing["api-errors"] = "12 % failed"
        return {"status": 500 if definition == new else 200}

    aws.visit = visit
    outcome = run(aws, release_plan(service_plan(new, image("b"))))
    assert outcome.record.cause == "api: alarm api-errors rang: 12 % failed"
    assert serves(aws, old)


@pytest.mark.parametrize(("answer", "result"), [({"status": 500}, "failed"), ({"error": "timed out"}, "succeeded")])
def test_after_a_kill_every_answer_counts_and_silence_only_warns(answer: dict[str, Any], result: str) -> None:
    aws, _, new = world()

    def kill(name: str) -> None:
        if aws.codedeploy.deployments and aws.codedeploy.deployments[0].step == "warm":
            raise Killed

    aws.after_call = kill
    plan = release_plan(service_plan(new, image("b")))
    with pytest.raises(Killed):
        run(aws, plan)
    aws.after_call = lambda name: None
    aws.visit = lambda definition, url: answer
    outcome = run(aws, plan)
    assert outcome.record.result == result
    assert len(warnings(aws)) == (result == "succeeded")


def test_each_service_is_asked_at_its_own_url() -> None:
    aws, old, new = world()
    aws.add_service("web", old)
    aws.visit = lambda definition, url: {"status": 500 if "web" in url and definition == new else 200}
    outcome = run(aws, release_plan(*(service_plan(new, image("b"), name=name) for name in ("api", "web"))))
    assert outcome.record.cause.startswith("web: GET http://web.shop.example/web/health: answered 500, expected 200")
    assert "api:" not in outcome.record.cause
    assert serves(aws, old, "api")
    assert serves(aws, old, "web")


def test_where_services_stand_apart_the_one_that_users_get_wrong_goes_back_alone() -> None:
    aws, old, new = world()
    aws.add_service("web", old)
    aws.visit = lambda definition, url: {"status": 500 if "//api" in url and definition == new else 200}
    services = [service_plan(new, image("b"), name=name) for name in ("api", "web")]
    outcome = run(aws, release_plan(*services, together=False))
    assert outcome.record.results == {"api": "failed", "web": "succeeded"}
    assert serves(aws, old, "api")
    assert serves(aws, new, "web")
    assert not any(line.startswith("web: GET") for line in warnings(aws))
