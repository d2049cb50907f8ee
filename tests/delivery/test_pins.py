"""Versions of secrets: found in task definitions, and asked for before anything moves."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.ending import Outcome
from delivery.pins import Pin, Versions, pins
from tests.delivery.fake_clients import AwsError
from tests.delivery.fakes import FakeAws, image, release_plan, service_plan
from tests.delivery.scene import run, serves

NAME = "shop/db-AbCdEf"
ARN = f"arn:aws:secretsmanager:eu-central-1:111122223333:secret:{NAME}"


def reference(value_from: str) -> list[dict[str, Any]]:
    return [{"name": "api", "secrets": [{"name": "DB", "valueFrom": value_from}]}]


@pytest.mark.parametrize(
    ("value_from", "version"),
    [(ARN, ""), (f"{ARN}:key::", ""), (f"{ARN}:key:AWSCURRENT:", ""), (f"{ARN}:::v1", "v1"), (f"{ARN}:key::v1", "v1")],
)
def test_a_reference_is_read(value_from: str, version: str) -> None:
    assert pins(reference(value_from)) == [Pin("DB", ARN, NAME, version)]


def test_parameters_and_plain_containers_are_no_secrets() -> None:
    assert pins([*reference("arn:aws:ssm:eu-central-1:111122223333:parameter/shop"), {"name": "api"}]) == []


def test_every_page_is_read_and_a_secret_asked_for_once() -> None:
    class Client:
        asked = 0

        def list_secret_version_ids(self, **request: Any) -> dict[str, Any]:
            assert (request["SecretId"], request["IncludeDeprecated"]) == (ARN, True)
            self.asked += 1
            if "NextToken" not in request:
                return {"Versions": [{"VersionId": "v1"}], "NextToken": "more"}
            return {"Versions": [{"VersionId": "v2", "VersionStages": ["AWSCURRENT"]}]}

    client = Client()
    versions = Versions(client)
    assert versions.of(ARN) == {"v1": (), "v2": ("AWSCURRENT",)}
    assert versions.of(ARN) == {"v1": (), "v2": ("AWSCURRENT",)}
    assert client.asked == 2


def world(labels: list[str] | None) -> tuple[FakeAws, str, str]:
    """An environment that serves version v2 of a secret; v1, which release 1 names, has `labels` or is gone."""
    aws = FakeAws()
    old, new = (
        aws.define(number, image("a"), family="api", secrets=[{"name": "DB", "valueFrom": f"{ARN}:::v{number}"}])
        for number in (1, 2)
    )
    aws.add_service("api", old)
    aws.secrets[ARN] = {"v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT"]}
    assert run(aws, release_plan(service_plan(old, image("a")))).succeeded
    assert run(aws, release_plan(service_plan(new, image("a")))).succeeded
    if labels is None:
        del aws.secrets[ARN]["v1"]
    else:
        aws.secrets[ARN]["v1"] = labels
    aws.heard.clear()
    return aws, old, new


def go_back(aws: FakeAws, to: str) -> Outcome:
    return run(aws, release_plan(service_plan(to, image("a")), source="pin"))


def test_a_new_value_is_a_release_and_going_back_takes_the_old_one_back() -> None:
    """The image is the same: what moves is the task definition, and with it the version that tasks get."""
    aws, old, new = world(["AWSPREVIOUS"])
    assert serves(aws, new)
    outcome = go_back(aws, old)
    assert outcome.succeeded
    assert serves(aws, old)
    assert outcome.record.overrides == ()


def test_going_back_to_a_version_that_may_vanish_is_warned_about() -> None:
    aws, old, _ = world([])
    outcome = go_back(aws, old)
    assert outcome.succeeded
    assert outcome.record.overrides == (
        f"api: DB: secret {NAME}: version v1 has no staging label any more; once AWS removes it, no task starts",
    )


def test_going_back_to_a_version_that_is_gone_is_refused() -> None:
    aws, old, new = world(None)
    outcome = go_back(aws, old)
    assert outcome.record.result == "refused"
    assert outcome.record.cause == f"api: DB: secret {NAME} has no version v1 (any more), and no task would start"
    assert "`pulumi config rm release`" in outcome.fix
    assert serves(aws, new)


def test_a_secret_that_is_gone_is_refused() -> None:
    aws, old, _ = world([])
    aws.secrets.clear()
    outcome = go_back(aws, old)
    assert outcome.record.cause == f"api: DB: secret {NAME} does not exist (any more), and no task would start"
    assert "restore-secret" in outcome.fix


def test_without_the_permission_it_is_said_which() -> None:
    aws, _, new = world([])

    def refuse(call: str) -> None:
        if call == "list_secret_version_ids":
            raise AwsError("AccessDeniedException", "not authorized", "ListSecretVersionIds")

    aws.before_call = refuse
    outcome = run(aws, release_plan(service_plan(new, image("a"))))
    assert outcome.record.result == "refused"
    assert "the identity that runs this needs the permission for ListSecretVersionIds" in outcome.fix


def test_other_settings_of_the_same_image_are_shifted_and_watched_like_any_release() -> None:
    """A pinned image with a new variable never served: nothing is skipped, and an alarm that rings refuses it."""
    aws = FakeAws()
    old, new = (
        aws.define(number, image("a"), family="api", environment=[{"name": "LEVEL", "value": level}])
        for number, level in ((1, "info"), (2, "debug"))
    )
    aws.add_service("api", old)
    assert run(aws, release_plan(service_plan(old, image("a")))).succeeded
    aws.ringing["api-errors"] = "12 % failed"
    change = release_plan(service_plan(new, image("a")), source="pin")
    assert run(aws, change).record.result == "refused"
    aws.ringing.clear()
    outcome = run(aws, change)
    assert outcome.succeeded
    assert outcome.record.seconds["bake"] >= 60
    assert any(share == 10 for _, _, definition, share in aws.traffic if definition == new)


def test_the_record_says_what_variables_are_looked_up_as_and_what_was_declared() -> None:
    aws = FakeAws()
    old = aws.define(1, image("a"))
    aws.add_service("api", old)
    plan = release_plan(service_plan(old, image("a"), declared="f1"), secrets={"DB": f"{ARN}:::v1"})
    record = run(aws, plan).record
    assert (record.secrets, record.declared) == ({"DB": f"{ARN}:::v1"}, {"api": "f1"})
    (stored,) = aws.documents("releases/")
    assert (stored["secrets"], stored["declared"]) == ({"DB": f"{ARN}:::v1"}, {"api": "f1"})
