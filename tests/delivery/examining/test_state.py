"""Pulumi's state: its bucket, and the locks on it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from delivery.examining import Finding, Level
from delivery.examining.state import locks, state_bucket
from delivery.founding.bucket import StateBucket
from delivery.locks import FolderLocks, folder_of
from tests.delivery.fake_account import ACCOUNT, Buckets
from tests.delivery.fake_clients import AwsError
from tests.delivery.test_owners import AT, FakeMachine, process

SESSION = timedelta(hours=12)


@pytest.fixture
def buckets() -> Buckets:
    """One that is as `init` makes it."""
    made = Buckets()
    bucket = StateBucket(made.client(), "state", account=ACCOUNT, region="eu-central-1")  # type: ignore[arg-type]
    bucket.make(bucket.look())
    return made


def looked_at(buckets: Buckets, name: str = "state") -> list[Finding]:
    return list(state_bucket(buckets.client(), name, account=ACCOUNT, region="eu-central-1"))


def test_a_bucket_as_init_makes_it_is_well(buckets: Buckets) -> None:
    (found,) = looked_at(buckets)
    assert (found.level, found.what) == (Level.OK, "bucket state: versions, encryption, closed, TLS only")


def test_what_it_lacks_is_named_by_how_bad_it_is(buckets: Buckets) -> None:
    kept = buckets.kept["state"]
    del kept["versions"], kept["encryption"], kept["policy"]
    bad, rest = looked_at(buckets)
    assert (bad.level, bad.what) == (Level.PROBLEM, "bucket state has no versions and no encryption")
    assert (rest.level, rest.what) == (Level.WARNING, "bucket state lacks: TLS only")
    assert "`./slipway init` mends it" in bad.fix


def test_none_and_somebody_elses(buckets: Buckets) -> None:
    (none,) = looked_at(buckets, "other")
    assert (none.level, none.what) == (Level.PROBLEM, "bucket other does not exist")
    buckets.of_others.add("theirs")
    (theirs,) = looked_at(buckets, "theirs")
    assert theirs.level == Level.WARNING
    assert "--state-bucket" not in theirs.fix


def test_one_that_may_not_be_looked_at_closely(buckets: Buckets) -> None:
    client = buckets.client()
    client.answers["get_bucket_encryption"] = AwsError("AccessDenied")
    (found,) = state_bucket(client, "state", account=ACCOUNT, region="eu-central-1")
    assert (found.level, found.what) == (Level.WARNING, "bucket state may not be looked at")


def locked(root: Path, machine: FakeMachine, host: str = "build-7", hours: float = 1) -> list[Finding]:
    folder = root / folder_of("shop", "staging")
    folder.mkdir(parents=True, exist_ok=True)
    lock = {"pid": 77, "username": "ada", "hostname": host, "timestamp": AT.isoformat()}
    (folder / "a.json").write_text(json.dumps(lock))
    return list(locks(FolderLocks(root, "shop", "staging"), machine, "staging", AT + timedelta(hours=hours), SESSION))


def test_no_lock(tmp_path: Path) -> None:
    (found,) = locks(FolderLocks(tmp_path, "shop", "staging"), FakeMachine(), "staging", AT, SESSION)
    assert (found.level, found.what) == (Level.OK, "nobody holds one")


def test_one_of_a_killed_update_is_a_problem(tmp_path: Path) -> None:
    (found,) = locked(tmp_path, FakeMachine())
    assert found.level == Level.PROBLEM
    assert found.what == "ada@build-7, process 77, since 2026-01-02 03:04 UTC: process 77 is gone"
    assert found.fix == "`./slipway unlock -s staging` removes it"


def test_one_whose_update_runs_is_well(tmp_path: Path) -> None:
    (found,) = locked(tmp_path, process(-1))
    assert found.level == Level.OK


def test_one_of_another_machine_is_a_problem_once_no_session_can_last(tmp_path: Path) -> None:
    (found,) = locked(tmp_path, FakeMachine(), host="runner-3")
    assert found.level == Level.WARNING
    assert found.fix.endswith("then `./slipway unlock -s staging --owner-is-gone`")
    (found,) = locked(tmp_path, FakeMachine(), host="runner-3", hours=13)
    assert found.level == Level.PROBLEM
