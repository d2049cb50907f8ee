from __future__ import annotations

import json
from pathlib import Path

import pytest

from delivery.asking import Answer
from delivery.errors import DeliveryError, Refused
from ops.abort import abort
from ops.place import find
from tests.delivery.fake_clients import ACCOUNT, AwsError
from tests.delivery.fakes import image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves
from tests.ops.environment import Environment, outcome_of

WHO = f"bob (arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci)"
TOLD = f"aborted by {WHO}: payments fail"
WORDS = ("--reason", "payments fail", "--yes")
STEPS = ["wait for api", "shift", "bake"]


@pytest.mark.parametrize("step", STEPS)
def test_the_update_that_runs_takes_it_back(environment: Environment, step: str) -> None:
    outcome, shown = environment.beside(lambda: environment.step == step, abort, *WORDS, "--json")
    assert shown.exit_code == 0, shown.exception
    assert (outcome.record.result, outcome.record.cause) == ("cancelled", TOLD)
    found = outcome_of(shown)
    assert (found["by"], found["result"], found["cause"]) == ("update", "cancelled", TOLD)
    assert serves(environment.aws, environment.old)
    assert environment.aws.calls.count("stop_deployment") == 1
    assert environment.wishes() == left_behind(environment.aws) == []


@pytest.mark.parametrize("step", STEPS)
def test_where_the_update_is_gone_it_acts_itself(environment: Environment, step: str) -> None:
    environment.killed_at(lambda: environment.step == step)
    shown = environment.type(abort, *WORDS)
    assert shown.exit_code == 0, shown.exception
    assert "Nobody answers: the update that ran 1.8.0 is gone." in shown.output
    assert f"1.8.0 in staging: cancelled, {TOLD}" in shown.output
    assert "The next `pulumi up -s staging` finds nothing under way and what served before" in shown.output
    assert "`./slipway unlock -s staging`" in shown.output
    assert serves(environment.aws, environment.old)
    assert environment.aws.codedeploy.deployments[0].status == "Stopped"
    (record,) = environment.records
    assert (record["result"], record["cause"]) == ("cancelled", TOLD)
    assert record["seconds"]["total"] > 0
    assert environment.wishes() == left_behind(environment.aws) == []
    assert run(environment.aws, environment.plan).succeeded


def test_who_comes_second_waits_with_the_first(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "shift")
    near = environment.reach(find("staging"))
    journal = near.asking.under_way()
    assert journal is not None
    first = near.control(journal, "abort", "first")
    near.store.wish(first)
    shown = environment.type(abort, *WORDS)
    assert f"It is being taken back already: {first.told}" in shown.output
    assert environment.records[0]["cause"] == first.told
    assert environment.wishes() == []


def test_a_deployment_the_journal_does_not_know_yet_is_found_by_its_mark(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "start api" and environment.aws.codedeploy.deployments != [])
    found = outcome_of(environment.type(abort, *WORDS, "--json"))
    assert (found["by"], found["stopped"]) == ("abort", ["d-1"])
    assert serves(environment.aws, environment.old)


def test_who_may_not_list_all_deployments_stops_those_of_the_journal(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "shift")

    def deny(name: str) -> None:
        if name == "list_deployments":
            raise AwsError("AccessDeniedException", "not for you", "ListDeployments")

    environment.aws.before_call = deny
    assert outcome_of(environment.type(abort, *WORDS, "--json"))["stopped"] == ["d-1"]
    assert serves(environment.aws, environment.old)


def test_an_update_that_had_begun_nothing_is_written_down_as_aborted(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "gates")
    assert outcome_of(environment.type(abort, *WORDS, "--json"))["stopped"] == []
    assert environment.records[0]["cause"] == TOLD
    assert left_behind(environment.aws) == []


def test_what_has_succeeded_for_good_is_not_aborted(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "bake")
    environment.aws.sleep(6000)
    error = environment.type(abort, *WORDS).exception
    assert isinstance(error, Refused)
    assert "the deployments of 1.8.0 (d-1) have succeeded for good" in error.message
    assert "./slipway rollback" in error.fix
    assert environment.step == "bake"


def test_in_the_warm_window_it_says_to_roll_back(environment: Environment) -> None:
    assert run(environment.aws, environment.plan).succeeded
    error = environment.type(abort, *WORDS).exception
    assert isinstance(error, Refused)
    assert error.message == "nothing to abort: 1.8.0 is written down and serves staging"
    assert "./slipway rollback -s staging" in error.fix
    assert "re-route" in error.fix
    assert serves(environment.aws, environment.new)


def test_killed_between_record_and_end_it_says_to_roll_back_too(environment: Environment) -> None:
    environment.killed_at(lambda: "pointer.json" in environment.aws.objects)
    error = environment.type(abort, *WORDS).exception
    assert isinstance(error, Refused)
    assert "is written down and serves" in error.message
    assert serves(environment.aws, environment.new)


def test_where_nothing_is_under_way_there_is_nothing_to_abort(environment: Environment) -> None:
    error = environment.type(abort, *WORDS).exception
    assert isinstance(error, Refused)
    assert error.message == "nothing to abort: no release is under way in staging"
    assert "./slipway status -s staging" in error.fix


def test_too_late_is_said_where_the_release_ended_first(environment: Environment) -> None:
    near = environment.reach(find("staging"))
    environment.killed_at(lambda: environment.step == "bake")
    journal = near.asking.under_way()
    assert journal is not None
    assert run(environment.aws, environment.plan).succeeded
    assert near.asking.ask(near.control(journal, "abort", "late")) == Answer.ENDED
    assert environment.wishes() == []


def test_a_deployment_that_no_journal_knows_is_stopped(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "shift")
    journal = next(environment.aws.documents("journal.json"))
    key = f"releases/20260101T000000Z-{journal['record']['id']}.json"
    environment.aws.objects[key] = json.dumps({"schema": 1, **journal["record"]}).encode()
    del environment.aws.objects["journal.json"]
    found = outcome_of(environment.type(abort, *WORDS, "--json"))
    assert found["stopped"] == ["d-1"]
    assert serves(environment.aws, environment.old)


def test_deployments_of_another_environment_are_left_alone(environment: Environment) -> None:
    aws = environment.aws
    aws.add_service("web", environment.old)
    other = release_plan(service_plan(environment.new, image("b"), name="web"))
    environment.killed_at(lambda: environment.step == "shift", other)
    del aws.objects["journal.json"]
    environment.killed_at(lambda: environment.step == "shift")
    assert outcome_of(environment.type(abort, *WORDS, "--json"))["stopped"] == ["d-2"]
    assert aws.codedeploy.deployments[0].status == "Ready"


def test_asks_and_takes_no_for_an_answer(environment: Environment) -> None:
    environment.killed_at(lambda: environment.step == "shift")
    shown = environment.type(abort, "--reason", "slow", answer="n\n")
    assert "Take 1.8.0 back in staging?" in shown.output
    assert f"  api: back to sha256:{'a' * 12}" in shown.output
    assert shown.exit_code == 1
    assert environment.wishes() == []
    assert environment.aws.codedeploy.deployments[0].status == "Ready"


def test_credentials_of_another_account_are_refused(environment: Environment) -> None:
    file = Path("Pulumi.staging.yaml")
    file.write_text(file.read_text().replace(ACCOUNT, "444455556666"))
    error = environment.type(abort, *WORDS).exception
    assert isinstance(error, DeliveryError)
    assert "444455556666" in error.message


@pytest.mark.parametrize("reason", [(), ("--reason", " ")])
def test_needs_a_reason(environment: Environment, reason: tuple[str, ...]) -> None:
    assert environment.type(abort, "--yes", *reason).exit_code == 2


def test_help_teaches_by_an_example(environment: Environment) -> None:
    assert "Example: ./slipway abort -s production --reason" in environment.type(abort, "--help").output
