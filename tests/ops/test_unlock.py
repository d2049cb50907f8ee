from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from delivery.errors import DeliveryError, Refused
from delivery.locks import BucketLocks, FolderLocks, folder_of
from ops import backend, unlock
from ops.abort import abort
from ops.place import Place, find
from tests.delivery.test_owners import AT, FakeMachine, process
from tests.ops.environment import Environment, outcome_of

HTTPS = "https://api.pulumi.com"


def lock(host: str = "build-7", stack: str = "staging", name: str = "a.json") -> Path:
    """Leave a lock of process 77."""
    folder = Path("state") / folder_of("shop", stack)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps({"pid": 77, "username": "ada", "hostname": host, "timestamp": AT.isoformat()}))
    return path


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    """This machine; process 77 is gone."""
    made = FakeMachine()
    monkeypatch.setattr(unlock, "ThisMachine", lambda: made)
    return made


def test_a_lock_whose_process_is_gone_is_removed(environment: Environment, machine: FakeMachine) -> None:
    left = lock()
    shown = environment.type(unlock.unlock, "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "staging is locked by 1:" in shown.output
    assert "ada@build-7, process 77, since 2026-01-02 03:04:05 UTC: process 77 is gone" in shown.output
    assert f"To be removed: {left.resolve()}" in shown.output
    assert "The next `pulumi up -s staging` takes up what the killed update left." in shown.output
    assert not left.exists()


def test_a_lock_whose_process_runs_stays(environment: Environment, machine: FakeMachine) -> None:
    machine.processes = process(-1).processes
    left, gone = lock(), lock(name="b.json", host="elsewhere")
    error = environment.type(unlock.unlock, "--yes", "--owner-is-gone").exception
    assert isinstance(error, Refused)
    assert error.message == f"{left.resolve()} stays: process 77 (pulumi) runs"
    assert error.fix == "wait for process 77, or end it; `ps -fp 77` shows it"
    assert left.exists()
    assert not gone.exists()


def test_not_locked_is_no_error(environment: Environment, machine: FakeMachine) -> None:
    lock(stack="production")
    shown = environment.type(unlock.unlock)
    assert (shown.exit_code, shown.output) == (0, "staging is not locked.\n")


def test_asks_and_takes_no_for_an_answer(environment: Environment, machine: FakeMachine) -> None:
    left = lock()
    shown = environment.type(unlock.unlock, answer="n\n")
    assert "Remove this lock?" in shown.output
    assert shown.exit_code == 1
    assert left.exists()


def test_a_lock_of_another_machine_needs_a_persons_word(environment: Environment, machine: FakeMachine) -> None:
    left = lock(host="runner-3")
    error = environment.type(unlock.unlock, "--yes").exception
    assert isinstance(error, Refused)
    assert error.message == f"{left.resolve()} stays: it ran on runner-3; this is build-7"
    assert "`./slipway unlock -s staging --owner-is-gone`" in error.fix
    assert environment.type(unlock.unlock, "--yes", "--owner-is-gone").exit_code == 0
    assert not left.exists()


def test_while_a_release_is_under_way_a_persons_word_is_not_enough(
    environment: Environment, machine: FakeMachine
) -> None:
    left = lock(host="runner-3")
    environment.killed_at(lambda: environment.step == "shift")
    environment.aws.sleep(11 * 3600)
    error = environment.type(unlock.unlock, "--yes", "--owner-is-gone").exception
    assert isinstance(error, Refused)
    assert "a release is under way (1.8.0, at the step: shift, noted " in error.fix
    assert "`./slipway abort -s staging --reason …` takes its release back" in error.fix
    assert left.exists()


def test_a_journal_that_is_older_than_any_session_binds_nobody(environment: Environment, machine: FakeMachine) -> None:
    left = lock(host="runner-3")
    environment.killed_at(lambda: environment.step == "shift")
    environment.aws.sleep(unlock.SESSION / timedelta(seconds=1) + 60)
    assert environment.type(unlock.unlock, "--yes").exit_code == 1
    assert left.exists()
    assert environment.type(unlock.unlock, "--yes", "--owner-is-gone").exit_code == 0
    assert not left.exists()


def test_after_an_abort_the_lock_of_another_machine_may_go(environment: Environment, machine: FakeMachine) -> None:
    left = lock(host="runner-3")
    environment.killed_at(lambda: environment.step == "shift")
    assert environment.type(abort, "--yes", "--reason", "killed").exit_code == 0
    assert environment.type(unlock.unlock, "--yes", "--owner-is-gone").exit_code == 0
    assert not left.exists()


def test_the_shared_stack_has_no_releases_to_ask(environment: Environment, machine: FakeMachine) -> None:
    settings = Path("Pulumi.staging.yaml").read_text()
    Path("Pulumi.shared.yaml").write_text(f"{settings}  shop:kind: shared\n")
    left = lock(host="runner-3", stack="shared")
    shown = environment.type(unlock.unlock, "-s", "shared", "--yes", "--owner-is-gone")
    assert shown.exit_code == 0, shown.exception
    assert not left.exists()


def test_a_lock_that_cannot_be_read_is_never_removed(environment: Environment, machine: FakeMachine) -> None:
    left = lock()
    left.write_text("{}")
    assert isinstance(environment.type(unlock.unlock, "--yes", "--owner-is-gone").exception, DeliveryError)
    assert left.exists()


def test_json_says_each_lock(environment: Environment, machine: FakeMachine) -> None:
    lock()
    (found,) = outcome_of(environment.type(unlock.unlock, "--yes", "--json"))["locks"]
    assert (found["user"], found["host"], found["pid"], found["owner"]) == ("ada", "build-7", 77, "gone")
    assert (found["why"], found["removed"]) == ("process 77 is gone", True)


def test_another_state_says_to_use_pulumi(environment: Environment, machine: FakeMachine) -> None:
    Path("Pulumi.yaml").write_text(f"name: shop\nbackend: {{url: '{HTTPS}'}}\n")
    error = environment.type(unlock.unlock).exception
    assert isinstance(error, DeliveryError)
    assert error.message == f"staging: the state is kept at {HTTPS}; its locks are not read here"
    assert error.fix == "`pulumi cancel -s staging`, once you know that nobody updates the stack"


def test_help_teaches_by_an_example(environment: Environment, machine: FakeMachine) -> None:
    assert "Example: ./slipway unlock -s staging" in environment.type(unlock.unlock, "--help").output


@pytest.mark.parametrize(
    ("environ", "declared", "logged_in", "found"),
    [
        ({"PULUMI_BACKEND_URL": "s3://one"}, "s3://two", "s3://three", "s3://one"),
        ({}, "s3://two", "s3://three", "s3://two"),
        ({}, "", "s3://three", "s3://three"),
    ],
)
def test_the_state_is_found_as_the_engine_finds_it(
    tmp_path: Path, environ: dict[str, str], declared: str, logged_in: str, found: str
) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: shop\nbackend: {{url: '{declared}'}}\n")
    (tmp_path / "credentials.json").write_text(json.dumps({"current": logged_in}))
    assert backend.url(tmp_path, {**environ, "PULUMI_HOME": str(tmp_path)}) == found


def test_no_state_says_how_to_choose_one(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
    with pytest.raises(DeliveryError, match="nothing says where Pulumi keeps the state"):
        backend.url(tmp_path, {"PULUMI_HOME": str(tmp_path)})


@pytest.fixture
def place(environment: Environment) -> Place:
    return find("staging")


def test_a_password_in_the_url_of_another_state_is_not_shown(place: Place) -> None:
    with pytest.raises(DeliveryError) as caught:
        backend.locks(place, "postgres://ada:hunter2@db/state")
    assert "hunter2" not in str(caught.value)
    assert "postgres://db" in caught.value.message


@pytest.mark.parametrize("state", ["file://state", "file://./state?no_tmp_dir=true", "file://{here}/state"])
def test_a_folder_is_found_from_here(place: Place, state: str) -> None:
    lock()
    found = backend.locks(place, state.format(here=Path.cwd()))
    assert isinstance(found, FolderLocks)
    assert [one.pid for one in found.all()] == [77]


def test_a_bucket_is_asked_where_and_how_its_url_says(place: Place) -> None:
    state = "s3://state/team?region=eu-west-3&endpoint=127.0.0.1:9000&disableSSL=true&s3ForcePathStyle=true"
    found = backend.locks(place, state)
    assert isinstance(found, BucketLocks)
    client: Any = found._s3
    assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:9000", "eu-west-3")
    assert client.meta.config.s3 == {"addressing_style": "path"}
    assert backend.bucket(place, "s3://state/team") is not None
    assert backend.bucket(place, "file://state") is None
    default = backend.locks(place, "s3://state")
    assert isinstance(default, BucketLocks)
    assert default._s3.meta.region_name == "eu-central-1"
