from __future__ import annotations

import pytest

from delivery.errors import Refused
from delivery.store import Store
from ops import place
from ops.hold import hold
from ops.status import status
from tests.delivery.fake_clients import ACCOUNT
from tests.delivery.fakes import BUCKET, image, release_plan, service_plan
from tests.delivery.scene import run, serves
from tests.ops.environment import Environment, outcome_of

WHO = f"bob (arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci)"


def released(environment: Environment) -> Store:
    assert run(environment.aws, release_plan(service_plan(environment.old, image("a")), version="1.7.4")).succeeded
    return Store(environment.aws.tools().aws.s3, BUCKET)


def test_keeps_out_every_other_release_until_it_is_lifted(environment: Environment) -> None:
    store = released(environment)
    shown = environment.type(hold, "--reason", "an incident")
    assert shown.output == "staging is held at 1.7.4; `./slipway hold -s staging --lift --reason …` lifts it.\n"
    outcome = run(environment.aws, environment.plan)
    assert outcome.record.result == "refused"
    assert outcome.record.cause.startswith(f"staging is held at 1.7.4 by {WHO} since 2027-01-15 ")
    assert outcome.record.cause.endswith(" UTC: an incident")
    assert serves(environment.aws, environment.old)
    lifted = environment.type(hold, "--lift", "--reason", "over")
    assert lifted.output.startswith(f"staging is free again; it was held at 1.7.4 by {WHO} since ")
    assert store.hold() is None
    assert run(environment.aws, environment.plan).succeeded


def test_tells_programs(environment: Environment) -> None:
    released(environment)
    found = outcome_of(environment.type(hold, "--reason", "x", "--json"))
    assert (found["held"], found["version"], found["who"], found["why"]) == (True, "1.7.4", WHO, "x")
    found = outcome_of(environment.type(hold, "--lift", "--reason", "y", "--json"))
    assert (found["held"], found["lifted_by"], found["lifted_why"]) == (False, WHO, "y")


def test_a_second_hold_replaces_the_first_and_says_so(environment: Environment) -> None:
    store = released(environment)
    environment.type(hold, "--reason", "first")
    shown = environment.type(hold, "--reason", "second")
    assert "It was held at 1.7.4" in shown.output
    found = store.hold()
    assert found is not None
    assert found.why == "second"


@pytest.mark.parametrize(("words", "said"), [(("--lift",), "staging is not held"), ((), "nothing serves in staging")])
def test_refuses_what_makes_no_sense(environment: Environment, words: tuple[str, ...], said: str) -> None:
    error = environment.type(hold, "--reason", "x", *words).exception
    assert isinstance(error, Refused)
    assert error.message.startswith(said)


@pytest.mark.parametrize("reason", [(), ("--reason", " ")])
def test_needs_a_reason(environment: Environment, reason: tuple[str, ...]) -> None:
    shown = environment.type(hold, *reason)
    assert shown.exit_code == 2
    assert "--reason" in shown.output


def test_status_tells_of_it(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    store = released(environment)
    environment.type(hold, "--reason", "an incident")
    monkeypatch.setattr(place.Place, "store", lambda _: store)
    assert f"It is held at 1.7.4 by {WHO} since " in environment.type(status).output
