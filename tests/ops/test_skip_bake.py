from __future__ import annotations

import pytest

from delivery.errors import DeliveryError, Refused
from ops.place import find
from ops.skip_bake import skip_bake
from tests.delivery.fake_clients import ACCOUNT
from tests.delivery.scene import left_behind, run, serves
from tests.ops.environment import Environment, outcome_of

WHO = f"bob (arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci)"
WORDS = ("--reason", "errors are flat", "--yes")


def test_the_update_goes_on_to_record_within_seconds(environment: Environment) -> None:
    outcome, shown = environment.beside(lambda: environment.step == "bake", skip_bake, *WORDS)
    assert shown.exit_code == 0, shown.exception
    assert outcome.succeeded
    assert serves(environment.aws, environment.new)
    assert outcome.record.seconds["bake"] < 30
    assert outcome.record.overrides == (f"bake skipped by {WHO}: errors are flat",)
    assert "Under way in staging: 1.8.0" in shown.output
    assert "at the step: bake" in shown.output
    assert "1.8.0 in staging: bake ended; succeeded." in shown.output
    assert environment.wishes() == left_behind(environment.aws) == []


def test_for_programs_stdout_holds_the_outcome_alone(environment: Environment) -> None:
    _, shown = environment.beside(lambda: environment.step == "bake", skip_bake, *WORDS, "--json")
    found = outcome_of(shown)
    assert (found["version"], found["wish"], found["reason"], found["result"]) == (
        "1.8.0",
        "skip-bake",
        "errors are flat",
        "succeeded",
    )
    assert found["who"] == WHO


def test_refused_where_nothing_is_under_way(environment: Environment) -> None:
    error = environment.type(skip_bake, *WORDS).exception
    assert isinstance(error, Refused)
    assert error.message == "no release is under way in staging: nothing bakes"


def test_refused_before_the_bake(environment: Environment) -> None:
    outcome, shown = environment.beside(lambda: environment.step == "shift", skip_bake, *WORDS)
    assert isinstance(shown.exception, Refused)
    assert shown.exception.message == "1.8.0 is not baking in staging: it is at the step: shift"
    assert outcome.record.overrides == ()
    assert environment.wishes() == []


def test_refused_where_it_is_being_aborted(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "bake")
    near = environment.reach(find("staging"))
    journal = near.asking.under_way()
    assert journal is not None
    near.store.wish(near.control(journal, "abort", "payments fail"))
    error = environment.type(skip_bake, *WORDS).exception
    assert isinstance(error, Refused)
    assert error.message == f"1.8.0 is being taken back: aborted by {WHO}: payments fail"


def test_an_update_that_is_gone_is_said_to_be_and_nothing_stays_wished(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "bake")
    error = environment.type(skip_bake, *WORDS).exception
    assert isinstance(error, DeliveryError)
    assert "nobody answers: the update that ran 1.8.0 is gone" in error.message
    assert "`pulumi up -s staging` takes the release up" in error.fix
    assert environment.wishes() == []
    assert run(environment.aws, environment.plan).record.overrides == ()


def test_an_alarm_that_rings_meanwhile_is_a_failure(environment: Environment) -> None:
    def ring_too() -> bool:
        if environment.step == "bake":
            environment.aws.ringing["api-errors"] = "12 %"
        return environment.step == "bake"

    outcome, shown = environment.beside(ring_too, skip_bake, *WORDS)
    assert outcome.record.result == "failed"
    assert isinstance(shown.exception, DeliveryError)


def test_asks_and_takes_no_for_an_answer(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "bake")
    shown = environment.type(skip_bake, "--reason", "flat", answer="n\n")
    assert "End the bake of 1.8.0 in staging?" in shown.output
    assert shown.exit_code == 1
    assert environment.wishes() == []


@pytest.mark.parametrize("reason", [(), ("--reason", " ")])
def test_needs_a_reason(environment: Environment, reason: tuple[str, ...]) -> None:
    shown = environment.type(skip_bake, "--yes", *reason)
    assert shown.exit_code == 2
    assert "--reason" in shown.output


def test_help_teaches_by_an_example(environment: Environment) -> None:
    assert "Example: ./slipway skip-bake -s production --reason" in environment.type(skip_bake, "--help").output
