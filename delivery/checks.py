"""Questions to the new release, asked through the function in the VPC, judged here."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delivery.aws import error_code, explained
from delivery.clock import Clock
from delivery.errors import DeliveryError
from delivery.listeners import Door
from delivery.plan import Check
from delivery.redact import shown

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

#: A release that has just become healthy may still be warming up: a check may fail for so long, by AWS's clock.
BUDGET_SECONDS = 60.0
#: And is asked at least so often, however fast that clock is.
LEAST_ATTEMPTS = 4
REQUEST_TIMEOUT_SECONDS = 5
#: A function in a VPC that was not called for long takes a minute to come back; too many calls at once are refused.
_NOT_NOW = ("ResourceConflictException", "ResourceNotReadyException", "TooManyRequestsException")
_FIRST_DELAY = 0.25
_LONGEST_DELAY = 8.0


@dataclass(frozen=True, slots=True)
class Question:
    """One check of one service, and the door to ask it through."""

    service: str
    door: Door
    check: Check


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that did not pass within its budget: what was asked, and what was wrong about the last answer."""

    question: Question
    problem: str
    attempts: int

    def __str__(self) -> str:
        """In words."""
        asked = f"GET {self.question.check.path} on port {self.question.door.port}"
        times = f" ({self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.question.service}: {asked}: {self.problem}{times}"


class Checker:
    """Asks questions through the Lambda function `function`, again and again until all pass or the budget is spent."""

    def __init__(
        self,
        functions: LambdaClient,
        function: str,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._functions = functions
        self._function = function
        self._clock = clock
        self._jitter = jitter

    def ask(self, questions: Sequence[Question], told: Callable[[int], object] = lambda passed: None) -> list[Failure]:
        """Ask all; return what did not pass. `told` hears how many have passed, after each round."""
        open_: dict[int, Question] = dict(enumerate(questions))
        failures: list[Failure] = []
        began = None
        attempt = 0
        while open_:
            if attempt:
                # Full jitter: rounds of several releases do not fall together.
                self._clock.wait(min(_FIRST_DELAY * 2 ** (attempt - 1), _LONGEST_DELAY) * (0.5 + self._jitter() / 2))
            answers = self._invoke([request(q.door, q.check, attempt) for q in open_.values()])
            attempt += 1
            began = began or self._clock.now()
            problems = {number: judge(open_[number].check, one) for number, one in zip(open_, answers, strict=True)}
            failures = [Failure(open_[n], problem, attempt) for n, problem in problems.items() if problem]
            open_ = {number: open_[number] for number, problem in problems.items() if problem}
            told(len(questions) - len(open_))
            if attempt >= LEAST_ATTEMPTS and self._clock.since(began) >= BUDGET_SECONDS:
                break
        return failures

    def _invoke(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            answer = self._functions.invoke(
                FunctionName=self._function, Payload=json.dumps({"requests": requests}).encode()
            )
            body = answer["Payload"].read()
        except Exception as error:
            if error_code(error) in _NOT_NOW:
                return [{"error": f"the check function is not ready: {error_code(error)}"}] * len(requests)
            raise explained(error) from error
        if answer.get("FunctionError"):
            said = shown(body.decode("utf-8", "replace"))
            raise DeliveryError(
                f"the checks could not be asked: function {self._function} failed: {said}",
                f"see the log group /aws/lambda/{self._function}",
            )
        answers: list[dict[str, Any]] = json.loads(body)["answers"]
        return answers


def request(door: Door, check: Check, attempt: int = 0) -> dict[str, Any]:
    """What the function is asked to do. The load balancer's addresses take turns."""
    return {
        "scheme": door.scheme,
        "address": door.addresses[attempt % len(door.addresses)],
        "port": door.port,
        "host": door.host,
        "path": check.path,
        "timeout_seconds": REQUEST_TIMEOUT_SECONDS,
    }


def judge(check: Check, answer: Mapping[str, Any]) -> str | None:
    """Say what is wrong about an answer; None when the check passes."""
    if answer.get("error") or answer.get("status") is None:
        return f"no answer: {shown(str(answer.get('error') or 'nothing came back'))}"
    body = str(answer.get("body", ""))
    if answer["status"] != check.status:
        said = f": {shown(body)}" if body.strip() else ""
        return f"answered {answer['status']}, expected {check.status}{said}"
    if check.contains is not None and check.contains not in body:
        return f"the answer does not contain {check.contains!r}: {shown(body)}"
    if check.json:
        return _judge_json(check.json, body)
    return None


def _judge_json(expected: Mapping[str, Any], body: str) -> str | None:
    try:
        found = json.loads(body)
    except ValueError:
        return f"the answer is not JSON: {shown(body)}"
    for path, value in expected.items():
        there, got = _at(found, path)
        if not there:
            return f"the answer has no {path}: {shown(body)}"
        if got != value:
            return f"{path} is {shown(json.dumps(got))}, expected {json.dumps(value)}"
    return None


def _at(document: Any, path: str) -> tuple[bool, Any]:
    for step in path.split("."):
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return False, None
    return True, document
