"""Taking a state back: what is shown, what is taken, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from delivery.errors import DeliveryError, Refused
from delivery.locks import folder_of
from ops import backend
from ops.restore_state import restore_state
from tests.delivery.test_states import written
from tests.delivery.versioned import VersionedBucket

KEY = ".pulumi/stacks/shop/staging.json"
WHERE = f"s3://state/{KEY}"
URN = "urn:pulumi:staging::shop::slipway:aws:Network$aws:ec2/vpc:Vpc::network"
OTHER = "urn:pulumi:staging::shop::aws:ecr/repository:Repository::api"
LOCK = f"{folder_of('shop', 'staging')}/a.json"

Type = Callable[..., Result]


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VersionedBucket:
    """A bucket with the states of two updates: one knows a network, the other a repository too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    Path("Pulumi.yaml").write_text("name: shop\nbackend: {url: 's3://state?region=eu-central-1'}\n")
    Path("Pulumi.staging.yaml").write_text('config:\n  aws:region: eu-central-1\n  shop:account: "111122223333"\n')
    made = VersionedBucket()
    monkeypatch.setattr(backend, "_s3", lambda *_: made)
    for number, content in enumerate((written((URN, "vpc-1")), written((URN, "vpc-1"), (OTHER, "shop/api"))), 1):
        made.write(KEY, content)
        entry = {"message": f"update {number}", "result": "succeeded"}
        made.write(f".pulumi/history/shop/staging/staging-{number}.history.json", json.dumps(entry).encode())
    return made


@pytest.fixture
def restore(invoke: Type) -> Type:
    return lambda *words, typed=None: invoke(restore_state, "-s", "staging", *words, typed=typed)


def test_half_a_state_is_replaced_by_the_newest_that_can_be_read(bucket: VersionedBucket, restore: Type) -> None:
    whole = bucket.content(KEY) or b""
    bucket.write(KEY, whole[: len(whole) // 2])
    shown = restore("--yes")
    assert shown.exit_code == 0, shown.exception
    assert f"staging, {WHERE}: is no state that can be read (JSONDecodeError: " in shown.output
    assert " ● v005" in shown.output
    assert " → v003" in shown.output
    assert "update 2 (succeeded)" in shown.output
    assert "To be restored: version v003 of 2026-01-02 03:04:08 UTC: 2 resources." in shown.output
    assert "It cannot be compared with what is there now." in shown.output
    assert "Restored. `pulumi preview --refresh -s staging` shows" in shown.output
    assert bucket.content(KEY) == whole


def test_a_deleted_state_comes_back(bucket: VersionedBucket, restore: Type) -> None:
    whole = bucket.content(KEY)
    bucket.write(KEY, None)
    shown = restore("--yes")
    assert shown.exit_code == 0, shown.exception
    assert f"staging, {WHERE}: it was deleted" in shown.output
    assert bucket.content(KEY) == whole


def test_what_cannot_be_read_is_passed_over(bucket: VersionedBucket, restore: Type) -> None:
    whole = bucket.content(KEY)
    for content in (b"", b"<html>", None, b"{"):
        bucket.write(KEY, content)
    assert restore("--yes").exit_code == 0
    assert bucket.content(KEY) == whole


def test_it_asks_and_takes_no_for_an_answer(bucket: VersionedBucket, restore: Type) -> None:
    bucket.write(KEY, None)
    shown = restore(typed="n\n")
    assert "Restore it?" in shown.output
    assert shown.exit_code == 1
    assert bucket.content(KEY) is None


def test_a_dry_run_changes_nothing(bucket: VersionedBucket, restore: Type) -> None:
    bucket.write(KEY, None)
    bucket.write(LOCK, b"not even read")
    shown = restore("--dry-run")
    assert shown.exit_code == 0, shown.exception
    assert "To be restored: version v003" in shown.output
    assert "Nothing was changed (--dry-run)." in shown.output
    assert not bucket.copied


def test_a_state_that_is_well_stays(bucket: VersionedBucket, restore: Type) -> None:
    shown = restore("--yes")
    assert shown.exit_code == 0, shown.exception
    assert f"staging, {WHERE}: can be read: 2 resources" in shown.output
    assert "Nothing was changed; --version takes another one." in shown.output
    assert not bucket.copied


def test_a_state_that_is_well_is_left_where_a_person_says_so(bucket: VersionedBucket, restore: Type) -> None:
    shown = restore("--version", "v001", "--yes")
    assert shown.exit_code == 0, shown.exception
    assert "not known any more: aws:ecr/repository:Repository api" in shown.output
    assert restore("--version", "v003", "--dry-run").output.count("known again: aws:ecr/repository:Repository api") == 1
    assert "It knows the same resources" in restore("--version", "v001", "--dry-run").output


def test_operations_that_had_not_ended_are_named(bucket: VersionedBucket, restore: Type) -> None:
    bucket.write(KEY, written((URN, "vpc-1"), pending=2))
    bucket.write(KEY, None)
    assert "2 operations had begun and not ended then" in restore("--dry-run").output


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("v9", "--version v9: no version of the state begin so"),
        ("v00", "--version v00: 3 versions of the state begin so"),
        ("", "--version : 3 versions of the state begin so"),
        ("v005", "--version v005: says that the state was deleted"),
    ],
)
def test_a_version_that_is_none_is_refused(bucket: VersionedBucket, restore: Type, wanted: str, told: str) -> None:
    bucket.write(KEY, None)
    error = restore("--version", wanted, "--yes").exception
    assert isinstance(error, Refused)
    assert error.message == told


def test_while_the_stack_is_locked_nothing_is_restored(bucket: VersionedBucket, restore: Type) -> None:
    bucket.write(KEY, None)
    held = {"pid": 77, "username": "ada", "hostname": "build-7", "timestamp": "2026-01-02T03:04:05Z"}
    bucket.write(LOCK, json.dumps(held).encode())
    error = restore("--yes").exception
    assert isinstance(error, Refused)
    assert error.message == "staging is locked (ada@build-7, process 77): whoever holds the lock may write the state"
    assert error.fix == "wait for the update, or `./slipway unlock -s staging` where it was killed"
    assert not bucket.copied


def test_nothing_that_can_be_read_says_where_else_to_look(bucket: VersionedBucket, restore: Type) -> None:
    bucket.kept[KEY] = []
    bucket.write(KEY, b"{")
    error = restore("--yes").exception
    assert isinstance(error, Refused)
    assert error.message.startswith(f"{WHERE}: is no state that can be read (")
    assert error.message.endswith("), and none of 0 earlier versions can be read")
    assert error.fix == "the state after each update lies in the history as well: docs/state.md"


def test_no_state_at_all_asks_for_the_right_bucket(bucket: VersionedBucket, restore: Type) -> None:
    del bucket.kept[KEY]
    error = restore("--yes").exception
    assert isinstance(error, Refused)
    assert error.message == f"{WHERE}: there is no state, and the bucket has no version of one"


def test_json_says_all_of_it(bucket: VersionedBucket, restore: Type) -> None:
    bucket.write(KEY, None)
    told: dict[str, Any] = json.loads(restore("--json", "--yes").stdout)
    assert (told["state"], told["wrong"], told["chosen"], told["restored"]) == (WHERE, "it was deleted", "v003", True)
    assert [one["id"] for one in told["versions"]] == ["v005", "v003", "v001"]
    assert (told["versions"][1]["update"], told["versions"][0]["deleted"]) == ("update 2 (succeeded)", True)
    well = json.loads(restore("--json", "--yes").stdout)
    assert (well["wrong"], well["resources"], well["restored"], well["chosen"]) == ("", 2, False, "")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("file://state", "staging: the state is kept in a folder, which has no versions"),
        (
            "https://ada:hunter2@api.pulumi.com",
            "staging: the state is kept at https://api.pulumi.com; its versions are not read here",
        ),
    ],
)
def test_another_state_says_what_to_do_instead(
    bucket: VersionedBucket, restore: Type, monkeypatch: pytest.MonkeyPatch, state: str, told: str
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", state)
    error = restore().exception
    assert isinstance(error, DeliveryError)
    assert error.message == told
