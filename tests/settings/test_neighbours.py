"""Environments in accounts of their own: what they need of this one, and where their images are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from settings import Environment, Registry
from settings.reading import read
from tests.settings.support import PRODUCTION, SHARED, STAGING, shared, source, staging

OTHER = "444455556666"


def with_production(root: Path, stack: str, **changes: Any) -> Any:
    """Return the settings of a stack beside a production that says this."""
    found = source(root, {"staging": STAGING, "shared": SHARED}[stack], stack=stack)
    plain = {key.removeprefix("shop:"): value for key, value in {**PRODUCTION, **changes}.items()}
    return read(replace(found, stacks={**found.stacks, "production": plain}))


def production(root: Path, **changes: Any) -> Environment:
    found = read(source(root, {**PRODUCTION, "shop:session": "2h", **changes}, stack="production"))
    assert isinstance(found, Environment)
    return found


def test_who_takes_from_here_from_elsewhere_pulls_images_and_reads_releases(tmp_path: Path) -> None:
    assert shared(tmp_path).pullers == (OTHER,)
    assert staging(tmp_path).readers == (OTHER,)


@pytest.mark.parametrize(
    ("changes", "pulls", "reads"),
    [
        ({"shop:account": "111122223333"}, (), ()),
        ({"shop:source": "build"}, (), ()),
        ({"shop:source": "build", "shop:gates": {"after": "staging"}}, (), (OTHER,)),
        ({"shop:source": "build", "shop:registry": "111122223333.dkr.ecr.eu-central-1.amazonaws.com"}, (OTHER,), ()),
        ({"shop:kind": "shared"}, (), ()),
        ({"shop:account": "not yet"}, (), ()),
    ],
)
def test_nobody_else_does(tmp_path: Path, changes: Any, pulls: tuple[str, ...], reads: tuple[str, ...]) -> None:
    assert with_production(tmp_path, "shared", **changes).pullers == pulls
    assert with_production(tmp_path, "staging", **changes).readers == reads


def test_images_that_are_taken_are_where_they_were_built(tmp_path: Path) -> None:
    assert production(tmp_path).registry == Registry(account="111122223333", prefix="shop", owned=True)


@pytest.mark.parametrize(
    ("changes", "account"),
    [
        ({"shop:source": "build"}, OTHER),
        ({"aws:region": "us-east-1"}, OTHER),
        ({"shop:registry": "222233334444.dkr.ecr.eu-central-1.amazonaws.com"}, "222233334444"),
    ],
)
def test_unless_that_is_said_or_cannot_be_known(tmp_path: Path, changes: Any, account: str) -> None:
    assert production(tmp_path, **changes).registry.account == account


def test_a_gate_lets_the_other_environments_releases_be_read(tmp_path: Path) -> None:
    github = {"repository": "acme/shop", "reviewers": ["alice", "acme/platform"]}
    found = source(tmp_path, {**SHARED, "shop:github": github}, stack="shared")
    plain = {key.removeprefix("shop:"): value for key, value in PRODUCTION.items()} | {"gates": {"after": "qa"}}
    qa = {"account": "222233334444", "aws:region": "eu-central-1"}
    made = read(replace(found, stacks={**found.stacks, "production": plain, "qa": qa}))
    assert not isinstance(made, Environment)
    assert made.github is not None
    (place,) = [one for one in made.github.places if one.name == "production"]
    assert (place.origin, place.after, place.after_account) == ("staging", "qa", "222233334444")
