"""`rollback --now` from a terminal: warm, cold, beside an update, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from delivery.errors import DeliveryError, Refused
from delivery.schema import Schema
from delivery.store import Store
from ops import place
from ops.rollback import rollback
from tests.delivery.fake_clients import ACCOUNT, AwsError, Killed
from tests.delivery.fakes import BUCKET, image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves
from tests.ops.conftest import Registry
from tests.ops.environment import Environment, outcome_of

WHO = f"bob (arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci)"
NOW = ("--now", "--reason", "payments fail")


@pytest.fixture
def released(environment: Environment) -> Environment:
    """1.7.4 was released, then 1.8.0, and the tasks of 1.7.4 are warm."""
    assert run(environment.aws, release_plan(service_plan(environment.old, image("a")), version="1.7.4")).succeeded
    assert run(environment.aws, environment.plan).succeeded
    return environment


def store(environment: Environment) -> Store:
    return Store(environment.aws.tools().aws.s3, BUCKET)


def test_warm_tasks_in_seconds_without_an_engine(released: Environment) -> None:
    shown = released.type(rollback, *NOW, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert serves(released.aws, released.old)
    assert "at once: no engine, lock, gates, checks or bake" in shown.output
    assert f"sha256:{'b' * 12} → sha256:{'a' * 12}" in shown.output
    assert "s api: 1.7.4 has all traffic again: its tasks were kept warm" in shown.output
    assert "staging serves 1.7.4 again." in shown.output
    assert released.engine == []
    record = released.records[-1]
    assert (record["source"], record["who"], record["why"]) == ("now", WHO, "payments fail")
    hold = store(released).hold()
    assert hold is not None
    assert hold.told.startswith(f"held at 1.7.4 by {WHO} since ")


def test_cold_tasks_by_a_deployment(released: Environment) -> None:
    released.aws.sleep(5000)
    found = outcome_of(released.type(rollback, *NOW, "--yes", "--json", "--to", "1.7.4"))
    assert (found["version"], found["result"], found["results"]) == ("1.7.4", "succeeded", {})
    assert serves(released.aws, released.old)


def test_asks_first(released: Environment) -> None:
    shown = released.type(rollback, *NOW, answer="n\n")
    assert "Take staging back to 1.7.4 now?" in shown.output
    assert shown.exit_code == 1
    assert serves(released.aws, released.new)


def test_a_dry_run_changes_nothing(released: Environment) -> None:
    objects = dict(released.aws.objects)
    assert outcome_of(released.type(rollback, *NOW, "--dry-run", "--json"))["result"] == "dry run"
    assert (released.aws.objects, serves(released.aws, released.new)) == (objects, True)


def test_a_second_time_is_told_that_it_serves(released: Environment) -> None:
    released.type(rollback, *NOW, "--yes")
    error = released.type(rollback, *NOW, "--yes", "--to", "1.7.4").exception
    assert isinstance(error, Refused)
    assert error.message == "1.7.4 is what serves already"


def test_downgrade_is_none_of_it(released: Environment) -> None:
    shown = released.type(rollback, *NOW, "--downgrade")
    assert shown.exit_code == 2
    assert "--now waits for nothing" in shown.output


@pytest.mark.parametrize("warm", [True, False])
def test_images_that_are_gone_matter_where_tasks_must_start(
    released: Environment, monkeypatch: pytest.MonkeyPatch, warm: bool
) -> None:
    registry = Registry()
    registry.gone.add(f"sha256:{'a' * 64}")
    monkeypatch.setattr(place.Place, "registry", lambda _: registry)
    if not warm:
        released.aws.sleep(5000)
    shown = released.type(rollback, *NOW, "--yes")
    if warm:
        assert shown.exit_code == 0, shown.exception
        assert "only the tasks that are kept warm can serve" in shown.output
    else:
        assert isinstance(shown.exception, Refused)
        assert "the image of api is gone" in shown.exception.message
    assert serves(released.aws, released.old) == warm


def test_a_registry_that_cannot_be_asked_stops_nobody(released: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        def describe_images(self, **_: object) -> None:
            raise AwsError("AccessDeniedException", "no", "DescribeImages")

    monkeypatch.setattr(place.Place, "registry", lambda _: Silent())
    shown = released.type(rollback, *NOW, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "whether the images are there could not be asked: DescribeImages: AccessDeniedException" in shown.output


def test_an_environment_that_wrote_nothing_down_about_its_services(released: Environment) -> None:
    del released.aws.objects["services.json"]
    error = released.type(rollback, *NOW, "--yes").exception
    assert isinstance(error, Refused)
    assert "`pulumi up -s staging` writes it" in error.fix


def test_a_schema_that_is_ahead_is_told_and_refused_where_the_settings_say_so(released: Environment) -> None:
    for version, known in (("1.7.4", ("0001",)), ("1.8.0", ("0001", "0002"))):
        record = store(released).resolve(version)
        store(released).write(replace(record, schemas={"api": Schema(revision=known[-1], known=known)}))
    shown = released.type(rollback, *NOW, "--dry-run")
    assert "api: the database stays at schema 0002, which 1.7.4 does not know" in shown.output
    file = Path("Pulumi.staging.yaml")
    file.write_text(file.read_text() + "  shop:schema_ahead: refuse\n")
    error = released.type(rollback, *NOW, "--yes").exception
    assert isinstance(error, Refused)
    assert error.message == "api: the database is at schema 0002, and 1.7.4 knows no later one than 0001"
    assert serves(released.aws, released.new)


STEPS = ["wait for api", "shift", "bake"]


@pytest.mark.parametrize("step", STEPS)
def test_a_running_release_is_stopped_first_and_hears_why(environment: Environment, step: str) -> None:
    aws = environment.aws
    assert run(aws, release_plan(service_plan(environment.old, image("a")), version="1.7.4")).succeeded
    outcome, shown = environment.beside(lambda: environment.step == step, rollback, *NOW, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert (outcome.record.result, outcome.record.cause) == ("cancelled", f"aborted by {WHO}: payments fail")
    assert serves(aws, environment.old)
    assert "s 1.7.4 has all traffic" in shown.output
    assert environment.wishes() == left_behind(aws) == []
    assert len(environment.records) == 2, "the release that was stopped says who and why"


def test_a_release_whose_update_is_gone_is_stopped_and_its_books_are_closed(environment: Environment) -> None:
    aws = environment.aws
    oldest = aws.define(7, image("c"))
    for definition, digit, version in ((oldest, "c", "1.6.0"), (environment.old, "a", "1.7.4")):
        assert run(aws, release_plan(service_plan(definition, image(digit)), version=version)).succeeded
    environment.killed_at(lambda: environment.step == "shift")
    shown = environment.type(rollback, *NOW, "--yes", "--to", "1.6.0")
    assert shown.exit_code == 0, shown.exception
    assert serves(aws, oldest)
    assert [record["result"] for record in environment.records] == ["succeeded", "succeeded", "cancelled", "succeeded"]
    assert environment.wishes() == left_behind(aws) == []


def test_one_of_our_own_that_was_killed_is_gone_on_with(released: Environment) -> None:
    aws = released.aws
    aws.sleep(5000)

    def kill(_: str) -> None:
        if aws.codedeploy.deployments[-1].step == "ready":
            raise Killed

    aws.after_call = kill
    with pytest.raises(Killed):
        released.type(rollback, *NOW, "--yes")
    aws.after_call = lambda _: None
    shown = released.type(rollback, *NOW, "--yes", "--to", "1.7.4")
    assert shown.exit_code == 0, shown.exception
    assert serves(aws, released.old)
    assert "stop_deployment" not in aws.calls


def test_what_fails_is_a_failure(released: Environment) -> None:
    released.aws.sleep(5000)

    def deny(name: str) -> None:
        if name == "create_deployment":
            raise AwsError("AccessDeniedException", "no", "CreateDeployment")

    released.aws.before_call = deny
    error = released.type(rollback, *NOW, "--yes").exception
    assert isinstance(error, DeliveryError)
    assert error.message == "not all of staging is back at 1.7.4: CreateDeployment: AccessDeniedException: no"
    assert serves(released.aws, released.new)
