"""Questions to the new release, judged here: asked through the function in the VPC, or where users ask (`public`)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from delivery.aws import error_code, explained
from delivery.clock import Clock
from delivery.errors import DeliveryError
from delivery.listeners import Door
from delivery.plan import Check
from delivery.redact import shown

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

#: However fast AWS's clock is, a check that fails is asked so often: a release may still be warming up.
LEAST_ATTEMPTS = 4
REQUEST_TIMEOUT_SECONDS = 5
#: The step of a JSON path that stands for every entry.
EVERY = "*"
#: A function in a VPC that was not called for long takes a minute to come back; too many calls at once are refused.
_NOT_NOW = ("ResourceConflictException", "ResourceNotReadyException", "TooManyRequestsException")
_FIRST_DELAY = 0.25
_LONGEST_DELAY = 8.0


class Asked(Protocol):
    """A check of a service, however it is asked."""

    @property
    def service(self) -> str: ...

    @property
    def check(self) -> Check: ...

    @property
    def words(self) -> str:
        """What is asked, and where."""


Q = TypeVar("Q", bound=Asked)


@dataclass(frozen=True, slots=True)
class Question:
    """One check of one service, and the door to ask it through."""

    service: str
    door: Door
    check: Check

    @property
    def words(self) -> str:
        """What is asked, and where."""
        return f"GET {self.check.path} on port {self.door.port}"


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that did not pass within its budget: what was asked, and what was wrong about the last answer.

    number: its place among the questions; answer: the last one.
    """

    question: Asked
    problem: str
    attempts: int
    number: int
    answer: Mapping[str, Any]

    def __str__(self) -> str:
        """In words."""
        times = f" ({self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.question.service}: {self.question.words}: {self.problem}{times}"


def until_passed(
    questions: Sequence[Q],
    put: Callable[[Sequence[Q], int], Sequence[Mapping[str, Any]]],
    clock: Clock,
    budget_seconds: float,
    told: Callable[[int], object],
    jitter: Callable[[], float] = random.random,
) -> list[Failure]:
    """Ask questions again and again until all pass or the budget is spent; return what did not pass.

    put: asks some once, given how often before. told: hears how many have passed, after each round; where `put` does
    not call AWS, `told` has to, since the budget is of AWS's time.
    """
    open_: dict[int, Q] = dict(enumerate(questions))
    failures: list[Failure] = []
    began = None
    attempt = 0
    while open_:
        if attempt:
            # Full jitter: rounds of several releases do not fall together.
            clock.wait(min(_FIRST_DELAY * 2 ** (attempt - 1), _LONGEST_DELAY) * (0.5 + jitter() / 2))
        answers = dict(zip(open_, put(list(open_.values()), attempt), strict=True))
        attempt += 1
        began = began or clock.now()
        problems = {number: judge(open_[number].check, answer) for number, answer in answers.items()}
        failures = [Failure(open_[n], said, attempt, n, answers[n]) for n, said in problems.items() if said]
        open_ = {failure.number: open_[failure.number] for failure in failures}
        told(len(questions) - len(open_))
        if attempt >= LEAST_ATTEMPTS and clock.since(began) >= budget_seconds:
            break
    return failures


class Checker:
    """Asks questions through the Lambda function `function`, again and again until all pass or the budget is spent."""

    def __init__(
        self,
        functions: LambdaClient,
        function: str,
        clock: Clock,
        budget_seconds: float,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._functions = functions
        self._function = function
        self._clock = clock
        self._budget_seconds = budget_seconds
        self._jitter = jitter

    def ask(self, questions: Sequence[Question], told: Callable[[int], object] = lambda passed: None) -> list[Failure]:
        """Ask all; return what did not pass. `told` hears how many have passed, after each round."""

        def put(some: Sequence[Question], attempt: int) -> list[dict[str, Any]]:
            return self._invoke([request(question.door, question.check, attempt) for question in some])

        return until_passed(questions, put, self._clock, self._budget_seconds, told, self._jitter)

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
    problems = [
        _judge_value(place, value, body)
        for path, value in expected.items()
        for place in _places(found, path.split("."), ())
    ]
    return "; ".join(dict.fromkeys(problem for problem in problems if problem)) or None


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a JSON document that a path leads to. around: what is there, or where the path ended before it."""

    path: tuple[str, ...]
    there: bool
    around: Any
    entry: bool
    """Whether a `*` was passed on the way: then the document as a whole says too little about this place."""


def _judge_value(place: _Place, value: Any, body: str) -> str | None:
    path = ".".join(place.path)
    if not place.there:
        return f"the answer has no {path}: {shown(json.dumps(place.around) if place.entry else body)}"
    if place.around != value:
        return f"{path} is {shown(json.dumps(place.around))}, expected {json.dumps(value)}"
    return None


def _places(document: Any, steps: Sequence[str], walked: tuple[str, ...], *, entry: bool = False) -> Iterator[_Place]:
    """All places that a path leads to; the rest of the path where it leads nowhere."""
    if not steps:
        yield _Place(walked, True, document, entry)
        return
    step, *others = steps
    entries = _entries(document)
    if step == EVERY and entries:
        for name, inner in entries.items():
            yield from _places(inner, others, (*walked, name), entry=True)
    elif step in entries:
        yield from _places(entries[step], others, (*walked, step), entry=entry)
    else:
        yield _Place((*walked, *steps), False, document, entry)


def _entries(document: Any) -> dict[str, Any]:
    if isinstance(document, dict):
        return document
    return {str(number): one for number, one in enumerate(document)} if isinstance(document, list) else {}
