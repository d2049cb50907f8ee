"""Configuration and versions of secrets are part of a release: changing one is a release, going back takes it back.

The image is the same throughout. That another variable or another version of a secret is another task definition is
shown in `tests/components/test_service.py`; that going back asks for the one that ran, in `tests/test_take.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from delivery.compare import changed
from delivery.plan import ReleasePlan
from delivery.records import Record
from delivery.store import Store
from tests.delivery.fakes import BUCKET, FakeAws, image, release_plan, service_plan
from tests.delivery.scene import left_behind, run, serves

SECRET = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop/db-AbCdEf"


class Place:
    """An environment that served `before` and serves `after`: two definitions of one image."""

    def __init__(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.aws = FakeAws()
        self.aws.secrets[SECRET] = {"v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT"]}
        self.plans = [self.plan(number, **said) for number, said in enumerate((before, after), 1)]
        self.old, self.new = (plan.services[0].task_definition for plan in self.plans)
        self.aws.add_service("api", self.old)
        for plan in self.plans:
            assert run(self.aws, plan).succeeded

    def plan(self, number: int, level: str, secret: str, source: str = "build") -> ReleasePlan:
        looked_up = f"{SECRET}:::{secret}"
        definition = self.aws.define(
            number,
            image("a"),
            environment=[{"name": "LEVEL", "value": level}],
            secrets=[{"name": "DB", "valueFrom": looked_up}],
        )
        return release_plan(
            service_plan(definition, image("a"), declared=f"f{number}"),
            settings={"env": {"LEVEL": level}},
            secrets={"DB": looked_up},
            source=source,
        )

    @property
    def records(self) -> list[Record]:
        return Store(self.aws.tools().aws.s3, BUCKET).latest()


BEFORE = {"level": "info", "secret": "v1"}
CHANGES = pytest.mark.parametrize(
    ("after", "forth", "back"),
    [
        ({**BEFORE, "level": "debug"}, ["settings: env.LEVEL"], ["settings: env.LEVEL"]),
        (
            {**BEFORE, "secret": "v2"},
            ["secret DB: shop/db-AbCdEf v1 → shop/db-AbCdEf v2"],
            ["secret DB: shop/db-AbCdEf v2 → shop/db-AbCdEf v1"],
        ),
    ],
    ids=["variable", "secret"],
)


@CHANGES
def test_changing_one_alone_is_a_release_of_the_same_image(after: dict[str, Any], forth: list[str], back: Any) -> None:
    place = Place(BEFORE, after)
    assert serves(place.aws, place.new)
    new, old = place.records
    assert new.services["api"].image == old.services["api"].image
    assert (new.before, new.deployments["api"]) == (dict(old.services), "d-1"), "shifted like any other"
    assert any(share == 10 for _, _, definition, share in place.aws.traffic if definition == place.new)
    assert changed(new, place.records) == forth


@CHANGES
def test_going_back_takes_it_back_with_the_same_image(after: dict[str, Any], forth: Any, back: list[str]) -> None:
    place = Place(BEFORE, after)
    outcome = run(place.aws, place.plan(1, **BEFORE, source="pin"))
    assert outcome.succeeded
    assert serves(place.aws, place.old)
    definition = place.aws.definitions[place.aws.services["api"].primary["taskDefinition"]]["containerDefinitions"][0]
    assert definition["environment"] == [{"name": "LEVEL", "value": "info"}]
    assert definition["secrets"] == [{"name": "DB", "valueFrom": f"{SECRET}:::v1"}]
    newest = place.records[0]
    assert (newest.settings, newest.secrets) == ({"env": {"LEVEL": "info"}}, {"DB": f"{SECRET}:::v1"})
    assert changed(newest, place.records) == back
    assert left_behind(place.aws) == []


@CHANGES
def test_one_that_fails_leaves_the_old_one(after: dict[str, Any], forth: list[str], back: Any) -> None:
    place = Place(BEFORE, BEFORE)
    place.aws.ringing["api-errors"] = "12 % failed"
    outcome = run(place.aws, place.plan(3, **after))
    assert outcome.record.result == "refused"
    assert serves(place.aws, place.old)
    assert changed(outcome.record, place.records) == forth
