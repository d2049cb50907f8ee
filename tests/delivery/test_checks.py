"""Questions and answers: what is asked, what passes, how long a failing answer is given another chance."""

from __future__ import annotations

import io
import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as some

from delivery.checks import LEAST_ATTEMPTS, Checker, Question, judge, request
from delivery.errors import DeliveryError
from delivery.listeners import Door
from delivery.plan import Check
from tests.delivery.fake_clients import AwsError
from tests.delivery.fakes import FakeAws

BUDGET_SECONDS = 60
DOOR = Door(scheme="https", port=8443, host="shop.example", addresses=("10.0.0.4", "10.0.1.4"))


def test_a_request_goes_to_a_private_address_and_asks_for_the_name() -> None:
    assert request(DOOR, Check("/health")) == {
        "scheme": "https",
        "address": "10.0.0.4",
        "port": 8443,
        "host": "shop.example",
        "path": "/health",
        "timeout_seconds": 5,
    }
    assert request(DOOR, Check("/health"), 1)["address"] == "10.0.1.4"


@pytest.mark.parametrize(
    ("check", "answer", "problem"),
    [
        (Check("/"), {"status": 200}, None),
        (Check("/", status=404), {"status": 404}, None),
        (Check("/"), {"status": 500, "body": "boom\n at line 3"}, "answered 500, expected 200: boom at line 3"),
        (Check("/"), {"status": 302}, "answered 302, expected 200"),
        (Check("/"), {"status": None, "error": "TimeoutError: timed out"}, "no answer: TimeoutError: timed out"),
        (Check("/"), {}, "no answer: nothing came back"),
        (Check("/", contains="ok"), {"status": 200, "body": "all ok"}, None),
        (Check("/", contains="ok"), {"status": 200, "body": "no"}, "the answer does not contain 'ok': no"),
        (Check("/", json={"db.status": "ok"}), {"status": 200, "body": '{"db": {"status": "ok"}}'}, None),
        (Check("/", json={"parts.1.up": True}), {"status": 200, "body": '{"parts": [{}, {"up": true}]}'}, None),
        (Check("/", json={"db": 1}), {"status": 200, "body": "<html>"}, "the answer is not JSON: <html>"),
        (Check("/", json={"db.x": 1}), {"status": 200, "body": '{"db": 2}'}, 'the answer has no db.x: {"db": 2}'),
        (Check("/", json={"db": 1}), {"status": 200, "body": '{"db": 2}'}, "db is 2, expected 1"),
        (
            Check("/", json={"a": 1, "b": 1}),
            {"status": 200, "body": '{"b": 2}'},
            'the answer has no a: {"b": 2}; b is 2, expected 1',
        ),
    ],
)
def test_an_answer_passes_or_says_what_is_wrong(check: Check, answer: dict[str, Any], problem: str | None) -> None:
    assert judge(check, answer) == problem


EVERY = Check("/", json={"dependencies.*.status": "ok"})


@pytest.mark.parametrize(
    ("dependencies", "problem"),
    [
        ({"db": {"status": "ok"}, "cache": {"status": "ok"}}, None),
        ([{"status": "ok"}, {"status": "ok", "more": 1}], None),
        (
            {"db": {"status": "down"}, "cache": {"status": "ok"}, "queue": {"status": None}},
            'dependencies.db.status is "down", expected "ok"; dependencies.queue.status is null, expected "ok"',
        ),
        ([{"status": "ok"}, {"status": "slow"}], 'dependencies.1.status is "slow", expected "ok"'),
        (
            {"db": {"state": "ok", "password": "x"}, "cache": 1},
            'the answer has no dependencies.db.status: {"state": "ok", "password": ***}; '
            "the answer has no dependencies.cache.status: 1",
        ),
        ({}, 'the answer has no dependencies.*.status: {"dependencies": {}}'),
        ([], 'the answer has no dependencies.*.status: {"dependencies": []}'),
        ("ok", 'the answer has no dependencies.*.status: {"dependencies": "ok"}'),
    ],
)
def test_a_star_stands_for_every_entry_of_which_there_must_be_one(dependencies: Any, problem: str | None) -> None:
    assert judge(EVERY, {"status": 200, "body": json.dumps({"dependencies": dependencies})}) == problem


def test_stars_may_follow_each_other_and_end_a_path() -> None:
    check = Check("/", json={"*.*": True})
    assert judge(check, {"status": 200, "body": '{"a": {"x": true}, "b": [true, true]}'}) is None
    assert (
        judge(check, {"status": 200, "body": '{"a": {"x": true}, "b": [true, false]}'}) == "b.1 is false, expected true"
    )
    assert judge(check, {"status": 200, "body": '{"a": {"x": true}, "b": {}}'}) == "the answer has no b.*: {}"


@given(some.dictionaries(some.text("abc", min_size=1), some.sampled_from(["ok", "down"]), max_size=6))
def test_a_star_fails_for_exactly_the_entries_that_do(entries: dict[str, str]) -> None:
    body = json.dumps({"dependencies": {name: {"status": status} for name, status in entries.items()}})
    problem = judge(EVERY, {"status": 200, "body": body})
    if not entries:
        assert problem is not None
        return
    failing = [name for name, status in entries.items() if status != "ok"]
    named = [part.split(".")[1] for part in problem.split("; ")] if problem else []
    assert named == failing


class Function:
    """The Lambda function: answers in turn, the last for ever."""

    def __init__(self, aws: FakeAws, *rounds: list[dict[str, Any]], error: bool = False) -> None:
        self.aws = aws
        self.rounds = list(rounds)
        self.error = error
        self.asked: list[list[str]] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.aws.called("invoke")
        paths = [one["path"] for one in json.loads(Payload)["requests"]]
        self.asked.append(paths)
        answers = self.rounds[0] if len(self.rounds) == 1 else self.rounds.pop(0)
        body = {"errorMessage": "token=abc died"} if self.error else {"answers": answers[: len(paths)]}
        answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(body).encode())}
        return {**answer, "FunctionError": "Unhandled"} if self.error else answer


def checker(function: Function) -> Checker:
    return Checker(cast(Any, function), "checker", function.aws.clock, BUDGET_SECONDS, jitter=lambda: 1.0)


def test_only_what_failed_is_asked_again() -> None:
    function = Function(FakeAws(), [{"status": 200}, {"status": 503}], [{"status": 200}])
    passed: list[int] = []
    questions = [Question("api", DOOR, Check("/")), Question("api", DOOR, Check("/health"))]
    assert checker(function).ask(questions, passed.append) == []
    assert function.asked == [["/", "/health"], ["/health"]]
    assert passed == [1, 2]


def test_a_check_that_keeps_failing_is_given_its_budget_and_no_more() -> None:
    aws = FakeAws()
    function = Function(aws, [{"status": 500}])
    began = aws.now
    (failure,) = checker(function).ask([Question("api", DOOR, Check("/"))])
    assert str(failure) == f"api: GET / on port 8443: answered 500, expected 200 ({len(function.asked)} attempts)"
    assert BUDGET_SECONDS <= aws.now - began < BUDGET_SECONDS + 15
    assert len(function.asked) < 20


def test_a_fast_clock_costs_no_attempts() -> None:
    aws = FakeAws()
    aws.sleep = lambda seconds: setattr(aws, "now", aws.now + 1000 * seconds)  # type: ignore[method-assign]
    aws.clock._sleep = aws.sleep
    function = Function(aws, [{"status": 500}])
    checker(function).ask([Question("api", DOOR, Check("/"))])
    assert len(function.asked) == LEAST_ATTEMPTS


def test_a_function_that_fails_is_an_error_with_a_place_to_look() -> None:
    with pytest.raises(DeliveryError) as refused:
        checker(Function(FakeAws(), [], error=True)).ask([Question("api", DOOR, Check("/"))])
    assert "function checker failed" in refused.value.message
    assert "abc" not in refused.value.message
    assert refused.value.fix == "see the log group /aws/lambda/checker"


def test_a_function_that_wakes_up_is_asked_again() -> None:
    aws = FakeAws()
    function = Function(aws, [{"status": 200}])
    refusals = [AwsError("ResourceConflictException"), AwsError("TooManyRequestsException")]

    def refuse(name: str) -> None:
        if refusals:
            raise refusals.pop()

    aws.before_call = refuse
    aws.clock.hear({"date": "Fri, 02 Jan 2026 12:00:00 GMT"})
    assert checker(function).ask([Question("api", DOOR, Check("/"))]) == []


def test_nothing_to_ask_calls_nothing() -> None:
    function = Function(FakeAws(), [])
    assert checker(function).ask([]) == []
    assert function.asked == []
