"""Whatever happens, and in whatever order: users meet only what was checked, and every end is true.

Each example is a story of disturbances, each at some call of the release to AWS: an alarm rings, somebody stops the
deployment or cancels the update, or ends its bake or aborts it from elsewhere, AWS refuses a call, time jumps, the
process is killed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from delivery.control import Control, Wish
from delivery.ending import Outcome
from delivery.errors import DeliveryError
from delivery.release import Release
from delivery.stop import Stop
from tests.delivery.fake_clients import AwsError, Killed
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan
from tests.examples import examples

TRIED = examples(12)
DISTURBANCES = ("alarm", "silence", "stop", "cancel", "skip", "abort", "refuse", "jump", "kill")
STORIES = some.lists(some.tuples(some.integers(1, 160), some.sampled_from(DISTURBANCES)), max_size=4)


class Story:
    """An environment, a release to it, and what happens meanwhile."""

    def __init__(self, events: list[tuple[int, str]], answers: list[int], services: int) -> None:
        self.aws = FakeAws()
        self.old, self.new = self.aws.define(1, image("a")), self.aws.define(2, image("b"))
        self.names = ["api", "web"][:services]
        for name in self.names:
            self.aws.add_service(name, self.old)
        self.events = events
        self.answers = answers
        self.checked: dict[str, float] = {}
        self.stop = Stop()
        self.errors = 0
        self.aws.answer = self._answer
        self.aws.before_call = self._disturb
        self.plan = release_plan(*(service_plan(self.new, image("b"), name=name) for name in self.names))

    def run(self) -> Outcome | None:
        """One update; None where the process was killed, or could not begin."""
        try:
            return Release(self.plan, self.aws.tools(self.stop), {}).run()
        except (Killed, DeliveryError):
            return None
        finally:
            self.stop = Stop()

    def calm(self) -> None:
        """Nothing disturbs any more, and what is under way at AWS ends."""
        self.events, self.answers = [], []
        self.aws.ringing.clear()
        for _ in range(40):
            self.aws.sleep(10)

    def serves(self, definition: str) -> bool:
        """Whether a definition has all traffic of all services."""
        return all(
            service.primary["taskDefinition"] == definition
            and service.shares.get(service.primary["loadBalancers"][0]["targetGroupArn"]) == 100
            for service in self.aws.services.values()
        )

    def _answer(self, definition: str, request: dict[str, Any]) -> dict[str, Any]:
        status = self.answers.pop(0) if self.answers else 200
        if definition == self.new and status == 200:
            self.checked.setdefault(request["path"].split("/")[1], self.aws.now)
        return {"status": status}

    def _disturb(self, name: str) -> None:
        # A disturbance may itself call AWS, and so come here again.
        while due := next((event for event in self.events if event[0] <= len(self.aws.calls)), None):
            self.events.remove(due)
            disturbance: Callable[[], None] = getattr(self, f"_{due[1]}")
            disturbance()

    def _alarm(self) -> None:
        self.aws.ringing["api-errors"] = "12 % failed"

    def _silence(self) -> None:
        self.aws.ringing.clear()

    def _stop(self) -> None:
        active = [one for one in self.aws.codedeploy.deployments if one.status == "InProgress" and not one.undoes]
        if active:
            self.aws.codedeploy.stop_deployment(active[-1].id, autoRollbackEnabled=True)

    def _cancel(self) -> None:
        self.stop.ask()

    def _skip(self) -> None:
        self._wish("skip-bake")

    def _abort(self) -> None:
        self._wish("abort")

    def _wish(self, wish: Wish) -> None:
        for journal in self.aws.documents("journal.json"):
            given = Control(
                release=journal["record"]["id"], wish=wish, who="bob", reason="why not", asked="2026-01-02T03:04:05Z"
            )
            self.aws.objects[given.key] = given.to_json().encode()

    def _refuse(self) -> None:
        self.errors += 1
        raise AwsError("ThrottlingException", "Rate exceeded", "AnyOperation")

    def _jump(self) -> None:
        self.aws.sleep(120)

    def _kill(self) -> None:
        raise Killed


@TRIED
@given(events=STORIES, answers=some.lists(some.sampled_from([200, 500]), max_size=3), services=some.integers(1, 2))
def test_every_end_is_true(events: list[tuple[int, str]], answers: list[int], services: int) -> None:
    story = Story(events, answers, services)
    outcome = story.run()
    if outcome is not None and outcome.succeeded:
        assert story.serves(story.new)
        assert "journal.json" not in story.aws.objects
    story.calm()
    if outcome is not None and not outcome.succeeded and not story.errors:
        assert story.serves(story.old)
        assert "journal.json" not in story.aws.objects
        (record,) = story.aws.documents("releases/")
        assert (record["result"], record["cause"]) == (outcome.record.result, outcome.record.cause)
    if "journal.json" not in story.aws.objects:
        assert story.aws.held == set()


@TRIED
@given(events=STORIES, services=some.integers(1, 2))
def test_users_meet_only_what_passed_its_checks(events: list[tuple[int, str]], services: int) -> None:
    story = Story(events, [], services)
    story.run()
    story.calm()
    for moment, service, definition, share in story.aws.traffic:
        if definition == story.new and share > 0:
            assert story.checked[service] <= moment


@TRIED
@given(events=STORIES, services=some.integers(1, 2))
def test_after_anything_the_next_update_is_clean(events: list[tuple[int, str]], services: int) -> None:
    story = Story(events, [], services)
    story.run()
    story.events = []
    story.aws.ringing.clear()
    # A deployment that goes back on its own has to end first; the next update waits for it by itself.
    outcome = story.run()
    assert outcome is not None
    if outcome.record.cause == "aborted by bob: why not":  # wished of the one that was killed, and followed now
        assert story.serves(story.old)
        outcome = story.run()
        assert outcome is not None
    assert outcome.succeeded, outcome.record.cause
    assert story.serves(story.new)
    assert story.aws.held == set()
    assert "journal.json" not in story.aws.objects
    story.aws.sleep(1)
    active = [one for one in story.aws.codedeploy.deployments if one.status in ("InProgress", "Ready")]
    assert all(one.step == "warm" for one in active)


@TRIED
@given(moment=some.integers(1, 200), services=some.integers(1, 2))
def test_a_kill_at_any_call_costs_no_second_deployment(moment: int, services: int) -> None:
    story = Story([(moment, "kill")], [], services)
    story.run()
    outcome = story.run()
    assert outcome is not None
    assert outcome.succeeded
    assert len(story.aws.codedeploy.deployments) == services
    assert len(list(story.aws.documents("releases/"))) == 1
